package external

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
)

// advisory is what a tool says of a version of a package, in one form for all.
type advisory struct {
	id          string
	aliases     []string
	title       string
	description string
	published   string // it begins with YYYY-MM-DD
	severity    finding.Severity
	source      string // who gives the severity
	score       float64
	vector      string
	links       []string
	cwes        []string // "CWE-79"
	doubt       bool     // the tool tells versions apart by less than a lockfile
}

// add reports an advisory. The package's names are cleaned here; the location's
// path must come from Path.
func (r *Reading) addAdvisory(a advisory, p finding.Package, at finding.Location, adjust func(*finding.Finding)) {
	p.Name, p.Version, p.FixedVersion, p.PURL = line(p.Name, maxID), line(p.Version, maxID), line(p.FixedVersion, maxID), line(p.PURL, maxWords)
	a.id = line(a.id, maxID)
	title := line(a.title, maxID)
	if title == "" {
		title = a.id
	}
	f := finding.Finding{
		RuleID: a.id, Severity: a.severity, SeveritySource: line(a.source, maxID), Score: score(a.score), Vector: line(a.vector, maxID),
		Published: dateForm.FindString(a.published), Aliases: otherNames(a.aliases, a.id),
		Message: strings.TrimSpace(p.Name+" "+p.Version) + ": " + title, Location: at, Package: &p, Key: p.Name + "@" + p.Version,
	}
	if p.FixedVersion != "" {
		f.Message += "; fixed in " + p.FixedVersion
		f.Fix = "upgrade " + p.Name + " to " + p.FixedVersion
	} else {
		f.Message += "; no fixed version is known"
		f.Fix = "no fixed version is known"
	}
	rule := finding.Rule{
		Title: title, Description: a.description, References: a.links[:min(len(a.links), maxLinks)], Severity: a.severity, Score: f.Score,
		Tags: cweTags(a.cwes), Precision: "very-high",
	}
	if a.doubt {
		rule.Precision = "high"
	}
	if adjust != nil {
		adjust(&f)
	}
	r.Add(f, rule)
}

const (
	// maxLinks bounds the references of a rule.
	maxLinks = 50
	// maxAliases bounds the other names of an advisory.
	maxAliases = 50
)

// aliasForm is what a name of an advisory looks like.
var aliasForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9.:_]+)+$`)

// otherNames are the names of an advisory besides its id, in order.
func otherNames(all []string, id string) []string {
	var out []string
	for _, a := range all {
		if len(a) <= maxID && a != id && aliasForm.MatchString(a) && len(out) < maxAliases {
			out = append(out, a)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// cweTags are the tags of weaknesses, in order.
func cweTags(all []string) []string {
	var tags []string
	for _, cwe := range all {
		if cweForm.MatchString(cwe) && len(tags) < maxLinks {
			tags = append(tags, "external/cwe/"+strings.ToLower(cwe))
		}
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}

// wordForm is what a word of a command may consist of: someone may paste it,
// and names come from scanned content.
var wordForm = regexp.MustCompile(`^[A-Za-z0-9@_][A-Za-z0-9@/._:+~-]*$`)

// pasteable is a command, marked as one, or "" when one of its words needs quotes
// or could be an option. The format is our own.
func pasteable(format string, words ...string) string {
	all := make([]any, len(words))
	for i, w := range words {
		if len(w) > maxID || !wordForm.MatchString(w) {
			return ""
		}
		all[i] = w
	}
	return "`" + fmt.Sprintf(format, all...) + "`"
}
