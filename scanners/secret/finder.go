package secret

import (
	"context"
	"io"
	"strings"

	"github.com/scangate/scangate/finding"
)

// Finder looks for secrets in single texts, wherever they come from. Its
// methods may be called concurrently.
type Finder struct{ engine engine }

// NewFinder compiles the rules, which takes some hundredths of a second.
func NewFinder() (*Finder, error) {
	e, err := newGitleaks(true)
	if err != nil {
		return nil, err
	}
	return &Finder{e}, nil
}

// Match is a secret in a text, without the secret.
type Match struct {
	Rule    string `json:"rule"`
	Key     string `json:"key"`            // hash of rule and secret
	Line    int    `json:"line,omitempty"` // 0: the file's name gives it away
	Allowed bool   `json:"allowed,omitempty"`
}

// Skips reports whether the rules pass over every file of that path.
func (f *Finder) Skips(path string) bool { return f.engine.skips(path) }

// Read looks at what r holds, unless it is binary. It returns the matches, one
// for each rule and secret, in the order in which they stand there.
func (f *Finder) Read(ctx context.Context, path string, r io.Reader) ([]Match, error) {
	var all []Match
	known := map[[2]string]bool{}
	c := &chunker{path: path, yield: func(part fragment) error {
		hits, err := f.engine.detect(ctx, part)
		for _, h := range hits {
			if id := [2]string{h.rule, h.key}; !known[id] {
				known[id] = true
				all = append(all, Match{h.rule, h.key, h.line, h.allowed})
			}
		}
		return err
	}}
	if f.engine.byPath(path) {
		if err := c.yield(fragment{path: path}); err != nil {
			return nil, err
		}
	}
	_, err := content(r, c)
	return all, err
}

// Text looks at a text that is no file.
func (f *Finder) Text(ctx context.Context, text string) ([]Match, error) {
	return f.Read(ctx, "", strings.NewReader(strings.ReplaceAll(text, "\x00", " ")))
}

// Rule describes a rule, with its severity.
func (f *Finder) Rule(id string) finding.Rule { return ruleOf(f.engine, id) }
