package suppress

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestHostile parses files built to exhaust the parser, and asks for places in
// them: every one must be done soon, and leave no more than its bounds allow.
func TestHostile(t *testing.T) {
	const size = 1 << 16
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	all := []Kind{Terraform, CloudFormation, Kubernetes, Workflow, YAML, Dockerfile}
	tests := []struct {
		name  string
		src   string
		kinds []Kind
	}{
		{"marks in a line", "# " + fill("trivy:ignore:a "), all},
		{"marks in a stack", fill("# trivy:ignore:a\n"), all},
		{"own marks", fill("# scangate:ignore a,b x\n"), all},
		{"bad marks", fill("# scangate:ignore a\n"), all},
		{"a long mark", "# trivy:ignore:" + fill("a*"), all},
		{"a long own mark", "# scangate:ignore " + fill("a, "), all},
		{"many slashes", fill("// scangate:ignore//"), all},
		{"skips", fill("# checkov:skip=CKV_AWS_18:x\n"), all},
		{"skips in a block", "a {\n" + fill("# checkov:skip=CKV_AWS_18,CKV_AWS_24,CKV_X:x\n") + "}\n", all},
		{"skips in many blocks", fill("a {\n# checkov:skip=CKV_AWS_24:x\n}\n"), []Kind{Terraform}},
		{"a long list", "# checkov:skip=" + fill("CKV_X,"), all},
		{"dashes", fill("- ") + "# trivy:ignore:a", all},
		{"keys", fill("? ") + "# trivy:ignore:a", all},
		{"tags and dashes", fill("!a - ") + "# trivy:ignore:a", all},
		{"colons", fill(": ") + "# trivy:ignore:a", all},
		{"brackets", fill("[") + " # trivy:ignore:a", all},
		{"brackets and skips", fill("[") + " # checkov:skip=CKV_AWS_18 checkov.io/skip", all},
		{"quotes", fill("\"") + " # trivy:ignore:a", all},
		{"braces", fill("{") + " # trivy:ignore:a", all},
		{"templates", "a = \"" + fill("${\"") + "\n# trivy:ignore:a", []Kind{Terraform}},
		{"documents", fill("RUN <<A <<B\n") + "# trivy:ignore:a", []Kind{Dockerfile}},
		{"documents on a line", "RUN " + fill("<<A ") + "\n# trivy:ignore:a", []Kind{Dockerfile}},
		{"long parameters", "# trivy:ignore:a[" + fill("b=c,") + "]", all},
		{"annotations", "metadata:\n  annotations:\n" + fill("    checkov.io/skip1: CKV_K8S_20=x\n"), []Kind{Kubernetes}},
		{"objects", fill("metadata: {annotations: {checkov.io/skip1: CKV_K8S_20}}\n---\n"), []Kind{Kubernetes}},
		{"objects on a line", "{kind: List, items: [" + fill("{metadata: {annotations: {checkov.io/skip1: CKV_K8S_20}}},") + "]}", []Kind{Kubernetes}},
		{"resources", "Resources:\n" + strings.ReplaceAll(fill("  N: {Metadata: {checkov: {skip: [{id: CKV_AWS_18}]}}}\n"), "N", "A"), []Kind{CloudFormation}},
		{"aliases", "a: &a [x]\n" + fill("b: [*a, *a]\n") + "# checkov:skip=CKV_AWS_18\n", []Kind{CloudFormation}},
		{"an alias of itself", "&a\nkind: List\nitems: [*a, *a]\nmetadata: *a # checkov.io/skip\n", []Kind{Kubernetes}},
	}
	for _, tt := range tests {
		for _, k := range tt.kinds {
			start := time.Now()
			file, problems := Parse([]byte(tt.src), k, now)
			parsed := time.Since(start)
			m := Marks{"f": file}
			s := Subject{IDs: []string{"AWS-9999", "a-name-of-a-check", "another"}}
			for line := range 1000 {
				s.Chain = at(line, line+1)
				m.Covers(s)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("%s, %d: %v, of which %v to parse", tt.name, k, took, parsed)
			}
			if len(problems) > maxProblems || len(file.marks) > maxMarks {
				t.Errorf("%s, %d: %d problems and %d marks", tt.name, k, len(problems), len(file.marks))
			}
		}
	}
}

// TestBounds looks at what is said when there are too many marks.
func TestBounds(t *testing.T) {
	for name, tt := range map[string]struct{ src, want string }{
		"marks":     {strings.Repeat("# trivy:ignore:a\n\n", maxMarks+1), "more than 10000 marks in one file"},
		"a place":   {strings.Repeat("# trivy:ignore:a\n", maxAtPlace+1), "more than 256 marks at one place"},
		"an extent": {strings.Repeat("# checkov:skip=CKV_DOCKER_2\n", maxAtPlace+1), "more than 256 marks at one place"},
	} {
		_, problems := Parse([]byte(tt.src), Dockerfile, now)
		if len(problems) == 0 || !strings.Contains(problems[0].Message, tt.want) {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// FuzzParse looks for panics.
func FuzzParse(f *testing.F) {
	f.Add([]byte("a: |\n # trivy:ignore:a[b=c]:exp:2020-01-01\n# scangate:ignore a,b until=x y\n"))
	f.Add([]byte("RUN <<A\n# checkov:skip=CKV_AWS_18,a:b\nResources: {A: {Metadata: {checkov: {skip: [{id: 1}]}}}}"))
	f.Add([]byte("kind: List\nitems: [{metadata: {annotations: {checkov.io/skip1: a=b}}}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for k := Terraform; k <= JSON; k++ {
			file, _ := Parse(data, k, now)
			Marks{"f": file}.Covers(Subject{IDs: []string{"a", "b"}, Chain: at(1, 2, 3)})
		}
	})
}

// BenchmarkUnmarked measures a file without marks.
func BenchmarkUnmarked(b *testing.B) {
	data := bytes.Repeat([]byte("resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"a-name\" # a comment: of no use\n}\n"), 1000)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		Parse(data, Terraform, now)
	}
}

// BenchmarkMarked measures one with a mark in every block.
func BenchmarkMarked(b *testing.B) {
	for name, k := range map[string]Kind{"terraform": Terraform, "yaml": YAML, "dockerfile": Dockerfile} {
		b.Run(name, func(b *testing.B) {
			data := bytes.Repeat([]byte("# trivy:ignore:AWS-0089\nresource:\n  bucket: \"a-name\" # a comment: of no use\n\n"), 1000)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				Parse(data, k, now)
			}
		})
	}
}
