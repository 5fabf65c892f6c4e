package terraform

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/work"
)

// checks are compiled once for all tests.
var checks = sync.OnceValues(func() (*check.Set, error) { return check.NewSet(time.Unix(0, 0)) })

func checkSet(t testing.TB) *check.Set {
	t.Helper()
	set, err := checks()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// judge loads and judges files, and returns what it came to and all notes.
func judge(t testing.TB, files map[string]string, o Options) ([]work.Result, []string) {
	t.Helper()
	code := Load(filesOf(files), o)
	notes := code.Notes
	var results []work.Result
	for _, task := range code.Tasks(checkSet(t)) {
		out, err := task.Do(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", task.Name, err)
		}
		results, notes = append(results, out.Results...), append(notes, out.Notes...)
	}
	return results, noteLines(notes)
}

func noteLines(notes []finding.Note) []string {
	var out []string
	for _, n := range work.SortNotes(notes) {
		out = append(out, fmt.Sprintf("%s %s:%d: %s", n.Level, n.Path, n.Line, n.Message))
	}
	return out
}

// found are the results of one check: where, what about, and the places that
// are related.
func found(results []work.Result, id string) []string {
	var out []string
	for _, r := range results {
		if r.Check.ID != id {
			continue
		}
		line := fmt.Sprintf("%s:%d %s", r.Location.Path, r.Location.StartLine, r.Resource)
		for _, l := range r.Related {
			line += fmt.Sprintf(" <%s:%d %s", l.Path, l.StartLine, strings.TrimPrefix(l.Message, "the "))
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// public is the check that a bucket's ACL is not public.
const public = "AWS-0092"

const bucket = "variable \"acl\" {\n  default = \"private\"\n}\nresource \"aws_s3_bucket\" \"b\" {\n  acl = var.acl\n}\n"

func TestEnvironment(t *testing.T) {
	t.Setenv("TF_VAR_acl", "public-read")
	t.Setenv("TF_WORKSPACE", "prod")
	code := bucket + "resource \"aws_s3_bucket\" \"w\" {\n  acl = terraform.workspace == \"prod\" ? \"public-read\" : \"private\"\n}\n"
	for workspace, want := range map[string][]string{"": nil, "default": nil, "prod": {"main.tf:8 aws_s3_bucket.w"}} {
		results, _ := judge(t, map[string]string{"main.tf": code}, Options{Workspace: workspace})
		if d := cmp.Diff(want, found(results, public)); d != "" {
			t.Errorf("workspace %q (-want +got):\n%s", workspace, d)
		}
	}
}

func TestFiles(t *testing.T) {
	for name, want := range map[string]bool{
		"main.tf": true, "MAIN.TF": true, "main.tf.json": true, "main.tofu": true, "main.tofu.json": true,
		"terraform.tfvars": true, "terraform.tfvars.json": true, "a.auto.tfvars": true, "a.auto.tfvars.json": true,
		"prod.tfvars": false, "tf.json": false, "main.tfstate": false, "tofu": false, "a.json": false,
	} {
		if got := IsFile(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	open := func(name string) string {
		return "resource \"aws_s3_bucket\" \"" + name + "\" {\n  acl = \"public-read\"\n}\n"
	}
	results, notes := judge(t, map[string]string{
		"a.tf": open("terraform"), "a.tofu": open("tofu"), "b.tofu": open("alone"),
		"c.tf.json": `{"resource":{"aws_s3_bucket":{"no":{"acl":"public-read"}}}}`, "c.tofu.json": `{"resource":{"aws_s3_bucket":{"json":{"acl":"public-read"}}}}`,
		"only/a.tofu": open("only"),
	}, Options{})
	want := []string{"a.tofu:2 aws_s3_bucket.tofu", "b.tofu:2 aws_s3_bucket.alone", "c.tofu.json:1 aws_s3_bucket.json", "only/a.tofu:2 aws_s3_bucket.only"}
	if d := cmp.Diff(want, found(results, public)); d != "" {
		t.Errorf("public buckets (-want +got):\n%s", d)
	}
	wantNotes := []string{"info a.tf:0: not scanned: OpenTofu reads a.tofu in its place", "info c.tf.json:0: not scanned: OpenTofu reads c.tofu.json in its place"}
	if d := cmp.Diff(wantNotes, notes); d != "" {
		t.Errorf("notes (-want +got):\n%s", d)
	}
}

func TestOverride(t *testing.T) {
	const json = "info o_override.tf.json:0: is not put together with what it overrides, because one of the two is in JSON or there is too much of it: each is looked at for itself"
	tests := []struct {
		name  string
		files map[string]string
		want  []string
		notes []string
	}{
		{"an argument", map[string]string{"main.tf": bucket, "override.tf": "resource \"aws_s3_bucket\" \"b\" {\n\n  acl = \"public-read\"\n}\n"}, []string{"override.tf:3 aws_s3_bucket.b"}, nil},
		{"made harmless", map[string]string{"main.tf": bucket, "terraform.tfvars": "acl = \"public-read\"", "x_override.tf": "resource \"aws_s3_bucket\" \"b\" {\n  acl = \"private\"\n}\n"}, nil, nil},
		{"the last one wins", map[string]string{"main.tf": bucket, "a_override.tf": "resource \"aws_s3_bucket\" \"b\" {\n  acl = \"public-read\"\n}\n", "b_override.tf": "resource \"aws_s3_bucket\" \"b\" {\n  acl = \"private\"\n}\n"}, nil, nil},
		{"a default", map[string]string{"main.tf": bucket, "override.tofu": "variable \"acl\" {\n  default = \"public-read\"\n}\n"}, []string{"main.tf:5 aws_s3_bucket.b"}, nil},
		{"a local", map[string]string{"main.tf": "locals {\n  x = 1\n  a = \"private\"\n}\nresource \"aws_s3_bucket\" \"b\" {\n  acl = local.a\n}\n", "override.tf": "locals {\n  a = \"public-read\"\n}\n"}, []string{"main.tf:6 aws_s3_bucket.b"}, nil},
		{"of nothing", map[string]string{"main.tf": "", "override.tf": "resource \"aws_s3_bucket\" \"n\" {\n  acl = \"public-read\"\n}\n"}, []string{"override.tf:2 aws_s3_bucket.n"}, nil},
		{"in JSON", map[string]string{"main.tf": bucket, "o_override.tf.json": `{"resource":{"aws_s3_bucket":{"b":{"acl":"public-read"}}}}`}, []string{"o_override.tf.json:1 aws_s3_bucket.b"}, []string{json}},
		{"in a module, for each call", map[string]string{
			"main.tf":       "module \"a\" {\n  source = \"./m\"\n}\nmodule \"b\" {\n  source = \"./m\"\n}\n",
			"override.tf":   "module \"b\" {\n  source = \"./n\"\n}\n",
			"n/n.tf":        "",
			"n/o.tf":        "locals {}\n",
			"m/m.tf":        bucket,
			"m/override.tf": "resource \"aws_s3_bucket\" \"b\" {\n  acl = \"public-read\"\n}\n",
		}, []string{"m/override.tf:2 module.a.aws_s3_bucket.b <main.tf:1 module is called here"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			results, notes := judge(t, tt.files, Options{})
			if d := cmp.Diff(tt.want, found(results, public)); d != "" {
				t.Errorf("public buckets (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.notes, notes); d != "" {
				t.Errorf("notes (-want +got):\n%s", d)
			}
		})
	}
	// Blocks inside take the place of all others of their type.
	results, _ := judge(t, map[string]string{
		"main.tf":     "resource \"aws_security_group\" \"g\" {\n  description = \"d\"\n  dynamic \"ingress\" {\n    for_each = [1]\n    content {\n      cidr_blocks = [\"0.0.0.0/0\"]\n    }\n  }\n  egress {\n    cidr_blocks = [\"0.0.0.0/0\"]\n  }\n}\n",
		"override.tf": "resource \"aws_security_group\" \"g\" {\n  ingress {\n    from_port = 22\n    to_port = 22\n    protocol = \"tcp\"\n    cidr_blocks = [\"0.0.0.0/0\"]\n  }\n}\n",
	}, Options{})
	if d := cmp.Diff([]string{"override.tf:6 aws_security_group.g"}, found(results, "AWS-0107")); d != "" {
		t.Errorf("open ports (-want +got):\n%s", d)
	}
}

func TestPassed(t *testing.T) {
	results, _ := judge(t, map[string]string{
		"main.tf": `
module "outer" {
  source = "./outer"
  for_each = {
    a = "public-read"
    b = "private"
  }
  access = each.value
}
module "two" {
  source = "./outer"
  count  = 2

  access = "public-read"
}
module "none" {
  source = "./inner"
}
`,
		"outer/main.tf": "variable \"access\" {}\nlocals {\n  x = { acl = var.access }\n}\nmodule \"inner\" {\n  source = \"../inner\"\n\n  acl = local.x.acl\n}\n",
		"inner/main.tf": strings.Replace(bucket, "private", "public-read", 1),
	}, Options{})
	want := []string{
		"inner/main.tf:5 module.none.aws_s3_bucket.b <main.tf:16 module is called here",
		`inner/main.tf:5 module.outer["a"].module.inner.aws_s3_bucket.b <outer/main.tf:8 value is passed here <outer/main.tf:5 module is called here <main.tf:8 value is passed here <main.tf:2 module is called here`,
		"inner/main.tf:5 module.two[0].module.inner.aws_s3_bucket.b <outer/main.tf:8 value is passed here <outer/main.tf:5 module is called here <main.tf:14 value is passed here <main.tf:10 module is called here",
		"inner/main.tf:5 module.two[1].module.inner.aws_s3_bucket.b <outer/main.tf:8 value is passed here <outer/main.tf:5 module is called here <main.tf:14 value is passed here <main.tf:10 module is called here",
	}
	if d := cmp.Diff(want, found(results, public)); d != "" {
		t.Errorf("public buckets (-want +got):\n%s", d)
	}
}

func TestPassedIntoDynamic(t *testing.T) {
	results, _ := judge(t, map[string]string{
		"main.tf": "module \"m\" {\n  source = \"./m\"\n  rules = [{\n    cidr = \"0.0.0.0/0\"\n  }]\n}\n",
		"m/m.tf": `variable "rules" {}
resource "aws_security_group" "g" {
  dynamic "ingress" {
    for_each = var.rules
    content {
      from_port   = 22
      to_port     = 22
      protocol    = "tcp"
      cidr_blocks = [ingress.value.cidr]
    }
  }
}
`}, Options{})
	want := []string{"m/m.tf:9 module.m.aws_security_group.g <main.tf:3 value is passed here <main.tf:1 module is called here"}
	if d := cmp.Diff(want, found(results, "AWS-0107")); d != "" {
		t.Errorf("open ports (-want +got):\n%s", d)
	}
}

// TestMarks sees that marks which ask for the workspace or for values get them.
func TestMarks(t *testing.T) {
	for mark, want := range map[string]bool{
		"":                                   false,
		"trivy:ignore:" + public:             true,
		"tfsec:ignore:" + public:             true,
		"scangate:ignore " + public + " why": true,
		"trivy:ignore:" + public + "[acl=public-read]":          true,
		"trivy:ignore:" + public + "[acl=private]":              false,
		"trivy:ignore:" + public + "[n=3]":                      true,
		"trivy:ignore:" + public + "[b=true]":                   true,
		"trivy:ignore:" + public + "[b=false]":                  false,
		"trivy:ignore:" + public + "[versioning.enabled=false]": true,
		"trivy:ignore:" + public + "[none=x]":                   false,
		"trivy:ignore:" + public + "[unknown=x]":                false,
		"trivy:ignore:" + public + ":ws:prod":                   true,
		"trivy:ignore:" + public + ":ws:test":                   false,
		"trivy:ignore:" + public + ":exp:2000-01-01":            false,
	} {
		results, notes := judge(t, map[string]string{"main.tf": `variable "v" {}
# ` + mark + `
resource "aws_s3_bucket" "b" {
  acl     = "public-read"
  n       = 3
  b       = true
  unknown = var.v
  versioning {
    enabled = false
  }
}
`}, Options{Workspace: "prod", Now: time.Now()})
		for _, r := range results {
			if got := len(r.Suppressions) == 1; got != (want && r.Check.ID == public) {
				t.Errorf("%q: %s: suppressions %v", mark, r.Check.ID, r.Suppressions)
			}
		}
		if expired := strings.Contains(mark, "2000"); expired != (len(notes) == 1) {
			t.Errorf("%q: notes %v", mark, notes)
		}
	}
}
