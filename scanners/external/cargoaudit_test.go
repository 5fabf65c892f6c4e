package external

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// rustsec makes an advisory database as RustSec has it: a git repository.
func rustsec(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	put := func(crate, id, fields, title string) {
		t.Helper()
		file := filepath.Join(dir, "crates", crate, id+".md")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		text := "```toml\n[advisory]\nid = \"" + id + "\"\npackage = \"" + crate + "\"\ndate = \"2026-01-02\"\n" + fields + "\n```\n\n# " + title + "\n\nMore of it.\n"
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("leaf-crate", "RUSTSEC-2026-0001", `url = "https://example.invalid/leaf"
aliases = ["CVE-2026-10001", "GHSA-2222-3333-4444"]
cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

[versions]
patched = [">= 1.2.3", "^0.9.4"]`, "Leaf writes where it should not")
	put("tired-crate", "RUSTSEC-2026-0002", "informational = \"unmaintained\"\n\n[versions]\npatched = []", "Nobody looks after it")
	put("shaky-crate", "RUSTSEC-2026-0003", "informational = \"unsound\"\n\n[versions]\npatched = [\">= 2.0.1\"]", "Shaky hands out two of one")
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "-m", "advisories"}} {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return dir
}

func cargoTool(t testing.TB, db string) Tool { return must(CargoAudit(CargoAuditOptions{DB: db}))(t) }

func wantCrates() []brief {
	return []brief{
		{"RUSTSEC-2026-0001", "critical", "app/Cargo.lock:15: ", "leaf-crate@0.9.1", "0.9.4",
			"upgrade leaf-crate to 0.9.4: `cargo update -p leaf-crate@0.9.1 --precise 0.9.4` if what requires it allows that", "indirect", "frame-crate@1.1.0 > leaf-crate@0.9.1", false},
		{"RUSTSEC-2026-0002", "low", "app/Cargo.lock:42: ", "tired-crate@0.3.0", "", "replace it by a crate that is looked after", "indirect", "frame-crate@1.1.0 > tired-crate@0.3.0", false},
		{"RUSTSEC-2026-0003", "medium", "app/Cargo.lock:28: ", "shaky-crate@2.0.0", "2.0.1",
			"upgrade shaky-crate to 2.0.1: `cargo update -p shaky-crate@2.0.0 --precise 2.0.1`", "direct", "", false},
	}
}

func TestCargoAuditRuns(t *testing.T) {
	realTool(t, "cargo-audit")
	db := rustsec(t)
	got := scan(t, New(cargoTool(t, db), Options{Asked: true, Offline: true}), copied(t, "cargo-audit"))
	if got.Status != finding.Completed || got.Looked.Files != 1 || got.Looked.Packages != 6 {
		t.Fatalf("%s: %s, looked at %+v\n%s", got.Status, got.Reason, got.Looked, notes(got))
	}
	if d := cmp.Diff(wantCrates(), byRule(briefs(got.Findings))); d != "" {
		t.Error(d)
	}
	missing := scan(t, New(cargoTool(t, filepath.Join(db, "nothing")), Options{Asked: true}), copied(t, "cargo-audit"))
	if missing.Status != finding.Failed {
		t.Errorf("without a database: %s: %s", missing.Status, missing.Reason)
	}
}

