package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/policy/baseline"
	"github.com/scangate/scangate/report"
)

// gated is a directory with a configuration and all that belongs to it, read as
// every command reads it.
type gated struct {
	t       *testing.T
	dir     string
	config  string // but for ignores
	written string // all of it
	ignores []anIgnore
	facts   policy.Facts
	known   bool // there is a baseline
	res     finding.Results
}

// gated makes one case of everything together, in a directory of its own.
func (g *generator) gated(t *testing.T) *gated {
	g.serial++
	c := &gated{t: t, dir: filepath.Join(g.dir, fmt.Sprint(g.serial)), config: g.policy(), facts: g.facts(), res: g.results()}
	if g.one(2) {
		c.config += "vex: [v*.json]\n"
		c.keep("v1.json", g.vex("CVE-1"))
		c.keep("v2.json", g.vex(g.pick("CVE-1", "CVE-2")))
	}
	if g.one(4) {
		c.keep(".trivyignore", "# by another tool\n"+g.pick("CVE-3", "GHSA-1 exp:2099-01-01", "AWS-1")+"\n")
	}
	for range g.IntN(4) {
		c.ignores = append(c.ignores, g.ignore())
	}
	if g.one(2) {
		c.known = true
		then := g.results()
		if g.one(2) { // most of it is known
			then = cloneResults(c.res)
			for i := range then.Runs {
				then.Runs[i].Findings = slices.DeleteFunc(then.Runs[i].Findings, func(finding.Finding) bool { return g.one(3) })
			}
		}
		var file bytes.Buffer
		if err := baseline.Make("b.json", then, nil, nil).Encode(&file); err != nil {
			t.Fatal(err)
		}
		c.keep("b.json", file.String())
	}
	return c
}

func (c *gated) keep(name, content string) { keep(c.t, filepath.Join(c.dir, name), content) }

// judge is the verdict on results, found as `scan` finds it.
func (c *gated) judge(res finding.Results) policy.Verdict {
	c.t.Helper()
	config := c.config
	if len(c.ignores) > 0 {
		config += "ignore:\n"
		for _, e := range c.ignores {
			config += e.yaml
		}
	}
	if config != c.written {
		c.keep(".scangate.yaml", config)
		c.written = config
	}
	j := judging{}
	if c.known {
		j.baseline = filepath.Join(c.dir, "b.json")
	}
	a := system()
	_, pol, err := a.loadPolicy(j, c.dir)
	if err != nil {
		c.t.Fatalf("%v\n%s", err, config)
	}
	pol.Facts = c.facts
	return a.honour(pol, c.dir, res).Judge(res)
}

func cloneResults(res finding.Results) finding.Results {
	res.Runs = slices.Clone(res.Runs)
	for i := range res.Runs {
		res.Runs[i].Findings = slices.Clone(res.Runs[i].Findings)
	}
	return res
}

// nameOf names a finding by all that it says. Twins have one name: which of them
// is the one that the baseline knows is no question.
func nameOf(run *finding.Run, f finding.Finding) string {
	f.Decision = nil
	data, err := json.Marshal(f)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %s %s:%d %.6x", run.Title(), f.RuleID, f.Location.Path, f.Location.StartLine, sha256.Sum256(data))
}

// allFates are the decisions by the names of the findings, and the reasons, in an
// order that does not depend on that of the results.
func allFates(res finding.Results, v policy.Verdict) []string {
	out := []string{v.Outcome.String()}
	for i := range res.Runs {
		for n, d := range v.Decisions[i] {
			out = append(out, fmt.Sprintf("%s: %s, %s", nameOf(&res.Runs[i], res.Runs[i].Findings[n]), d.Action, d.By))
		}
	}
	out = append(out, v.Reasons...)
	slices.Sort(out)
	return out
}

// badness orders outcomes.
func badness(v policy.Verdict) int {
	return map[policy.Outcome]int{policy.Passed: 0, policy.Incomplete: 1, policy.Failed: 2}[v.Outcome]
}

// cases is how many are tried of each property.
const cases = 200

