package sarif

import (
	"net/url"
	"path"
	"strings"

	"github.com/scangate/scangate/finding"
)

// Identity is what makes GitHub take results of two uploads for the same
// alert, all of it as Encode writes it.
type Identity struct {
	Category string // of the run, without a slash at its end
	RuleID   string
	Path     string // relative to the root of the repository, not percent-encoded
	LineHash string // partialFingerprints.primaryLocationLineHash
}

// IsMessage reports whether a result's message, as Encode wrote it, is that of
// f. It may go on behind it: with who else has found it.
func IsMessage(message string, f *finding.Finding) bool {
	own := escapeMessage(strings.TrimSpace(f.Message))
	rest, ok := strings.CutPrefix(message, own)
	return ok && own != "" && (rest == "" || strings.HasPrefix(rest, escapeMessage(foundByPrefix)))
}

// Identities returns those of all findings of r when it is uploaded with o:
// for each run, one per finding, in their order.
func Identities(r finding.Results, o Options) [][]Identity {
	ids := categories(r.Runs, o.Category)
	out := make([][]Identity, len(r.Runs))
	for i := range r.Runs {
		run := &r.Runs[i]
		out[i] = make([]Identity, len(run.Findings))
		for j := range run.Findings {
			f := &run.Findings[j]
			uri, _ := placeOf(run, &f.Location, o.Below)
			out[i][j] = Identity{strings.TrimSuffix(ids[i], "/"), ruleID(run, f.RuleID), PathOf(uri), lineHash(f)}
		}
	}
	return out
}

// PathOf is the path that a relative URI reference of SARIF names.
func PathOf(uri string) string {
	if p, err := url.PathUnescape(uri); err == nil {
		return p
	}
	return uri
}

// placeOf is where a location is shown. One without a usable path is anchored
// to the run's pseudo path.
func placeOf(run *finding.Run, l *finding.Location, below string) (uri string, anchored bool) {
	if uri = uriBelow(below, l.Path); uri == "" {
		return uriOf(pseudoPath(run)), true
	}
	return uri, false
}

// uriBelow is uriOf for a path in a directory of the repository. The path does
// not lead out of that directory.
func uriBelow(below, p string) string {
	if uri := uriOf(p); uri == "" || below == "" {
		return uri
	}
	return uriOf(path.Join(below, p))
}