func TestCargoAuditReads(t *testing.T) {
	tr := copied(t, "cargo-audit")
	u := Unit{Dir: "app", File: "app/Cargo.lock"}
	data := recorded(t, "cargo-audit/report.json", func() []byte {
		if !canRecord(t, "cargo-audit") {
			return nil
		}
		data, _ := output(t, cargoTool(t, rustsec(t)), tr, u)
		return data
	})
	tool := cargoTool(t, "")
	r, err := read(t, tool, tr, u, data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(wantCrates(), byRule(briefs(r.findings))); d != "" {
		t.Error(d)
	}
	f := r.findings[0]
	if f.Message != "leaf-crate 0.9.1: Leaf writes where it should not; fixed in 0.9.4" || f.Package.PURL != "pkg:cargo/leaf-crate@0.9.1" ||
		f.Score != 9.8 || f.SeveritySource != "rustsec" || f.Published != "2026-01-02" || strings.Join(f.Aliases, " ") != "CVE-2026-10001 GHSA-2222-3333-4444" {
		t.Errorf("%+v", f)
	}
	if d := cmp.Diff([]string{"https://rustsec.org/advisories/RUSTSEC-2026-0001.html", "https://example.invalid/leaf"}, r.rules[f.RuleID].References); d != "" {
		t.Error(d)
	}
	for _, cut := range []int{0, 1, 100, len(data) / 2, len(data) - 3} {
		if _, err := read(t, tool, tr, u, data[:cut]); err == nil {
			t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
		}
	}
}

// report is one of cargo-audit with a list of vulnerabilities and warnings.
func cargoReport(count, list, warnings string) string {
	return `{"settings":{},"database":{"advisory-count":3},"lockfile":{"dependency-count":6},"vulnerabilities":{"found":true,"count":` + count + `,"list":` + list + `},"warnings":` + warnings + `}`
}

func TestCargoAuditHostile(t *testing.T) {
	tr := copied(t, "cargo-audit")
	u := Unit{Dir: "app", File: "app/Cargo.lock"}
	for name, bad := range map[string]string{
		"not JSON":             "error: couldn't fetch",
		"an empty object":      `{}`,
		"a list":               `[]`,
		"null":                 `null`,
		"no lockfile":          `{"vulnerabilities":{"count":0,"list":[]}}`,
		"no list":              `{"lockfile":{"dependency-count":1},"vulnerabilities":{"count":0}}`,
		"fewer than counted":   cargoReport("2", "[]", "{}"),
		"a list of words":      cargoReport("1", `["x"]`, "{}"),
		"no package":           cargoReport("1", `[{"advisory":{"id":"RUSTSEC-2026-0001"}}]`, "{}"),
		"no advisory":          cargoReport("1", `[{"package":{"name":"a","version":"1"}}]`, "{}"),
		"wrong types":          cargoReport("1", `[{"advisory":{"id":7},"package":{"name":"a","version":"1"}}]`, "{}"),
		"warnings as a list":   cargoReport("0", "[]", "[]"),
		"an empty database":    strings.Replace(cargoReport("0", "[]", "{}"), `"advisory-count":3`, `"advisory-count":0`, 1),
		"something behind it":  cargoReport("0", "[]", "{}") + "{}",
		"an unnamed kind's no": cargoReport("0", "[]", `{"yanked":{"package":{}}}`),
	} {
		if _, err := read(t, cargoTool(t, ""), tr, u, bad); err == nil {
			t.Errorf("%s is taken for a report", name)
		}
	}
	r, err := read(t, cargoTool(t, ""), tr, u, cargoReport("1",
		`[{"advisory":{"id":"RUSTSEC-2026-0009\n::error::x","title":"::warning::x","cvss":"CVSS:3.1/AV:N","aliases":["a b","CVE-2026-1"],"url":"javascript:x"},"package":{"name":"$(id)","version":"1"},"versions":{"patched":["nonsense","> 2",">= 3, < 4"]}}]`,
		`{"yanked":[{"kind":"yanked","package":{"name":"leaf-crate","version":"0.9.1"},"advisory":null,"versions":null}],"new-kind":[{"kind":"new-kind","package":{"name":"b","version":"1"},"advisory":{"id":"RUSTSEC-2026-0010"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []brief{
		{"RUSTSEC-2026-0009 ::error::x", "unknown", "app/Cargo.lock:1: ", "$(id)@1", "3.0.0", "upgrade $(id) to 3.0.0", "", "", false},
		{"cargo-yanked", "low", "app/Cargo.lock:15: ", "leaf-crate@0.9.1", "", "`cargo update -p leaf-crate@0.9.1`", "indirect", "frame-crate@1.1.0 > leaf-crate@0.9.1", false},
		{"RUSTSEC-2026-0010", "unknown", "app/Cargo.lock:1: ", "b@1", "", "no fixed version is known", "", "", false},
	}
	if d := cmp.Diff(want, briefs(r.findings)); d != "" {
		t.Error(d)
	}
	if a := r.findings[0].Aliases; len(a) != 1 || len(r.rules[want[0].Rule].References) != 0 && strings.Contains(r.rules[want[0].Rule].References[0], "javascript") {
		t.Errorf("%q %q", a, r.rules[want[0].Rule].References)
	}
}

// What a project's own settings hide is told.
func TestCargoAuditSettings(t *testing.T) {
	r, err := read(t, cargoTool(t, ""), copied(t, "cargo-audit"), Unit{Dir: "app", File: "app/Cargo.lock"},
		strings.Replace(cargoReport("0", "[]", "{}"), `"settings":{}`, `"settings":{"ignore":["RUSTSEC-2026-0001"],"severity":"high"}`, 1))
	if err != nil || len(r.notes) != 2 || r.notes[0].Level != finding.Warning || !strings.Contains(r.notes[0].Message, "RUSTSEC-2026-0001") {
		t.Errorf("%v %+v", err, r.notes)
	}
}

func TestCargoUnits(t *testing.T) {
	tr := tree(t, map[string]string{"Cargo.lock": "", "tools/a/Cargo.lock": "", "target/package/x/Cargo.lock": "", "vendor/y/Cargo.lock": "", "b/Cargo.toml": ""})
	u := must(cargoUnits(tr))(t)
	if d := cmp.Diff([]Unit{{Dir: ".", Name: "Cargo.lock", File: "Cargo.lock"}, {Dir: "tools/a", Name: "tools/a/Cargo.lock", File: "tools/a/Cargo.lock"}}, u.List); d != "" {
		t.Error(d)
	}
	at := Place{Tree: tr.Dir(), File: func(name string) string { return "/box/" + name }}
	for db, want := range map[string]string{"": "--db /box/advisory-db", "/db": "--db /db --no-fetch", "db": "--db " + filepath.Join(tr.Dir(), "db") + " --no-fetch"} {
		if got := strings.Join(cargoTool(t, db).Call(u.List[1], at).Args, " "); !strings.Contains(got, want) {
			t.Errorf("%q: %s", db, got)
		}
	}
}

func TestCVSSScores(t *testing.T) {
	for vector, want := range map[string]float64{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H": 9.8,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H": 10,
		"CVSS:3.0/AV:L/AC:H/PR:L/UI:R/S:C/C:L/I:L/A:N": 3.9,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N": 6.1,
		"CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H": 5.5,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N": 0,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H":     0,
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H":       0,
		"":                                             0,
	} {
		if got := cvssScore(vector); got != want {
			t.Errorf("%s: %v, want %v", vector, got, want)
		}
	}
}