// TestMoreIsNeverBetter: a finding more never turns a failure into a pass, so
// one less never turns a pass into a failure, whatever else takes part. That a
// scanner's own word on severity counts for others is the one exception, and is
// asked for by name.
func TestMoreIsNeverBetter(t *testing.T) {
	g := newGenerator(t, 1)
	seen := map[policy.Outcome]int{}
	for range cases {
		c := g.gated(t)
		before := c.judge(c.res)
		seen[before.Outcome]++
		for range 4 {
			more := cloneResults(c.res)
			if len(more.Runs) == 0 {
				continue
			}
			run := &more.Runs[g.IntN(len(more.Runs))]
			if strings.Contains(c.config, "severity: ["+"dependency, trivy]") && (run.Scanner == "dependency" || run.Scanner == "trivy") {
				continue
			}
			run.Findings = slices.Insert(run.Findings, g.IntN(len(run.Findings)+1), g.finding(run))
			finding.MarkSame(&more)
			if after := c.judge(more); badness(after) < badness(before) {
				t.Fatalf("a finding more turned %s into %s\n%s%s\n%s", before.Outcome, after.Outcome, c.config, strings.Join(allFates(c.res, before), "\n"), cmp.Diff(allFates(c.res, before), allFates(more, after)))
			}
		}
		for i := range c.res.Runs {
			for n := range c.res.Runs[i].Findings {
				name := c.res.Runs[i].Scanner
				if strings.Contains(c.config, "severity: [") && (name == "dependency" || name == "trivy") || !g.one(4) {
					continue
				}
				less := cloneResults(c.res)
				less.Runs[i].Findings = slices.Delete(less.Runs[i].Findings, n, n+1)
				finding.MarkSame(&less)
				if after := c.judge(less); badness(after) > badness(before) {
					t.Fatalf("a finding less turned %s into %s: %q\n%s", before.Outcome, after.Outcome, after.Reasons, c.config)
				}
			}
		}
	}
	for _, o := range []policy.Outcome{policy.Passed, policy.Failed, policy.Incomplete} {
		if seen[o] < cases/40 {
			t.Errorf("only %d of %d are %s", seen[o], cases, o)
		}
	}
}

// TestOrderDoesNotMatter: neither that of findings nor that of scanners.
func TestOrderDoesNotMatter(t *testing.T) {
	g := newGenerator(t, 2)
	actions := map[policy.Action]int{}
	for range cases {
		c := g.gated(t)
		before := c.judge(c.res)
		for i := range before.Decisions {
			for _, d := range before.Decisions[i] {
				actions[d.Action]++
			}
		}
		mixed := cloneResults(c.res)
		g.Shuffle(len(mixed.Runs), func(i, j int) { mixed.Runs[i], mixed.Runs[j] = mixed.Runs[j], mixed.Runs[i] })
		for _, run := range mixed.Runs {
			g.Shuffle(len(run.Findings), func(i, j int) { run.Findings[i], run.Findings[j] = run.Findings[j], run.Findings[i] })
		}
		finding.MarkSame(&mixed)
		if d := cmp.Diff(allFates(c.res, before), allFates(mixed, c.judge(mixed))); d != "" {
			t.Fatalf("%s\n%s", d, c.config)
		}
	}
	for _, a := range []policy.Action{policy.Pass, policy.Warn, policy.Fail, policy.Ignored} {
		if actions[a] < cases/4 {
			t.Errorf("only %d findings of %d cases are decided as %s", actions[a], cases, a)
		}
	}
}

// TestGateIsScan: saved results have the verdict of the scan that made them, be
// they whole or in a file of each scanner, as the jobs of a matrix save them.
func TestGateIsScan(t *testing.T) {
	g := newGenerator(t, 3)
	for range cases {
		c := g.gated(t)
		before := c.judge(c.res)
		save := func(name string, res finding.Results, v policy.Verdict) string {
			var file bytes.Buffer
			if err := report.JSON(&file, report.Report{Results: res, Verdict: v}); err != nil {
				t.Fatal(err)
			}
			c.keep(name, file.String())
			return filepath.Join(c.dir, name)
		}
		again, err := readAll([]string{save("whole.json", c.res, before)})
		if err != nil {
			t.Fatal(err)
		}
		after := c.judge(again)
		if d := cmp.Diff(before, after); d != "" {
			t.Fatalf("saved: %s", d)
		}
		shards := map[string]finding.Results{}
		for _, run := range cloneResults(c.res).Runs {
			shard := shards[run.Scanner]
			shard.Runs = append(shard.Runs, run)
			shards[run.Scanner] = shard
		}
		var files []string
		for _, name := range slices.Sorted(maps.Keys(shards)) {
			shard := shards[name]
			finding.MarkSame(&shard) // a job knows nothing of the others
			files = append(files, save("of-"+name+".json", shard, policy.DefaultPolicy().Judge(shard)))
		}
		if len(files) == 0 {
			continue
		}
		merged, err := readAll(files)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(allFates(c.res, before), allFates(merged, c.judge(merged))); d != "" {
			t.Fatalf("merged: %s", d)
		}
	}
}

