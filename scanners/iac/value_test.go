package iac

import (
	"strings"
	"testing"
	"time"
)

// TestValueAt looks at what may be shown of a line, and what may not.
func TestValueAt(t *testing.T) {
	secret := strings.Repeat("a1", 12)
	for line, want := range map[string]string{
		`  acl = "public-read"`:                     "acl = public-read",
		`  encrypted = false # later`:               "encrypted = false",
		`  cidr_blocks = ["0.0.0.0/0"]`:             "cidr_blocks = 0.0.0.0/0",
		`      AccessControl: PublicRead`:           "AccessControl = PublicRead",
		`  "minimumTlsVersion": "TLS1_0",` + "\r\n": "minimumTlsVersion = TLS1_0",
		`  - hostPID: true`:                         "hostPID = true",
		`  retention = 7`:                           "retention = 7",
		`  password = "abc"`:                        "",
		`  masterUserPassword: abc`:                 "",
		`  api_key = "abc"`:                         "",
		`  connection_string = "abc"`:               "",
		`  x = "` + secret + `"`:                    "",
		`  acl = var.acl == "x" ? "a" : "b"`:        "",
		`  name = "a b"`:                            "",
		`  x = "a`:                                  "",
		`resource "aws_s3_bucket" "b" {`:            "",
		`  value = "${var.x}"`:                      "",
		"":                                          "",
	} {
		if got := valueAt([]byte(line)); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// TestFoundValue sees the value in the message, and no value of what was
// rendered.
func TestFoundValue(t *testing.T) {
	report := scanDir(t, write(t, map[string]string{
		"a.tf":               "resource \"aws_s3_bucket\" \"b\" {\n  acl = \"public-read\"\n}\n",
		"p.yaml":             pod + "spec:\n  hostPID: true\n",
		"c/Chart.yaml":       "apiVersion: v2\nname: c\nversion: 1.0.0\n",
		"c/templates/p.yaml": pod + "spec:\n  hostPID: true\n",
	}), 2, time.Minute, Options{})
	want := map[string]string{"AWS-0092 a.tf": "acl = public-read", "KSV-0010 p.yaml": "hostPID = true", "KSV-0010 c/templates/p.yaml": ""}
	for _, f := range report.Findings {
		value, ok := want[f.RuleID+" "+f.Location.Path]
		if !ok {
			continue
		}
		delete(want, f.RuleID+" "+f.Location.Path)
		if _, got, _ := strings.Cut(f.Message, " Found: "); got != value {
			t.Errorf("%s at %s: %q, want the value %q", f.RuleID, f.Location.Path, f.Message, value)
		}
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}
