package terraform

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/scanners/iac/work"
)

func TestHostile(t *testing.T) {
	acl := func(expr string) map[string]string {
		return map[string]string{"main.tf": "resource \"aws_s3_bucket\" \"b\" {\n  acl = " + expr + "\n}\n"}
	}
	const number = "has a number of thousands of digits: not scanned"
	manyOverrides := strings.Repeat("resource \"aws_s3_bucket\" \"b\" {\n  acl = \"private\"\n}\n", 1_200)
	tests := []struct {
		name    string
		files   map[string]string
		options Options
		notes   []string
	}{
		{"a number", acl(`"x${1e600000000}"`), Options{}, []string{"gap main.tf:2: " + number}},
		{"a small number", acl(`"x${1E-600000000}"`), Options{}, []string{"gap main.tf:2: " + number}},
		{"a long number", acl("1" + strings.Repeat("0", 100_000)), Options{}, []string{"gap main.tf:2: " + number}},
		{"a product", acl(`"x${"1e300000000" * "1e300000000"}"`), Options{}, nil},
		{"a sum", acl(`"x${"1e600000000" + 0}${-"1e600000000"}"`), Options{}, nil},
		{"a number in JSON", map[string]string{"a.tf.json": "{\"locals\":{\n\"a\":1e600000000}}"}, Options{}, []string{"gap a.tf.json:2: " + number}},
		{"a number in an expression in JSON", map[string]string{"a.tf.json": `{"locals":{"a":"x${1e600000000}"}}`}, Options{}, []string{"gap a.tf.json:1: " + number}},
		{"a hash in JSON", map[string]string{"a.tf.json": `{"locals":{"a":"12e4567890","b":"${lookup({}, \"a12e4567890\")}"}}`}, Options{}, nil},
		{"a number as a value", map[string]string{"main.tf": bucket, "terraform.tfvars": "acl = 1e600000000"}, Options{},
			[]string{"gap terraform.tfvars:1: has a number of thousands of digits: its values are not used"}},
		{"values that are large", map[string]string{"main.tf": bucket, "terraform.tfvars": strings.Repeat("#", maxTerraformSize+1)}, Options{},
			[]string{"gap terraform.tfvars:0: is over 1 MiB: its values are not used; split it"}},
		{"values that are deep", map[string]string{"main.tf": bucket, "terraform.tfvars.json": strings.Repeat(`{"a":`, 100_000)}, Options{},
			[]string{"gap terraform.tfvars.json:1: is nested too deep to be parsed: its values are not used"}},
		{"many values", map[string]string{"main.tf": bucket}, Options{TFVars: many(1_000)}, nil},
		{"many overrides", map[string]string{"main.tf": bucket, "override.tf": manyOverrides}, Options{},
			[]string{"info override.tf:0: is not put together with what it overrides, because one of the two is in JSON or there is too much of it: each is looked at for itself"}},
		{"many blocks inside", map[string]string{"main.tf": "resource \"aws_security_group\" \"g\" {\n" + strings.Repeat("ingress {}\n", 90_000) + "}\n"}, Options{},
			[]string{"gap main.tf:0: " + multiply}},
		{"an override of its own", map[string]string{"override.tf": bucket}, Options{}, nil},
		{"an override that makes a circle", map[string]string{
			"main.tf": "module \"m\" {\n  source = \"./m\"\n}\n", "m/m.tf": "locals {}\nmodule \"m\" {\n  source = \"./n\"\n}\n", "m/override.tf": "module \"m\" {\n  source = \"../\"\n}\n",
		}, Options{}, []string{"gap m/m.tf:2: module ../ calls itself in the end; not scanned"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			_, notes := judge(t, tt.files, tt.options)
			if d := cmp.Diff(tt.notes, notes); d != "" {
				t.Errorf("notes (-want +got):\n%s", d)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func many(n int) []work.File {
	var out []work.File
	for i := range n {
		out = append(out, work.File{Path: fmt.Sprintf("%d.tfvars", i), Data: []byte("acl = \"private\"\n")})
	}
	return out
}
