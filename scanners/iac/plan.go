package iac

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/scanners/iac/workflow"
	"github.com/scangate/scangate/text"
)

// The kinds of file that the scanner knows; their names are the frameworks of
// the configuration, of findings and of thresholds.
const (
	terraformKind = iota
	kubernetesKind
	dockerfileKind
	workflowKind
	kinds
)

var kindNames = [kinds]string{work.Terraform, work.Kubernetes, work.Dockerfile, work.GitHubActions}

const (
	sniffSize = 64 << 10  // bytes of a larger file that are looked at
	maxKept   = 256 << 20 // bytes of content that a plan carries over to the scan
)

// plan is what Plan hands to Scan.
type plan struct {
	files     [kinds][]work.File // without data: to be read by Scan
	notes     []finding.Note
	templates int // files of Helm charts
	kept      int64
}

// Plan finds the files to judge: Terraform and Dockerfiles by their names,
// workflows by their place, actions by name and content, and Kubernetes manifests by their content, which is then kept, so that a file is
// read once.
func (s *Scanner) Plan(ctx context.Context, t scanners.Target) (scanners.Work, error) {
	p := &plan{}
	charts := chartDirs(t.Tree)
	for _, f := range t.Tree.Files() {
		if ctx.Err() != nil {
			return scanners.Work{}, ctx.Err()
		}
		k := kindByName(path.Base(f.Path))
		if k == kubernetesKind && s.wanted[workflowKind] && workflow.Is(t.Tree, f) {
			k = workflowKind
		}
		switch {
		case k == kubernetesKind && s.wanted[kubernetesKind] && inTemplates(f.Path, charts):
			p.templates++
		case k == kubernetesKind && s.wanted[kubernetesKind]:
			p.sniff(t.Tree, f)
		case k == kinds || k == kubernetesKind || !s.wanted[k]:
		case k == dockerfileKind && !isDockerfile(t.Tree, f):
		case f.Size > work.MaxFileSize:
			p.notes = append(p.notes, work.Gap(f.Path, 0, tooLarge))
		default:
			p.files[k] = append(p.files[k], work.File{Path: f.Path})
		}
	}
	total, parts := 0, []string{}
	for k, files := range p.files {
		if len(files) > 0 {
			total += len(files)
			parts = append(parts, fmt.Sprintf("%s %d", kindNames[k], len(files)))
		}
	}
	if total == 0 && len(p.notes) == 0 {
		return scanners.Nothing(s.nothing(p.templates)), nil
	}
	what := text.Count(total, "file")
	if total > 0 {
		what += ": " + strings.Join(parts, ", ")
	}
	return scanners.Work{What: what, Items: p}, nil
}

const tooLarge = "is over 4 MiB: not scanned; split it or generate it outside of the repository"

// nothing says why there is nothing to do.
func (s *Scanner) nothing(templates int) string {
	var names []string
	for k, label := range [kinds]string{"Terraform", "Kubernetes", "Dockerfile", "GitHub Actions"} {
		if s.wanted[k] {
			names = append(names, label)
		}
	}
	why := "no " + names[len(names)-1]
	if len(names) > 1 {
		why = "no " + strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
	}
	why += " in the tree"
	if templates > 0 {
		why += "; " + templatesNote(templates)
	}
	return why
}

// isDockerfile tells Dockerfile.dev from dockerfile.go and the like: it starts
// with FROM, or with ARG. Other names leave no doubt.
func isDockerfile(tree *scanners.Tree, f scanners.File) bool {
	if !strings.HasPrefix(strings.ToLower(path.Base(f.Path)), "dockerfile.") {
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

// kindByName returns the kind that a file's name stands for. For YAML and JSON
// it is kubernetesKind, which the content has to confirm; for a file that is none
// of ours it is kinds.
func kindByName(base string) int {
	name := strings.ToLower(base)
	switch {
	case strings.HasSuffix(name, ".tf"), strings.HasSuffix(name, ".tf.json"):
		return terraformKind
	case name == "dockerfile", name == "containerfile", strings.HasSuffix(name, ".dockerfile"):
		return dockerfileKind
	case strings.HasPrefix(name, "dockerfile."):
		return dockerfileKind
	case strings.HasSuffix(name, ".yaml"), strings.HasSuffix(name, ".yml"), strings.HasSuffix(name, ".json"):
		return kubernetesKind
	}
	return kinds
}

// sniff adds f when its content is that of a manifest.
func (p *plan) sniff(tree *scanners.Tree, f scanners.File) {
	if f.Size > work.MaxFileSize {
		head, err := readHead(tree, f.Path)
		if err == nil && looksLikeManifest(head) {
			p.notes = append(p.notes, work.Gap(f.Path, 0, tooLarge))
		}
		return
	}
	data, err := tree.Read(f.Path, work.MaxFileSize)
	switch {
	case errors.Is(err, scanners.ErrTooLarge):
		p.notes = append(p.notes, work.Gap(f.Path, 0, tooLarge))
		return
	case err != nil:
		p.notes = append(p.notes, work.Gap(f.Path, 0, "cannot be read: "+err.Error()))
		return
	case !looksLikeManifest(data):
		return
	}
	if p.kept+int64(len(data)) > maxKept {
		data = nil
	}
	p.kept += int64(len(data))
	p.files[kubernetesKind] = append(p.files[kubernetesKind], work.File{Path: f.Path, Data: data})
}

// readHead returns the first bytes of a file.
func readHead(tree *scanners.Tree, name string) ([]byte, error) {
	f, err := tree.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, sniffSize))
}

// chartDirs returns the directories that hold a Chart.yaml.
func chartDirs(tree *scanners.Tree) map[string]bool {
	dirs := map[string]bool{}
	for _, f := range tree.Files() {
		if f.Path == "Chart.yaml" || strings.HasSuffix(f.Path, "/Chart.yaml") {
			dirs[path.Dir(f.Path)] = true
		}
	}
	return dirs
}

// inTemplates reports whether name lies in the templates directory of a chart.
func inTemplates(name string, charts map[string]bool) bool {
	if len(charts) == 0 {
		return false
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if path.Base(dir) == "templates" && charts[path.Dir(dir)] {
			return true
		}
	}
	return false
}

// looksLikeManifest reports whether data has, at its top level as far as that
// can be told without parsing, the keys apiVersion and kind.
func looksLikeManifest(data []byte) bool {
	if !bytes.Contains(data, []byte("apiVersion")) || !bytes.Contains(data, []byte("kind")) {
		return false
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if trimmed := bytes.TrimLeft(data, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		return topLevelKeys(trimmed)
	}
	var version, kind bool
	for line := range bytes.Lines(data) {
		key, _, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		switch string(bytes.Trim(bytes.TrimRight(key, " \t"), `"'`)) {
		case "apiVersion":
			version = true
		case "kind":
			kind = true
		}
		if version && kind {
			return true
		}
	}
	return false
}

// topLevelKeys looks for the two keys in the outermost object of JSON, or of
// YAML written like it.
func topLevelKeys(data []byte) bool {
	var version, kind bool
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			start := i + 1
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
			if depth != 1 || i >= len(data) {
				continue
			}
			if rest := bytes.TrimLeft(data[i+1:], " \t\r\n"); len(rest) == 0 || rest[0] != ':' {
				continue
			}
			switch string(data[start:i]) {
			case "apiVersion":
				version = true
			case "kind":
				kind = true
			}
		}
	}
	return version && kind
}
