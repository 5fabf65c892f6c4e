package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/policy/baseline"
)

// exampleCase is a finding that a row of an example decides.
type exampleCase struct {
	row     string // its path: policy.rules.NAME, ignore[2], policy.thresholds.iac.terraform
	scanner string
	finding finding.Finding
	count   int // how many of them; 0: one
	tags    []string
	target  string
	kev     bool // it is known to be exploited
	epss    float64
	want    policy.Action
}

// TestEveryRowOfTheExamples shows each row of examples/*.yaml deciding a
// finding, through the parser and the judge. A row without a case fails.
func TestEveryRowOfTheExamples(t *testing.T) {
	files, err := filepath.Glob("../../examples/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d examples: %v", len(files), err)
	}
	all := exampleCases()
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasSuffix(name, policyTests[1:]) {
			continue // they are run by TestExamplesOfPolicies
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !ownVersion.Match(data) {
			continue // no configuration
		}
		cases := all[name]
		delete(all, name)
		t.Run(name, func(t *testing.T) {
			rows := exampleRows(t, data)
			newTry(t, "unused=clean")
			put(t, name, data)
			a := &app{scanners: embedded(), getenv: func(string) string { return "" }}
			decided := map[string]bool{}
			for _, c := range cases {
				run := c.run()
				putBeside(t, run)
				_, pol, err := a.loadPolicy(judging{config: name}, ".")
				if err != nil {
					t.Fatal(err)
				}
				pol.Facts.KEV = func(*finding.Finding) bool { return c.kev }
				pol.Facts.EPSS = func(*finding.Finding) (float64, bool) { return c.epss, true }
				v := pol.Judge(finding.Results{Runs: []finding.Run{run}})
				d := v.Decisions[0][0]
				if d.Action != c.want || !rows[c.row].decides(name, d.By) {
					t.Errorf("%s: %s by %q, want %s by line %d", c.row, d.Action, d.By, c.want, rows[c.row].line)
					continue
				}
				decided[c.row] = true
			}
			var want, got []string
			for row := range rows {
				want = append(want, row)
			}
			for row := range decided {
				got = append(got, row)
			}
			slices.Sort(want)
			slices.Sort(got)
			if d := cmp.Diff(want, got); d != "" || len(want) == 0 {
				t.Errorf("rows without a finding that they decide (-) in exampleCases: %s", d)
			}
		})
	}
	for name := range all {
		t.Errorf("there is no example %s", name)
	}
}

func (c *exampleCase) run() finding.Run {
	f := c.finding
	f.RuleID, f.Message = rowOr(f.RuleID, "R-1"), "it is so"
	f.Fingerprint = rowOr(f.Fingerprint, finding.FingerprintOf(c.scanner, f))
	run := finding.Run{Scanner: c.scanner, Target: c.target, Status: finding.Completed, Rules: []finding.Rule{{ID: f.RuleID, Title: "x", Tags: c.tags}}}
	for range max(c.count, 1) {
		run.Findings = append(run.Findings, f)
	}
	return run
}

func rowOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// exampleRow is what decides findings in an example: a line of it, or a file
// that a line names.
type exampleRow struct {
	line  int
	says  string // with the place, in the reason
	names string // a pattern of files; empty: the line itself decides
}

// decides reports whether a reason is the row's.
func (r exampleRow) decides(file, by string) bool {
	if r.names != "" {
		return slices.ContainsFunc(strings.Fields(by), func(word string) bool {
			name, _, _ := strings.Cut(strings.Trim(word, "(),"), ":")
			ok, err := path.Match(r.names, name)
			return ok && err == nil
		})
	}
	place := regexp.MustCompile(fmt.Sprintf(`(^|[ (])%s:%d\b`, regexp.QuoteMeta(file), r.line))
	return r.line > 0 && place.MatchString(by) && strings.Contains(by, r.says)
}

