package iac

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
)

// probe is a bucket whose ACL, which a finding quotes, tells what an
// expression came to.
func probe(expr string) string {
	return "variable \"leak\" {}\nresource \"aws_s3_bucket\" \"b\" {\n  acl = try(" + expr + ", \"x\") == \"x\" ? \"private\" : \"public-read\"\n}\n"
}

// TestOutside sees that an evaluation cannot tell anything about what is
// outside of the tree.
func TestOutside(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	outside := write(t, map[string]string{"secret": "s", "m/m.tf": probe(`"leaked"`)})
	t.Setenv("TF_VAR_leak", "leaked")
	dir := write(t, map[string]string{"inside": "i"})
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	up := strings.Repeat("../", 20)
	tests := []struct {
		name, code string
		want       bool // the bucket becomes public
	}{
		{"a file of the tree", probe(`file("main.tf")`), true},
		{"an absolute path", probe(`file("/etc/hostname")`), false},
		{"a path out of the tree", probe(`file("` + up + `etc/passwd")`), false},
		{"a path out of the tree by the module", probe("file(\"${path.module}/" + up + "etc/passwd\")"), false},
		{"a link", probe(`file("link")`), false},
		{"base64", probe(`filebase64("/etc/hostname")`), false},
		{"a hash", probe(`filesha256("/etc/hostname")`), false},
		{"existence", probe(`fileexists("/etc/passwd") ? "leaked" : "x"`), false},
		{"existence in the home directory", probe(`fileexists("~") ? "leaked" : "x"`), false},
		{"a listing", probe(`length(fileset("/etc", "*")) > 0 ? "leaked" : "x"`), false},
		{"a template", probe(`templatefile("/etc/hostname", {})`), false},
		{"the environment", probe(`var.leak == "leaked" ? "leaked" : "x"`), false},
		{"the working directory as abspath has it", probe(`abspath(".")`), false},
		{"the home directory as pathexpand has it", probe(`pathexpand("~")`), false},
		{"the working directory", probe(`path.cwd == "." ? "x" : "leaked"`), false},
		{"a module out of the tree", "module \"m\" {\n  source = \"" + "../" + filepath.Base(outside) + "/m\"\n}\n", false},
		{"a module by its absolute path", "module \"m\" {\n  source = \"" + outside + "/m\"\n}\n", false},
		{"a module in the home directory", "module \"m\" {\n  source = \"" + home + "\"\n}\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(tt.code), 0o644); err != nil {
				t.Fatal(err)
			}
			report := scanDir(t, dir, 1, time.Minute, Options{})
			got := false
			for _, f := range report.Findings {
				got = got || f.RuleID == "AWS-0092"
			}
			if got != tt.want {
				t.Errorf("public bucket: %v, want %v; notes %v", got, tt.want, report.Notes)
			}
		})
	}
}

// TestRemoteModules sees that remote modules are named, without what their
// addresses may hold, and not fetched: the deadline leaves no time for it.
func TestRemoteModules(t *testing.T) {
	token := "tok" + "en1234"
	dir := write(t, map[string]string{"main.tf": `
module "a" {
  source = "terraform-aws-modules/vpc/aws"
}
module "b" {
  source = "git::https://bot:` + token + `@git.example.com/m.git?ref=` + token + `"
}
module "c" {
  source = "./missing"
}
`})
	report := scanDir(t, dir, 1, time.Minute, Options{})
	want := []string{
		"main.tf:2: remote module terraform-aws-modules/vpc/aws is not downloaded; not scanned",
		"main.tf:5: remote module git::https://git.example.com/m.git is not downloaded; not scanned",
		"main.tf:8: module ./missing is not in the tree; not scanned",
	}
	var got []string
	for _, n := range report.Notes {
		if n.Level != finding.Information {
			t.Errorf("%s: level %s", n, n.Level)
		}
		got = append(got, n.String())
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("notes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
