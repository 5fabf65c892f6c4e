package iac

import (
	"bytes"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/azure"
	"github.com/scangate/scangate/scanners/iac/cloudformation"
	"github.com/scangate/scangate/scanners/iac/jsondoc"
	"github.com/scangate/scangate/scanners/iac/kustomize"
	"github.com/scangate/scangate/scanners/iac/terraform"
)

// kindByName returns the kind that a file's name stands for. For YAML, JSON and
// templates it is byContent; for a file that is none of ours it is kinds.
func kindByName(base string) int {
	name := strings.ToLower(base)
	switch {
	case terraform.IsFile(base):
		return terraformKind
	case name == "dockerfile", name == "containerfile", strings.HasSuffix(name, ".dockerfile"), strings.HasSuffix(name, ".containerfile"):
		return dockerfileKind
	case strings.HasPrefix(name, "dockerfile."), strings.HasPrefix(name, "containerfile."):
		return dockerfileKind
	case kustomize.IsFile(base):
		return kustomizeKind
	}
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json", ".template":
		return byContent
	}
	return kinds
}

// isDockerfile tells Dockerfile.dev from dockerfile.go and the like: it starts
// with FROM, or with ARG. Other names leave no doubt.
func isDockerfile(tree *scanners.Tree, f scanners.File) bool {
	base := strings.ToLower(path.Base(f.Path))
	if !strings.HasPrefix(base, "dockerfile.") && !strings.HasPrefix(base, "containerfile.") {
		return true
	}
	head, err := readHead(tree, f.Path)
	if err != nil {
		return true // Scan will say why it cannot be read
	}
	for line := range bytes.Lines(bytes.TrimPrefix(head, []byte("\ufeff"))) {
		word, _, _ := bytes.Cut(bytes.ReplaceAll(bytes.TrimSpace(line), []byte("\t"), []byte(" ")), []byte(" "))
		if len(word) > 0 && word[0] != '#' {
			return bytes.EqualFold(word, []byte("FROM")) || bytes.EqualFold(word, []byte("ARG"))
		}
	}
	return false
}

// forms are the kinds that content decides, in the order in which they are
// tried: what holds none of the words is not looked at any further.
var forms = []struct {
	kind  int
	words []string // one of them is in the first part of every such file
	is    func(data []byte) bool
}{
	{kubernetesKind, []string{"apiVersion"}, looksLikeManifest},
	{azureKind, []string{"$schema", "_generator"}, azure.Is},
	{planKind, []string{"terraform_version", "format_version", "planned_values"}, terraform.IsPlan},
	{cloudformationKind, []string{"AWSTemplateFormatVersion", "Resources", "AWS::"}, cloudformation.Is},
}

// kindByContent returns the kind of a file by its content, or kinds. Only the
// first part of a large file decides whether the rest is looked at; more is
// called for that.
func kindByContent(head []byte, more func() ([]byte, error)) (kind int, data []byte, err error) {
	for _, f := range forms {
		for _, word := range f.words {
			if !bytes.Contains(head, []byte(word)) {
				continue
			}
			if data == nil {
				if data, err = more(); err != nil {
					return f.kind, nil, err
				}
			}
			if f.is(data) {
				return f.kind, data, nil
			}
			break
		}
	}
	return kinds, nil, nil
}

// looksLikeManifest reports whether data has, at its top level as far as that
// can be told without parsing, the keys apiVersion and kind.
func looksLikeManifest(data []byte) bool {
	if !bytes.Contains(data, []byte("apiVersion")) || !bytes.Contains(data, []byte("kind")) {
		return false
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if trimmed := bytes.TrimLeft(data, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		return hasKeys(jsondoc.TopKeys(trimmed), "apiVersion", "kind")
	}
	return hasKeys(lineKeys(data), "apiVersion", "kind")
}

// lineKeys are the keys that YAML has at the start of its lines.
func lineKeys(data []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range bytes.Lines(data) {
			key, _, ok := bytes.Cut(line, []byte(":"))
			if ok && !yield(string(bytes.Trim(bytes.TrimRight(key, " \t"), `"'`))) {
				return
			}
		}
	}
}

// hasKeys reports whether all of the wanted ones are among the keys.
func hasKeys(keys iter.Seq[string], wanted ...string) bool {
	for key := range keys {
		if i := slices.Index(wanted, key); i >= 0 {
			if wanted = slices.Delete(wanted, i, i+1); len(wanted) == 0 {
				return true
			}
		}
	}
	return false
}