// exampleRows finds the rows of an example in its YAML. Whatever it does not
// know is a mistake: a new kind of row needs its cases, too.
func exampleRows(t *testing.T, data []byte) map[string]exampleRow {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	rows := map[string]exampleRow{}
	var threshold func(at string, key, value *yaml.Node)
	threshold = func(at string, key, value *yaml.Node) {
		pairs(value, func(k, v *yaml.Node) {
			switch k.Value {
			case "fail-on", "warn-on", "fixable":
				rows[at] = exampleRow{line: key.Line, says: "-on: "}
			case "max":
				pairs(v, func(k, v *yaml.Node) {
					rows[at+".max."+k.Value] = exampleRow{line: k.Line, says: k.Value + " findings, max " + v.Value}
				})
			default:
				threshold(at+"."+k.Value, k, v)
			}
		})
	}
	pairs(doc.Content[0], func(k, v *yaml.Node) {
		switch k.Value {
		case "version", "scanners": // which decide nothing
		case "ignore":
			for i, item := range v.Content {
				rows[fmt.Sprintf("ignore[%d]", i)] = exampleRow{line: item.Line, says: "ignored by "}
			}
		case "vex":
			for i, item := range v.Content {
				rows[fmt.Sprintf("vex[%d]", i)] = exampleRow{line: item.Line, names: item.Value}
			}
		case "policy":
			pairs(v, func(k, v *yaml.Node) {
				switch k.Value {
				case "rules":
					for i, item := range v.Content {
						row := fmt.Sprintf("policy.rules[%d]", i)
						pairs(item, func(k, v *yaml.Node) {
							if k.Value == "name" {
								row = "policy.rules." + v.Value
							}
						})
						rows[row] = exampleRow{line: item.Line}
					}
				case "thresholds":
					pairs(v, func(k, v *yaml.Node) { threshold("policy.thresholds."+k.Value, k, v) })
				case "baseline":
					rows["policy.baseline"] = exampleRow{line: v.Line, names: v.Value}
				default:
					t.Errorf("line %d: what decides by policy.%s?", k.Line, k.Value)
				}
			})
		default:
			t.Errorf("line %d: what decides by %s?", k.Line, k.Value)
		}
	})
	return rows
}

func pairs(n *yaml.Node, do func(k, v *yaml.Node)) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		do(n.Content[i], n.Content[i+1])
	}
}

func put(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// putBeside puts what examples name beside them: VEX documents, one on lodash
// and one on express, and a baseline that knows what secret has found.
func putBeside(t *testing.T, run finding.Run) {
	t.Helper()
	put(t, "security/shop.openvex.json", []byte(`{"@context": "https://openvex.dev/ns/v0.2.0", "timestamp": "2026-01-31T12:00:00Z", "statements": [
{"vulnerability": {"name": "CVE-2020-8203"}, "products": [{"@id": "pkg:npm/lodash"}], "status": "not_affected", "justification": "component_not_present"}]}`))
	put(t, "security/supplier.csaf.json", []byte(`{"document": {"category": "csaf_vex", "csaf_version": "2.0", "tracking": {"current_release_date": "2026-01-10T00:00:00Z"}},
"product_tree": {"full_product_names": [{"product_id": "A", "name": "express", "product_identification_helper": {"purl": "pkg:npm/express"}}]},
"vulnerabilities": [{"cve": "CVE-2024-1", "product_status": {"known_not_affected": ["A"]}, "flags": [{"label": "component_not_present", "product_ids": ["A"]}]}]}`))
	known := finding.Results{}
	if run.Scanner == "secret" {
		known.Runs = []finding.Run{run}
	}
	v := policy.DefaultPolicy().Judge(known)
	f, err := os.Create(".scangate-baseline.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := baseline.Make(".scangate-baseline.json", known, v.Counts, &baseline.Baseline{Name: ".scangate-baseline.json"})
	if err := b.Encode(f); err != nil {
		t.Fatal(err)
	}
}
