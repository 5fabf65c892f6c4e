package suppress

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// now is the day of all tests.
var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// logging are the names of a check, as an engine has them.
var logging = []string{"AWS-0089", "AVD-AWS-0089", "aws-s3-enable-logging", "enable-logging", "s3-bucket-logging"}

// at is a chain of places in one file, by their first lines from the inside.
func at(lines ...int) (chain []Place) {
	for _, line := range lines {
		chain = append(chain, Place{Path: "f", Start: line, End: line})
	}
	return chain
}

// covers says by which mark, as "source line reason", places are covered.
func covers(t *testing.T, k Kind, src string, s Subject) string {
	t.Helper()
	file, _ := Parse([]byte(src), k, now)
	m, ok := Marks{"f": file}.Covers(s)
	if !ok {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%s %d %s", m.Source, m.Line, m.Reason))
}

const bucket = "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"b\"\n  acl    = \"private\"\n}\n"

// TestPlaces looks at what a mark is about, by where it stands.
func TestPlaces(t *testing.T) {
	tests := []struct {
		name  string
		src   string
		chain []Place
		want  string
	}{
		{"above", "# trivy:ignore:AWS-0089\n" + bucket, at(2), "trivy:ignore 1"},
		{"above, two slashes", "//tfsec:ignore:AWS-0089\n" + bucket, at(2), "tfsec:ignore 1"},
		{"above, in a block", "/* trivy:ignore:AWS-0089 */\n" + bucket, at(2), "trivy:ignore 1"},
		{"end of a longer block", "/* why\n   trivy:ignore:AWS-0089 */\n" + bucket, at(3), "trivy:ignore 2"},
		{"not the end of it", "/* trivy:ignore:AWS-0089\n */\n" + bucket, at(3), ""},
		{"a line between", "# trivy:ignore:AWS-0089\n\n" + bucket, at(3), ""},
		{"on the line", "resource \"a\" \"b\" { # trivy:ignore:AWS-0089 why\n}\n", at(1), "trivy:ignore 1 why"},
		{"behind the line above", "a = 1 # trivy:ignore:AWS-0089\nb = 2\n", at(2), "trivy:ignore 1"},
		{"the place is in what is marked", "# trivy:ignore:AWS-0089\n" + bucket, at(4, 2), "trivy:ignore 1"},
		{"only in what is around", bucket + "# trivy:ignore:AWS-0089\n", at(3, 1), ""},
		{"another file", "# trivy:ignore:AWS-0089\n" + bucket, []Place{{"g", 2, 5}}, ""},
		{"the call in this file", "# trivy:ignore:AWS-0089\n" + bucket, []Place{{"g", 7, 7}, {"f", 2, 5}}, "trivy:ignore 1"},
		{"nowhere", "# trivy:ignore:AWS-0089\n" + bucket, at(0), ""},
		{"stacked", "# trivy:ignore:AWS-0089\n# trivy:ignore:AWS-0001\n# tfsec:ignore:x\n" + bucket, at(4), "trivy:ignore 1"},
		{"stacked with others", "# trivy:ignore:AWS-0089\n# scangate:ignore AWS-0001 x\n# checkov:skip=CKV_AWS_1:x\n" + bucket, at(4), "trivy:ignore 1"},
		{"a remark in the stack", "# trivy:ignore:AWS-0089\n# because\n# trivy:ignore:AWS-0001\n" + bucket, at(4), ""},
		{"behind words, no stack", "# see trivy:ignore:AWS-0089\n# trivy:ignore:AWS-0001\n" + bucket, at(3), ""},
		{"words at the end of a stack", "# trivy:ignore:AWS-0089\n# see trivy:ignore:AWS-0001\n" + bucket, at(3), "trivy:ignore 1"},
		{"several on one line", "# trivy:ignore:AWS-0001 trivy:ignore:AWS-0089\n" + bucket, at(2), "trivy:ignore 1"},
		{"own, above", "# scangate:ignore AWS-0089 why\n" + bucket, at(2), "scangate:ignore 1 why"},
		{"own, stacked", "# scangate:ignore AWS-0089 why\n# scangate:ignore AWS-0001 x\n" + bucket, at(3), "scangate:ignore 1 why"},
		{"own, on the line", "a = 1 # scangate:ignore AWS-0089 why\n", at(1), "scangate:ignore 1 why"},
		{"own, behind the line above", "a = 1 # scangate:ignore AWS-0089 why\nb = 2\n", at(2), ""},
		{"windows", "# trivy:ignore:AWS-0089\r\n# trivy:ignore:x\r\n" + strings.ReplaceAll(bucket, "\n", "\r\n"), at(3), "trivy:ignore 1"},
		{"after a byte order mark", "\xef\xbb\xbf# trivy:ignore:AWS-0089\n" + bucket, at(2), "trivy:ignore 1"},
	}
	for _, tt := range tests {
		if got := covers(t, Terraform, tt.src, Subject{IDs: logging, Chain: tt.chain}); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestNames looks at how marks name checks.
func TestNames(t *testing.T) {
	tests := []struct {
		mark string
		want bool
	}{
		{"trivy:ignore:AWS-0089", true},
		{"trivy:ignore:aws-0089", true},
		{"trivy:ignore:AVD-AWS-0089", true},
		{"trivy:ignore:avd-aws-0089", false},
		{"trivy:ignore:aws-s3-enable-logging", true},
		{"trivy:ignore:enable-logging", true},
		{"trivy:ignore:s3-bucket-logging", true},
		{"trivy:ignore:AWS-008", false},
		{"trivy:ignore:AWS-00890", false},
		{"trivy:ignore:*", true},
		{"trivy:ignore:aws-s3-*", true},
		{"trivy:ignore:*logging", true},
		{"trivy:ignore:aws-*-enable-*", true},
		{"trivy:ignore:aws-ec2-*", false},
		{"trivy:ignore:AWS.0089", false},
		{"trivy:ignore:AWS-0089,AWS-0001", false},
		{"trivy:exp:2027-01-01:ignore:AWS-0089", true},
		{"trivy:ignored:AWS-0089", false},
		{"Trivy:ignore:AWS-0089", false},
		{"trivy:ignore:AWS-0089:exp:2026-11-23", true},
		{"trivy:ignore:AWS-0089:exp:2026-11-22", false},
		{"trivy:ignore:AWS-0089:exp:soon", false},
		{"trivy:ignore:AWS-0089:exp:", false},
		{"scangate:ignore AWS-0089 why", true},
		{"scangate:ignore aws-0089 why", true},
		{"scangate:ignore avd-aws-0089 why", true},
		{"scangate:ignore AWS-0001,AWS-0089 why", true},
		{"scangate:ignore AWS-0001 , AWS-0089 why", true},
		{"scangate:ignore AWS-0089: why", true},
		{"scangate:ignore aws-s3-* why", true},
		{"scangate:ignore AWS-0089 until=2026-11-22 why", true},
		{"scangate:ignore AWS-0089 why until=2026-11-22", true},
		{"scangate:ignore AWS-0089 until=2026-11-21 why", false},
		{"scangate:ignore AWS-0089 until=soon why", false},
		{"scangate:ignore AWS-0089", false},
		{"scangate:ignore AWS-0089 until=2027-01-01", false},
		{"scangate:ignore * why", false},
		{"scangate:ignore", false},
		{"scangate:ignored AWS-0089 why", false},
		{"see scangate:ignore AWS-0089 why", false},
		{"v1 # scangate:ignore AWS-0089 why", true},
	}
	for _, tt := range tests {
		if got := covers(t, Terraform, "# "+tt.mark+"\n"+bucket, Subject{IDs: logging, Chain: at(2)}); (got != "") != tt.want {
			t.Errorf("%s: %q, want %v", tt.mark, got, tt.want)
		}
	}
	if got := covers(t, Terraform, "# trivy:ignore:AWS-0089\n"+bucket, Subject{Chain: at(2)}); got != "" {
		t.Errorf("a check without a name is covered by %s", got)
	}
}

// TestConditions looks at workspaces and attributes.
func TestConditions(t *testing.T) {
	values := map[string]any{"acl": "private", "count.index": 2.0, "rate": 1.5, "on": true, "none": nil}
	tests := []struct {
		mark, workspace string
		kind            Kind
		want            bool
	}{
		{"trivy:ignore:AWS-0089:ws:prod", "prod", Terraform, true},
		{"trivy:ignore:AWS-0089:ws:prod-*", "prod-eu", Terraform, true},
		{"trivy:ignore:AWS-0089:ws:prod", "test", Terraform, false},
		{"trivy:ignore:AWS-0089:ws:default", "", Terraform, true},
		{"trivy:ignore:AWS-0089:ws:prod", "prod", CloudFormation, false},
		{"trivy:ignore:AWS-0089[acl=private]", "", Terraform, true},
		{"trivy:ignore:AWS-0089[acl=private,on=true]", "", Terraform, true},
		{"trivy:ignore:AWS-0089[acl=private,on=false]", "", Terraform, false},
		{"trivy:ignore:AWS-0089[count.index=2]", "", Terraform, true},
		{"trivy:ignore:AWS-0089[rate=1]", "", Terraform, true},
		{"trivy:ignore:AWS-0089[rate=1.500000]", "", Terraform, true},
		{"trivy:ignore:AWS-0089[rate=2]", "", Terraform, false},
		{"trivy:ignore:AWS-0089[none=]", "", Terraform, false},
		{"trivy:ignore:AWS-0089[acl=private", "", Terraform, false},
		{"trivy:ignore:AWS-0089[acl]", "", Terraform, false},
		{"trivy:ignore:AWS-0089[acl=a b]", "", Terraform, false},
		{"trivy:ignore:AWS-0089[acl=private]:ws:prod", "prod", Terraform, true},
		{"trivy:ignore:AWS-0089[acl=private]", "", CloudFormation, false},
	}
	for _, tt := range tests {
		s := Subject{IDs: logging, Chain: at(2), Workspace: tt.workspace}
		s.Attribute = func(i int, path string) any { return values[path] }
		if got := covers(t, tt.kind, "# "+tt.mark+"\na:\n", s); (got != "") != tt.want {
			t.Errorf("%s in %q: %q, want %v", tt.mark, tt.workspace, got, tt.want)
		}
	}
	if got := covers(t, Terraform, "# trivy:ignore:AWS-0089[acl=x]\n"+bucket, Subject{IDs: logging, Chain: at(2)}); got != "" {
		t.Errorf("without values, covered by %s", got)
	}
}

// TestProblems looks at what is said about marks that suppress nothing.
func TestProblems(t *testing.T) {
	tests := []struct {
		kind Kind
		src  string
		want []string
	}{
		{Terraform, "# trivy:ignore:AWS-0089:exp:2025-01-31\n", []string{"1: trivy:ignore of AWS-0089 expired on 2025-01-31"}},
		{Terraform, "\n# tfsec:ignore:x:exp:31.1.2025\n", []string{"2: tfsec:ignore of x has an expiry that is not a date: write exp:2027-01-31"}},
		{Terraform, "# trivy:ignore\n", []string{"1: trivy:ignore names no check"}},
		{Terraform, "# trivy:ignore:" + strings.Repeat("x", 200) + "\n", []string{"1: trivy:ignore names a check that cannot be: its name is too long"}},
		{Terraform, "# trivy:ignore:a[b\n", []string{"1: trivy:ignore has parameters that are not understood: [name=value,…] without spaces is"}},
		{YAML, "# trivy:ignore:a:ws:b\n", []string{"1: trivy:ignore of a has a condition that only Terraform can meet"}},
		{Terraform, "# trivy:ignore:\x1b[31m:exp:2025-01-31\n", []string{"1: trivy:ignore has parameters that are not understood: [name=value,…] without spaces is"}},
		{Terraform, "# trivy:ignore:<a>:exp:2025-01-31\n", []string{"1: trivy:ignore of a check expired on 2025-01-31"}},
		{YAML, "# scangate:ignore AWS-0089\n", []string{"1: scangate:ignore of AWS-0089 gives no reason: write it behind the check"}},
		{YAML, "# scangate:ignore AWS-0089 until=2025-01-31 x\n", []string{"1: scangate:ignore of AWS-0089 expired on 2025-01-31"}},
		{YAML, "# scangate:ignore AWS-0089 until=x y\n", []string{"1: scangate:ignore has an end that is not a date: write until=2027-01-31"}},
		{YAML, "# scangate:ignore:AWS-0089 y\n", []string{"1: scangate:ignore is not understood: write scangate:ignore ID reason"}},
		{YAML, "# scangate:ignore\n", []string{"1: scangate:ignore names no check: write scangate:ignore ID reason"}},
		{YAML, "# scangate:ignore ** y\n", []string{"1: scangate:ignore needs the names of checks: a pattern that all of them match is not honoured"}},
		{YAML, "# scangate:ignore " + strings.Repeat("a,", 64) + "a y\n", []string{"1: scangate:ignore names more checks than a mark can"}},
		{Dockerfile, "# checkov:skip=:x\n", []string{"1: checkov:skip names no check"}},
		{Dockerfile, "# checkov:skip=CKV_DOCKER_2,CKV_NO_1:x\n", []string{"1: checkov:skip of CKV_NO_1 has no counterpart here?"}},
		{Terraform, "# checkov:skip=CKV_AWS_18:x\n" + bucket, []string{"1: checkov:skip is not inside of anything that it could be about"}},
		{Terraform, "a \"b\" {\n  # checkov:skip=CKV_AWS_24:x\n}\n", []string{"2: checkov:skip of CKV_AWS_24 suppresses AWS-0107 only together with CKV_AWS_25?"}},
		{Kubernetes, "# checkov:skip=CKV_K8S_20:x\n", []string{"1: checkov:skip is an annotation in manifests, and not a comment: write checkov.io/skip1: ID=reason"}},
		{Kubernetes, "metadata:\n  annotations:\n    checkov.io/skip1: =x\n", []string{"3: checkov.io/skip names no check: write checkov.io/skip1: ID=reason"}},
		{Terraform, "# trivy:ignore:a\n# scangate:ignore a b\n", nil},
		{JSON, "# trivy:ignore\n", nil},
	}
	for _, tt := range tests {
		_, problems := Parse([]byte(tt.src), tt.kind, now)
		var got []string
		for _, p := range problems {
			s := fmt.Sprintf("%d: %s", p.Line, p.Message)
			if p.Unknown {
				s += "?"
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q:\n%s", tt.src, diff)
		}
	}
}

// TestMark looks at the whole of a mark.
func TestMark(t *testing.T) {
	src := "# scangate:ignore AWS-0089 until=2027-01-31 known,\tsee #12 \x1b[31m\n" +
		"# trivy:ignore:AWS-0001:exp:2027-01-31 -- why not tfsec:ignore:y: because\na:\n"
	file, problems := Parse([]byte(src), YAML, now)
	if len(problems) > 0 || file.Empty() {
		t.Fatalf("empty: %v, problems: %v", file.Empty(), problems)
	}
	for id, want := range map[string]Mark{
		"AWS-0089": {Scangate, 1, "known, see #12 [31m", time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)},
		"AWS-0001": {Trivy, 2, "why not", time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)},
		"y":        {Tfsec, 2, "because", time.Time{}},
	} {
		got, ok := Marks{"f": file}.Covers(Subject{IDs: []string{id}, Chain: at(3)})
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: %v\n%s", id, ok, diff)
		}
	}
}
