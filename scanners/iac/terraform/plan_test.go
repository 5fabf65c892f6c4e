package terraform

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/scangate/scangate/scanners/iac/work"
)

func judgePlan(t testing.TB, text string) ([]work.Result, []string) {
	t.Helper()
	out, err := JudgePlan(t.Context(), checkSet(t), work.File{Path: "tfplan.json", Data: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Results, noteLines(out.Notes)
}

// onePlan is a plan of one resource.
func onePlan(change, exprs string) string {
	return `{"format_version":"1.2","terraform_version":"1.9.5","planned_values":{"root_module":{"resources":[` +
		`{"address":"aws_s3_bucket.b","mode":"managed","type":"aws_s3_bucket","name":"b"}]}},` +
		`"resource_changes":[{"address":"aws_s3_bucket.b","change":` + change + `}],` +
		`"configuration":{"root_module":{"resources":[{"address":"aws_s3_bucket.b","expressions":` + exprs + `}]}}}`
}

func TestIsPlan(t *testing.T) {
	tests := []struct {
		text string
		want bool
	}{
		{onePlan("{}", "{}"), true},
		{"\ufeff \n{\"terraform_version\" : \"1\", \"x\": [{}], \"format_version\": \"1\", \"planned_values\"\n: {}}", true},
		{`{"format_version":"1","terraform_version":"1","values":{}}`, false}, // a state
		{`{"format_version":"1","terraform_version":"1","x":{"planned_values":{}}}`, false},
		{`{"format_version":"1","x":"terraform_version","planned_values":{}}`, false},
		{`{"x":"\"terraform_version\"","format_version":"1","planned_values":{}}`, false},
		{`[{"format_version":"1","terraform_version":"1","planned_values":{}}]`, false},
		{`{"terraform_version"`, false},
		{`{"terraform_version":"`, false},
		{"", false},
	}
	for _, tt := range tests {
		if got := IsPlan([]byte(tt.text)); got != tt.want {
			t.Errorf("%.80q: %v", tt.text, got)
		}
	}
}

// TestPlan looks at a whole plan. The checks that Trivy finds are in
// testdata/trivy-plan.txt; README.md there says what differs, and why.
func TestPlan(t *testing.T) {
	data, err := os.ReadFile("testdata/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	if !IsPlan(data) {
		t.Error("not taken for a plan")
	}
	results, notes := judgePlan(t, string(data))
	if len(notes) > 0 {
		t.Errorf("notes %v", notes)
	}
	var got []string
	for _, r := range results {
		if r.Cause.Managed {
			got = append(got, fmt.Sprintf("%s %d %s %s", r.Check.ID, r.Location.StartLine, r.Resource, r.Part))
		}
		if r.Framework != work.TerraformPlan || r.Location.Path != "tfplan.json" || r.Cause.Path != "tfplan.json" {
			t.Errorf("%s: framework %s, location %v, cause %v", r.Check.ID, r.Framework, r.Location, r.Cause)
		}
	}
	slices.Sort(got)
	got = slices.Compact(got)
	want, err := os.ReadFile("testdata/plan.txt")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(strings.TrimSpace(string(want)), "\n"), got); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
	// What Trivy finds, we find.
	trivy, err := os.ReadFile("testdata/trivy-plan.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(trivy)) {
		if id := strings.TrimSpace(line); !slices.ContainsFunc(results, func(r work.Result) bool { return slices.Contains(r.Check.Names(), id) }) {
			t.Errorf("Trivy finds %s", id)
		}
	}
}

func TestPlanValues(t *testing.T) {
	secret := "hun" + "ter2hunter2"
	open := "1 aws_s3_bucket.b"
	tests := []struct {
		name, plan string
		want       []string
	}{
		{"known", onePlan(`{"after":{"acl":"public-read"}}`, "{}"), []string{open}},
		{"no change but values", strings.Replace(onePlan(`null`, "{}"), `"name":"b"`, `"name":"b","values":{"acl":"public-read"}`, 1), []string{open}},
		{"not known", onePlan(`{"after":{},"after_unknown":{"acl":true}}`, `{"acl":{"references":["var.acl"]}}`), nil},
		{"a template is text", onePlan(`{"after":{"acl":"${\"public-read\"}"}}`, "{}"), nil},
		{"a heredoc is text", onePlan(`{"after":{"bucket":"a\nEOF\nacl = \"public-read\"\n"}}`, "{}"), nil},
		{"a reference is no code", onePlan(`{"after":{}}`, `{"acl":{"references":["x\nacl = \"public-read\"\n"]}}`), nil},
		{"an attribute is no code", onePlan(`{"after":{"x = 1\nacl = \"public-read\"\ny":1}}`, "{}"), nil},
		{"sensitive", onePlan(`{"after":{"acl":"public-read","x":"`+secret+`"},"after_sensitive":{"x":true}}`, "{}"), []string{open}},
		{"a number of a billion digits", onePlan(`{"after":{"acl":"public-read","x":1e600000000,"y":1e-600000000}}`, "{}"), []string{open}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			results, notes := judgePlan(t, tt.plan)
			var got []string
			for _, r := range results {
				if r.Check.ID == public {
					got = append(got, fmt.Sprintf("%d %s", r.Location.StartLine, r.Resource))
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" || len(notes) > 0 {
				t.Errorf("public buckets (-want +got):\n%snotes %v", d, notes)
			}
			if len(results) == 0 || strings.Contains(fmt.Sprintf("%+v", results), secret) {
				t.Error("no results, or they hold the secret")
			}
		})
	}
	// The value at fault is what is sensitive, and the message quotes it.
	for _, mark := range []string{`{"acl":true}`, `true`} {
		results, _ := judgePlan(t, onePlan(`{"after":{"acl":"public-read"},"after_sensitive":`+mark+`}`, "{}"))
		for _, r := range results {
			if strings.Contains(r.Message, "public-read") {
				t.Errorf("message %q", r.Message)
			}
		}
	}
}

// TestPlanUnknown sees that what a block will be given later is not taken for
// missing.
func TestPlanUnknown(t *testing.T) {
	plan := func(exprs string) string {
		return strings.ReplaceAll(onePlan(`{"after":{"bucket":"b","rule":[{"apply_server_side_encryption_by_default":[{"sse_algorithm":"aws:kms"}]}]},`+
			`"after_unknown":{"rule":[{"apply_server_side_encryption_by_default":[{"kms_master_key_id":true}]}]}}`, exprs),
			"aws_s3_bucket", "aws_s3_bucket_server_side_encryption_configuration")
	}
	bucket := func(plan string) string {
		return strings.Replace(plan, `"resources":[`, `"resources":[{"address":"aws_s3_bucket.x","mode":"managed","type":"aws_s3_bucket","name":"x","values":{"bucket":"b"}},`, 1)
	}
	const given = `{"rule":[{"apply_server_side_encryption_by_default":[{"kms_master_key_id":{"references":["aws_kms_key.k.arn","aws_kms_key.k"]}}]}]}`
	const notGiven = `{"rule":[{"apply_server_side_encryption_by_default":[{"sse_algorithm":{"constant_value":"aws:kms"}}]}]}`
	for exprs, want := range map[string]bool{given: false, "{}": false, notGiven: true} {
		results, _ := judgePlan(t, bucket(plan(exprs)))
		got := slices.ContainsFunc(results, func(r work.Result) bool { return r.Check.ID == "AWS-0132" })
		if got != want || len(results) == 0 {
			t.Errorf("%s: no customer key: %v", exprs, got)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, s := range []string{"", "a", "${a}", "$${a}", "%{if}", "%%{", "$", "$$$", `\"`, "\n\r\t\x00\x7f", "é漢\U0001f600\u2028", "${", "EOF"} {
		e, diags := hclsyntax.ParseExpression([]byte(quote(s)), "", hcl.InitialPos)
		if diags.HasErrors() {
			t.Errorf("%q: %v", s, diags)
			continue
		}
		if v, diags := e.Value(nil); diags.HasErrors() || v.AsString() != s {
			t.Errorf("%q becomes %#v %v", s, v, diags)
		}
	}
}

func TestWithoutKeys(t *testing.T) {
	for in, want := range map[string]string{
		"a.b": "a.b", "a.b[0]": "a.b", `module.m["a.b"].a.b["]"]`: "module.m.a.b", `module.m["\"]x"].n[1].a.b`: "module.m.n.a.b", "a[": "a", "a]": "a]",
	} {
		if got := withoutKeys(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// manyResources is a plan of n buckets that all have the same name, or differ.
func manyResources(n int, same bool) string {
	var planned, changes []string
	for i := range n {
		name := fmt.Sprintf("b%d", i)
		if same {
			name = "b"
		}
		planned = append(planned, fmt.Sprintf(`{"address":"aws_s3_bucket.b%d","mode":"managed","type":"aws_s3_bucket","name":%q}`, i, name))
		changes = append(changes, fmt.Sprintf(`{"address":"aws_s3_bucket.b%d","change":{"after":{"acl":"public-read"}}}`, i))
	}
	return `{"format_version":"1","terraform_version":"1","planned_values":{"root_module":{"resources":[` + strings.Join(planned, ",") + `]}},"resource_changes":[` + strings.Join(changes, ",") + `]}`
}

func TestPlanHostile(t *testing.T) {
	deepModules := `{"resources":[]}`
	for range 60 {
		deepModules = `{"child_modules":[` + deepModules + `]}`
	}
	loop := func(name string) string {
		return fmt.Sprintf(`{"references":["aws_s3_bucket.b.%s"]}`, name)
	}
	tests := []struct {
		name, plan string
		note       string
	}{
		{"no JSON", "{\"a\":\n}", "gap tfplan.json:2: cannot be parsed: it is no JSON"},
		{"empty", "", "gap tfplan.json:0: is not a plan that can be read: not scanned"},
		{"other types", `{"planned_values":[]}`, "gap tfplan.json:0: is not a plan that can be read: not scanned"},
		{"nothing planned", `{}`, ""},
		{"deep", `{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}", "gap tfplan.json:1: is nested too deep to be parsed: not scanned"},
		{"deep modules", `{"planned_values":{"root_module":` + deepModules + `}}`, "gap tfplan.json:1: is nested too deep to be parsed: not scanned"},
		{"large", "{" + strings.Repeat(" ", work.MaxPlanSize) + "}", "gap tfplan.json:0: is a plan over 16 MiB: not scanned"},
		{"100000 resources", manyResources(100_000, true), "gap tfplan.json:0: has more than 5000 resources: not scanned"},
		{"100000 blocks", onePlan(`{"after":{"x":[{}`+strings.Repeat(",{}", 100_000)+`]}}`, "{}"), "gap tfplan.json:0: has more than 20000 blocks or 32 MiB of values: not scanned"},
		{"values that grow", onePlan(`{"after":{"x":"`+strings.Repeat("\x7f", 6<<20)+`"}}`, "{}"), "gap tfplan.json:0: has more than 20000 blocks or 32 MiB of values: not scanned"},
		{"references that go round", onePlan(`{"after":{}}`, `{"a":`+loop("b")+`,"b":`+loop("a")+`,"c":`+loop("c")+`,"acl":{"references":["aws_s3_bucket.b"]}}`), ""},
		{"references without parts", onePlan(`{"after":{}}`, `{"a":{"references":["data"]},"b":{"references":["data."]},"c":{"references":[""]},"d":{"references":[1]},"e":{"references":[]},"f":{"references":{}}}`), ""},
		{"marks of another form", onePlan(`{"after":{"a":[1]},"after_sensitive":{"a":[true,true],"b":{"c":true}},"after_unknown":[true]}`, "{}"), ""},
		{"names", strings.ReplaceAll(onePlan(`{"after":{}}`, "{}"), `"name":"b"`, `"name":"b\" {\n}"`), "gap tfplan.json:0: has resources whose names cannot be read: they are not scanned"},
		{"a run that failed", strings.Replace(onePlan(`{"after":{}}`, "{}"), "{", `{"errored":true,`, 1), "gap tfplan.json:0: is the plan of a run that failed: what it does not hold is not scanned"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			_, notes := judgePlan(t, tt.plan)
			if strings.Join(notes, "\n") != tt.note {
				t.Errorf("notes %q, want %q", notes, tt.note)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func FuzzJudgePlan(f *testing.F) {
	data, err := os.ReadFile("testdata/plan.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(onePlan(`{"after":{"acl":"x"},"after_unknown":{"rule":[{"x":true}]}}`, `{"a":{"references":["data.a.b.c"]}}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		IsPlan(data)
		p, note := readPlan(work.File{Path: "p.json", Data: data})
		if planTooDeep(data) > 0 || (p == nil) != (note != nil) || p == nil || len(p.resources) > 50 {
			return
		}
		code := p.code()
		if code == nil {
			return
		}
		if _, diags := hclsyntax.ParseConfig(code.text.Bytes(), "main.tf", hcl.InitialPos); diags.HasErrors() && json.Valid(data) {
			t.Fatalf("the code does not parse: %v\n%s", diags, code.text.Bytes())
		}
		if _, err := JudgePlan(t.Context(), checkSet(t), work.File{Path: "p.json", Data: data}); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkPlan(b *testing.B) {
	set := checkSet(b)
	for name, text := range map[string]string{"500": manyResources(500, false), "2000": manyResources(2000, false), "5000 of one name": manyResources(5000, true)} {
		f := work.File{Path: "p.json", Data: []byte(text)}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := JudgePlan(b.Context(), set, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