// TestAnIgnoreAffectsOnlyWhatItFits. What does not fit can be better off in two
// ways that are documented: it was one too many of a max, or the baseline knows
// it now that another occurrence does not count. It is never worse off.
func TestAnIgnoreAffectsOnlyWhatItFits(t *testing.T) {
	g := newGenerator(t, 4)
	ignored, helped := 0, 0
	for range cases {
		c := g.gated(t)
		before := c.judge(c.res)
		e := g.ignore()
		c.ignores = append(c.ignores, e) // at the end, so that no other line moves
		after := c.judge(c.res)
		if badness(after) > badness(before) {
			t.Fatalf("it turned %s into %s", before.Outcome, after.Outcome)
		}
		fits := map[baseline.ID]bool{}
		for i := range c.res.Runs {
			run := &c.res.Runs[i]
			for n := range run.Findings {
				if id, ok := baseline.IDOf(run, &run.Findings[n]); ok && e.fits(run, &run.Findings[n]) {
					fits[id] = true
				}
			}
		}
		for i := range c.res.Runs {
			run := &c.res.Runs[i]
			for n := range run.Findings {
				f, was, is := &run.Findings[n], before.Decisions[i][n], after.Decisions[i][n]
				id, _ := baseline.IDOf(run, f)
				switch {
				case e.fits(run, f):
					if is.Action != policy.Ignored {
						t.Fatalf("%s fits %s, which is %s", e.yaml, nameOf(run, *f), is.Action)
					}
					if was.Action != policy.Ignored {
						ignored++
					}
				case was == is:
				case was.Action == policy.Fail && strings.Contains(was.By, ", max "): // fewer are counted
					helped++
				case c.known && fits[id] && is.Action != policy.Fail: // it takes a place in the baseline
					helped++
				default:
					t.Fatalf("%s does not fit %s, which was %v and is %v\n%s", e.yaml, nameOf(run, *f), was, is, c.config)
				}
			}
		}
	}
	if ignored < cases/4 || helped == 0 {
		t.Errorf("%d ignored, %d better off", ignored, helped)
	}
}

// TestAStatementAffectsOnlyWhatItNames: one more VEX document decides nothing
// but findings of its advisory.
func TestAStatementAffectsOnlyWhatItNames(t *testing.T) {
	g := newGenerator(t, 5)
	changed := 0
	for range cases {
		c := g.gated(t)
		if c.known = false; !strings.Contains(c.config, "vex:") {
			c.config += "vex: [v*.json]\n"
			c.keep("v1.json", g.vex("CVE-1"))
		}
		c.config = strings.ReplaceAll(c.config, "max: {", "max: {info: 999, ") // beside the others
		before := c.judge(c.res)
		c.keep("v3.json", g.vex("CVE-2"))
		after := c.judge(c.res)
		for i := range c.res.Runs {
			run := &c.res.Runs[i]
			for n := range run.Findings {
				f, was, is := &run.Findings[n], before.Decisions[i][n], after.Decisions[i][n]
				switch {
				case was == is:
				case strings.Contains(was.By+is.By, ", max "):
				case f.RuleID == "CVE-2" && f.Package != nil && f.Package.PURL != "":
					changed++
				default:
					t.Fatalf("%s %s was %v and is %v", nameOf(run, *f), f.RuleID, was, is)
				}
			}
		}
	}
	if changed < cases/10 {
		t.Errorf("only %d findings changed", changed)
	}
}
