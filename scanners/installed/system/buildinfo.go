package system

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/scangate/scangate/scanners/installed"
)

const (
	// maxDockerfile bounds the Dockerfile of a layer, in bytes. Real
	// ones have a few thousand.
	maxDockerfile = 128 << 10

	// maxExpand bounds a label and a variable in it, in bytes: every byte of
	// a variable can be replaced by another, so that the result is as large
	// as their product. maxExpanded bounds all of them together.
	maxExpand   = 256
	maxExpanded = 64 << 10
)

// buildInfoReader reads what the layers of Red Hat's images keep of their
// build: the content sets that their packages are from, or else name, version
// and architecture of the image that the layer is of. Red Hat's advisories are
// by content set.
func buildInfoReader() installed.Reader {
	return installed.Reader{
		Name:    "redhat-build",
		Version: 1,
		Wants: func(name string, _ fs.FileMode, _ int64) bool {
			return isDockerfile(name) || isManifest(name)
		},
		Max:  maxJSON,
		Read: readBuildInfo,
	}
}

func isManifest(name string) bool {
	rest, ok := strings.CutPrefix(name, "root/buildinfo/content_manifests/")
	if !ok {
		rest, ok = strings.CutPrefix(name, "usr/share/buildinfo/") // Red Hat CoreOS
	}
	return ok && strings.HasSuffix(rest, ".json") && !strings.Contains(rest, "/")
}

func isDockerfile(name string) bool {
	rest, ok := strings.CutPrefix(name, "root/buildinfo/Dockerfile")
	return ok && !strings.Contains(rest, "/")
}

func readBuildInfo(ctx context.Context, f installed.File) (*installed.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if isDockerfile(f.Path) {
		return readDockerfile(f)
	}
	var manifest struct {
		ContentSets []string `json:"content_sets"`
	}
	if err := json.NewDecoder(io.LimitReader(f.Content, maxJSON)).Decode(&manifest); err != nil {
		return nil, errors.New("it is not a content manifest in JSON")
	}
	if len(manifest.ContentSets) == 0 {
		return nil, nil
	}
	return &installed.Result{BuildInfo: &ftypes.BuildInfo{ContentSets: manifest.ContentSets}}, nil
}

func readDockerfile(f installed.File) (*installed.Result, error) {
	if f.Size > maxDockerfile {
		return nil, errors.New("it is too large for a Dockerfile")
	}
	content, err := io.ReadAll(io.LimitReader(f.Content, maxDockerfile))
	if err != nil {
		return nil, errors.New("it cannot be read to its end")
	}
	component, arch, err := labels(content)
	if err != nil {
		return nil, err
	}
	if !plain(component) || !plain(arch) {
		return nil, errors.New("its labels do not say which component of which architecture the layer is")
	}
	return &installed.Result{BuildInfo: &ftypes.BuildInfo{Nvr: component + "-" + imageVersion(path.Base(f.Path)), Arch: arch}}, nil
}

// imageVersion is 9.4-1134 of Dockerfile-ubi9-9.4-1134.
func imageVersion(name string) string {
	release := strings.LastIndexByte(name, '-')
	if release < 0 {
		return ""
	}
	return name[strings.LastIndexByte(name[:release], '-')+1:]
}

// labels finds the labels that name the component and the architecture.
func labels(content []byte) (component, arch string, err error) {
	damaged := errors.New("it is not a Dockerfile, or its labels cannot be read")
	// The parser writes to standard error about these.
	if !utf8.Valid(content) || bytes.IndexByte(content, 0) >= 0 {
		return "", "", damaged
	}
	// The parser is made for Dockerfiles of one's own; it panics on some others.
	defer func() {
		if recover() != nil {
			err = damaged
		}
	}()
	file, err := parser.Parse(bytes.NewReader(content))
	if err != nil {
		return "", "", damaged
	}
	stages, args, err := instructions.Parse(file.AST, nil)
	if err != nil {
		return "", "", damaged
	}
	vars := &variables{values: map[string]string{}}
	for _, cmd := range args {
		for _, a := range cmd.Args {
			vars.set(a.Key, a.ValueString())
		}
	}
	lex := shell.NewLex(file.EscapeToken)
	expand := func(word string) string {
		if err != nil || len(word) > maxExpand {
			return ""
		}
		var out shell.ProcessWordResult
		if out, err = lex.ProcessWordWithMatches(word, vars); err != nil {
			err = damaged
		}
		return out.Result
	}
	for _, stage := range stages {
		for _, cmd := range stage.Commands {
			switch c := cmd.(type) {
			case *instructions.EnvCommand:
				for _, kv := range c.Env {
					vars.set(kv.Key, kv.Value)
				}
			case *instructions.LabelCommand:
				for _, kv := range c.Labels {
					switch strings.ToLower(expand(kv.Key)) {
					case "com.redhat.component", "bzcomponent":
						component = expand(kv.Value)
					case "architecture":
						arch = expand(kv.Value)
					}
				}
			}
		}
	}
	return component, arch, err
}

// variables are the ENV and ARG of a Dockerfile, as written.
type variables struct {
	values map[string]string
	given  int // bytes, by Get
}

func (v *variables) set(key, value string) {
	if len(value) <= maxExpand {
		v.values[key] = value
	}
}

func (v *variables) Get(key string) (string, bool) {
	value, ok := v.values[key]
	if v.given += len(value); v.given > maxExpanded {
		return "", false
	}
	return value, ok
}

func (v *variables) Keys() []string { return slices.Sorted(maps.Keys(v.values)) }
