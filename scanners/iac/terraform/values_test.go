package terraform

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/scanners/iac/work"
)

func TestValues(t *testing.T) {
	yes := []string{"main.tf:5 aws_s3_bucket.b"}
	const read, private = `acl = "public-read"`, `acl = "private"`
	explicit := func(texts ...string) Options {
		var o Options
		for i, text := range texts {
			o.TFVars = append(o.TFVars, work.File{Path: fmt.Sprintf("env/%d.tfvars", i), Data: []byte(text)})
		}
		return o
	}
	tests := []struct {
		name    string
		files   map[string]string
		options Options
		want    []string
		notes   []string
	}{
		{"none", nil, Options{}, nil, nil},
		{"terraform.tfvars", map[string]string{"terraform.tfvars": read}, Options{}, yes, nil},
		{"terraform.tfvars.json", map[string]string{"terraform.tfvars.json": `{"acl": "public-read"}`}, Options{}, yes, nil},
		{"JSON after HCL", map[string]string{"terraform.tfvars": private, "terraform.tfvars.json": `{"acl": "public-read"}`}, Options{}, yes, nil},
		{"auto after both", map[string]string{"terraform.tfvars.json": `{"acl": "public-read"}`, "a.auto.tfvars": private}, Options{}, nil, nil},
		{"auto in the order of names", map[string]string{"a.auto.tfvars": read, "b.auto.tfvars.json": `{"acl": "private"}`}, Options{}, nil, nil},
		{"others are not loaded", map[string]string{"prod.tfvars": read}, Options{}, nil, nil},
		{"another directory", map[string]string{"sub/terraform.tfvars": read}, Options{}, nil, nil},
		{"explicit", nil, explicit(read), yes, nil},
		{"explicit, in their order", nil, explicit(read, private), nil, nil},
		{"explicit after auto", map[string]string{"a.auto.tfvars": private}, explicit(read), yes, nil},
		{"of another variable", nil, explicit(`other = "x"`), nil, nil},
		{"templates in JSON are text", map[string]string{"terraform.tfvars.json": `{"acl": "${\"public-read\"}"}`}, Options{}, nil, nil},
		{"broken", map[string]string{"terraform.tfvars": "a = 1\nacl = \n"}, Options{}, nil,
			[]string{"gap terraform.tfvars:2: cannot be parsed: invalid expression"}},
		{"not a constant", map[string]string{"terraform.tfvars": "x = 1\nacl = var.x\n"}, Options{}, nil,
			[]string{"gap terraform.tfvars:2: is not a constant: the value is not used"}},
		{"a function", map[string]string{"terraform.tfvars": "acl = lower(\"X\")\n"}, Options{}, nil,
			[]string{"gap terraform.tfvars:1: is not a constant: the value is not used"}},
		{"a block", map[string]string{"terraform.tfvars": "acl = \"public-read\"\nx {\n}\n"}, Options{}, yes,
			[]string{"gap terraform.tfvars:2: cannot be parsed: unexpected \"x\" block"}},
		{"deep", map[string]string{"terraform.tfvars": "acl = " + strings.Repeat("[", 9999) + strings.Repeat("]", 9999)}, Options{}, nil,
			[]string{"gap terraform.tfvars:1: is nested too deep to be parsed: its values are not used"}},
		{"loops", map[string]string{"terraform.tfvars": "acl = [for a in " + tuple(2000) + " : [for b in " + tuple(2000) + " : [for c in " + tuple(2000) + " : 1]]]"}, Options{}, nil,
			[]string{"gap terraform.tfvars:1: loops inside one another could turn more than a million times: the value is not used"}},
		{"many copies", map[string]string{
			"main.tf":          "variable \"n\" {}\nresource \"aws_s3_bucket\" \"b\" {\n  for_each = var.n\n}\n",
			"terraform.tfvars": "n = " + tuple(2000),
		}, Options{}, nil, []string{"gap main.tf:3: for_each could make more than 1000 copies: what uses this module is not scanned"}},
		{"doubling", map[string]string{
			"main.tf":          "variable \"n\" {}\nlocals {\n  a = [for x in var.n : var.n]\n  b = [for x in var.n : local.a]\n}\n",
			"terraform.tfvars": "n = " + tuple(2000),
		}, Options{}, nil, []string{"gap main.tf:3: an expression could come to more than 16 million values and bytes: what uses this module is not scanned"}},
		{"a module is given its own", map[string]string{
			"main.tf": "module \"m\" {\n  source = \"./m\"\n}\n", "m/m.tf": bucket, "m/terraform.tfvars": read,
		}, explicit(read), nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{"main.tf": bucket}
			for name, text := range tt.files {
				files[name] = text
			}
			results, notes := judge(t, files, tt.options)
			if d := cmp.Diff(tt.want, found(results, public)); d != "" {
				t.Errorf("public buckets (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.notes, notes); d != "" {
				t.Errorf("notes (-want +got):\n%s", d)
			}
		})
	}
}

func tuple(n int) string { return "[" + strings.Repeat("1, ", n) + "]" }
