//go:build unix

package plugin

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// block returns the first fenced block of a language in the documentation.
func block(t *testing.T, language string) string {
	t.Helper()
	b, err := os.ReadFile("../../../docs/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(b), "\n```"+language+"\n")
	body, _, closed := strings.Cut(rest, "```\n")
	if !ok || !closed {
		t.Fatalf("the documentation has no %s", language)
	}
	return body
}

// The plug-in and the declaration of the documentation work as they stand, but
// for the digest.
func TestDocumentation(t *testing.T) {
	content := []byte(block(t, "sh"))
	declared, ok := strings.CutPrefix(block(t, "yaml"), "plugins:\n")
	if !ok {
		t.Fatal("the declaration does not begin with plugins")
	}
	declared = strings.ReplaceAll(declared, "\n  ", "\n")[2:]
	declared = strings.Replace(declared, strings.Repeat("0", 64), digest(content), 1)
	dir := repository(t, map[string][]byte{
		"tools/plain-http": content,
		"README.md":        []byte("See\nhttp://example.com\nand https://example.com\n"),
		"a/100% \"it\".md": []byte("http://a\nx\nhttp://b\n"),
		"a:b.yaml":         []byte("url: http://c\n"),
		"clean.yaml":       []byte("a: 1\n"),
		"other.go":         []byte("// http://example.com\n"),
	})
	p := declare(t, dir, declared)
	report, err := scan(t, p, dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range report.Findings {
		got = append(got, fmt.Sprintf("%s:%d %s %s", f.Location.Path, f.Location.StartLine, f.RuleID, f.Severity))
	}
	want := []string{
		"README.md:2 plain-http medium", "a/100% \"it\".md:1 plain-http medium", "a/100% \"it\".md:3 plain-http medium", "a:b.yaml:1 plain-http medium",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || report.Looked.Files != 4 {
		t.Errorf("%d files, got:\n%s\nwant:\n%s", report.Looked.Files, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, n := range report.Notes {
		if n.Level != finding.Information {
			t.Errorf("note: %v", n)
		}
	}
	// Nothing to find is status 0.
	clean := repository(t, map[string][]byte{"tools/plain-http": content, "clean.yaml": []byte("a: 1\n")})
	if report, err := scan(t, declare(t, clean, declared), clean); err != nil || len(report.Findings) != 0 || report.Looked.Files != 1 {
		t.Errorf("clean: %+v, %v", report, err)
	}
	// What it cannot read is a failure.
	tree, err := scanners.Walk(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	target := scanners.Target{Tree: tree, Jobs: 1}
	w, err := p.Plan(context.Background(), target)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dir + "/clean.yaml"); err != nil {
		t.Fatal(err)
	}
	report, err = p.Scan(context.Background(), target, w)
	if err == nil || !strings.Contains(err.Error(), "ended with status 2") || len(report.Findings) != len(want) {
		t.Errorf("a file is gone: %d findings, %v", len(report.Findings), err)
	}
}
