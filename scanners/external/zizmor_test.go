package external

import (
	std "cmp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func zizmorTool(t testing.TB) Tool { return must(Zizmor(ZizmorOptions{}))(t) }

const zizmorFile = ".github/workflows/ci.yml"

func wantZizmor() []spot {
	const file = zizmorFile
	return []spot{
		{"dangerous-triggers", "high", file, "use of fundamentally insecure workflow trigger: pull_request_target is almost always used insecurely (medium confidence)", 2, 1, 2, 24},
		{"excessive-permissions", "medium", file, "overly broad permissions: default permissions used due to no permissions: block (medium confidence)", 4, 3, 13, 0},
		{"artipacked", "medium", file, "credential persistence through GitHub Actions artifacts: does not set persist-credentials: false (low confidence)", 7, 9, 8, 65},
		{"unpinned-uses", "high", file, "unpinned action reference: action is not pinned to a hash (required by blanket policy)", 7, 15, 7, 34},
		{"template-injection", "high", file, "code injection via template expansion: may expand into attacker-controllable code", 12, 23, 12, 54},
		{"template-injection", "high", file, "code injection via template expansion: may expand into attacker-controllable code", 13, 23, 13, 38},
	}
}

func checkZizmor(t testing.TB, got []finding.Finding) {
	t.Helper()
	if d := cmp.Diff(wantZizmor(), spots(got)); d != "" {
		t.Fatal(d)
	}
	for i, f := range got {
		if f.Suppressed() != (i == 5) {
			t.Errorf("%s: %v", f.Message, f.Suppressions)
		}
	}
	f := got[4]
	if d := cmp.Diff([]finding.Location{{Path: zizmorFile, StartLine: 10, StartColumn: 9, EndLine: 10, EndColumn: 12, Message: "this run block"}}, f.Related); d != "" || f.Resource != "jobs.build" {
		t.Errorf("%s %s", f.Resource, d)
	}
}

func TestZizmorRuns(t *testing.T) {
	realTool(t, "zizmor")
	tr := copied(t, "zizmor/sample")
	got := scan(t, New(zizmorTool(t), Options{Asked: true, Offline: true}), tr)
	if got.Status != finding.Partial || got.Looked.Files != 1 {
		t.Fatalf("%s: %s, looked at %+v\n%s", got.Status, got.Reason, got.Looked, notes(got))
	}
	checkZizmor(t, got.Findings)
	if n := notes(got); !strings.Contains(n, "gap: .github/workflows/broken.yml: zizmor did not look at it") || !strings.Contains(n, "ran zizmor 1.") {
		t.Error(n)
	}
	ci := must(tr.Read(zizmorFile, 1<<20))(t)
	// Settings count, and a .gitignore hides nothing that GitHub runs.
	some := scan(t, New(zizmorTool(t), Options{Asked: true}), tree(t, map[string]string{zizmorFile: string(ci), ".gitignore": ".github\n",
		"zizmor.yml": "rules: {unpinned-uses: {ignore: [ci.yml]}}\n", "node_modules/a/action.yml": "runs: {using: composite, steps: [{run: 'x ${{ inputs.x }}', shell: sh}]}\n"}))
	if some.Status != finding.Completed || len(some.Findings) != 4 || !strings.Contains(notes(some), "info: zizmor.yml: its settings count") {
		t.Errorf("%s: %s, %d findings\n%s", some.Status, some.Reason, len(some.Findings), notes(some))
	}
	clean := scan(t, New(zizmorTool(t), Options{Asked: true}), tree(t, map[string]string{zizmorFile: "name: x\non: push\npermissions: {}\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}\n"}))
	if clean.Status != finding.Completed || len(clean.Findings) != 0 {
		t.Errorf("%s: %s, %d findings", clean.Status, clean.Reason, len(clean.Findings))
	}
	none := scan(t, New(zizmorTool(t), Options{Asked: true}), tree(t, map[string]string{zizmorFile: "["}))
	if none.Status != finding.Failed {
		t.Errorf("nothing to look at: %s: %s", none.Status, none.Reason)
	}
}

func TestZizmorReads(t *testing.T) {
	tool, tr, u := zizmorTool(t), copied(t, "zizmor/sample"), Unit{Dir: "."}
	now := func(log bool) func() []byte {
		return func() []byte {
			if !canRecord(t, "zizmor") {
				return nil
			}
			data, said := output(t, tool, tr, u)
			if log {
				return said
			}
			return data
		}
	}
	data, log := recorded(t, "zizmor/report.json", now(false)), recorded(t, "zizmor/report.log", now(true))
	r := newReading(tr, u)
	if err := tool.Read(Output{Data: []byte(data), Stderr: []byte(log), Unit: u}, r); err != nil {
		t.Fatal(err)
	}
	got := scanOrder(r.findings)
	checkZizmor(t, got)
	if r.looked.Files != 1 || len(r.notes) != 1 || r.notes[0].Path != ".github/workflows/broken.yml" {
		t.Errorf("%+v %+v", r.looked, r.notes)
	}
	want := finding.Rule{ID: "unpinned-uses", Name: "unpinned-uses", Title: "unpinned action reference", Severity: finding.High, Precision: "high", References: []string{"https://docs.zizmor.sh/audits/#unpinned-uses"}}
	if d := cmp.Diff(want, r.rules[want.ID]); d != "" {
		t.Error(d)
	}
	for _, cut := range []int{0, 1, 100, len(data) / 2, len(strings.TrimSpace(data)) - 1} {
		if _, err := read(t, tool, tr, u, data[:cut]); err == nil {
			t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
		}
	}
}

func TestZizmorDoubts(t *testing.T) {
	tool, tr, u := zizmorTool(t), tree(t, map[string]string{zizmorFile: "on: ü push\n"}), Unit{Dir: "."}
	for name, bad := range map[string]string{
		"not JSON":           " INFO zizmor",
		"an object":          "{}",
		"null":               "null",
		"wrong types":        `[{"ident":7,"locations":[{}]}]`,
		"without an audit":   `[{"locations":[{}]}]`,
		"without a location": `[{"ident":"a","locations":[]}]`,
		"two documents":      `[] []`,
	} {
		if _, err := read(t, tool, tr, u, bad); err == nil {
			t.Errorf("%s is taken for a report", name)
		}
	}
	for name, c := range map[string]struct {
		symbolic, concrete string
		want               spot
	}{
		"absolute path":    {`"key":{"Local":{"verbatim_path":"/etc/passwd"}}`, `"start_point":{"row":1}`, spot{Message: "d"}},
		"path out of it":   {`"key":{"Local":{"verbatim_path":"../../x"}}`, `"start_point":{"row":1}`, spot{Message: "d"}},
		"another's":        {`"key":{"Remote":{"path":"x"}}`, `"start_point":{"row":1}`, spot{Message: "d"}},
		"negative rows":    {`"key":{"Local":{"verbatim_path":"./` + zizmorFile + `"}}`, `"start_point":{"row":-7},"end_point":{"row":-1}`, spot{Path: zizmorFile, Message: "d"}},
		"large rows":       {`"key":{"Local":{"verbatim_path":"./` + zizmorFile + `"}}`, `"start_point":{"row":9223372036854775807}`, spot{Path: zizmorFile, Message: "d"}},
		"bytes of a line":  {`"key":{"Local":{"verbatim_path":"./` + zizmorFile + `"}}`, `"start_point":{"row":0,"column":7},"end_point":{"row":0,"column":11}`, spot{Path: zizmorFile, Message: "d", Line: 1, Column: 7, EndLine: 1, End: 11}},
		"inside a letter":  {`"key":{"Local":{"verbatim_path":"./` + zizmorFile + `"}}`, `"start_point":{"row":0,"column":5},"end_point":{"row":0,"column":900}`, spot{Path: zizmorFile, Message: "d", Line: 1, EndLine: 1}},
		"a command":        {`"annotation":"::error::x\n##[group]"`, ``, spot{Message: "d: error::x # [group]"}},
		"a route of types": {`"route":{"route":[{"Index":1},{"Key":"x"}]}`, ``, spot{Message: "d"}},
	} {
		r, err := read(t, tool, tr, u, `[{"ident":"a","desc":"d","determinations":{"severity":"Blocker","confidence":"::x"},"locations":[{"symbolic":{`+c.symbolic+`},"concrete":{"location":{`+c.concrete+`}}}]}]`)
		if err != nil || len(r.findings) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.want.Rule, c.want.Severity = "a", "unknown"
		if d := cmp.Diff(c.want, spots(r.findings)[0]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestZizmorApplies(t *testing.T) {
	for name, want := range map[string]string{
		"a/workflows/x.yml": "skipped: no workflows and no action.yml", zizmorFile: "failed: ended with status 3", "x/action.yaml": "failed: ended with status 3",
	} {
		fake := script(t, "zizmor", "case $1 in --version) echo zizmor 1.32.0; exit;; esac\necho '[]'; exit 3\n")
		got := scan(t, New(zizmorTool(t), Options{Asked: true, Path: []string{fake}}), tree(t, map[string]string{name: ""}))
		if s := got.Status.String() + ": " + got.Reason; !strings.HasPrefix(s, want) {
			t.Errorf("%s: %s", name, s)
		}
	}
	if _, err := Zizmor(ZizmorOptions{Persona: "pedant"}); err == nil || !strings.Contains(err.Error(), `did you mean "pedantic"?`) {
		t.Error(err)
	}
	if call := zizmorCall("auditor", Unit{}); !strings.Contains(strings.Join(call.Args, " "), "--offline ") {
		t.Error("it is not offline")
	}
}

// scanOrder sorts findings as a scan does.
func scanOrder(all []finding.Finding) []finding.Finding {
	slices.SortStableFunc(all, func(a, b finding.Finding) int {
		return std.Or(strings.Compare(a.Location.Path, b.Location.Path), std.Compare(a.Location.StartLine, b.Location.StartLine), std.Compare(a.Location.StartColumn, b.Location.StartColumn))
	})
	return all
}
