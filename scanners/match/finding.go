package match

import (
	"cmp"
	"slices"
	"strings"
	"time"

	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	"github.com/aquasecurity/trivy/pkg/types"
	"github.com/scangate/scangate/finding"
)

// maxTitle is how much of an advisory's title is used, in characters.
const maxTitle = 200

// Finding makes the finding of a hit, as far as it does not depend on where
// the package is: the caller adds Location, Fix and Key, and completes Package.
func (h Hit) Finding() finding.Finding {
	message := h.Name + " " + h.Version + ": " + title(h.Advisory)
	switch {
	case h.Fixed != "":
		message += "; fixed in " + h.Fixed
	case refused[status(h.Advisory)] != "":
		message += "; " + refused[status(h.Advisory)]
	default:
		message += "; no fixed version is known"
	}
	score, vector := cvss(h.Advisory)
	return finding.Finding{
		RuleID:         h.Advisory.VulnerabilityID,
		Severity:       severity(h.Advisory),
		SeveritySource: string(h.Advisory.SeveritySource),
		Score:          score,
		Vector:         vector,
		Published:      published(h.Advisory),
		Message:        message,
		Package:        &finding.Package{Name: h.Name, Version: h.Version, FixedVersion: h.Fixed, Status: status(h.Advisory)},
		Aliases:        aliases(h.Advisory),
	}
}

// refused says in words why there is no fix.
var refused = map[string]string{
	"will-not-fix": "its vendor will not fix it",
	"fix-deferred": "its vendor has put off a fix",
	"end-of-life":  "its vendor no longer supports this release",
}

// status is what the advisory says of the package, in the words that VEX and
// vendors use: "fixed", "affected", "will-not-fix", "fix-deferred",
// "end-of-life", "under-investigation".
func status(v types.DetectedVulnerability) string {
	switch {
	case v.Status != dbtypes.StatusUnknown:
		return strings.ReplaceAll(v.Status.String(), "_", "-")
	case v.FixedVersion != "":
		return "fixed"
	}
	return "affected"
}

func published(v types.DetectedVulnerability) string {
	if v.PublishedDate == nil || v.PublishedDate.IsZero() {
		return ""
	}
	return v.PublishedDate.UTC().Format(time.DateOnly)
}

func title(v types.DetectedVulnerability) string {
	t := strings.Join(strings.Fields(v.Title), " ")
	if t == "" {
		return v.VulnerabilityID
	}
	if r := []rune(t); len(r) > maxTitle {
		return string(r[:maxTitle]) + "…"
	}
	return t
}

// severity reads the engine's name for it; an advisory without details has
// none.
func severity(v types.DetectedVulnerability) finding.Severity {
	s, err := finding.ParseSeverity(v.Severity)
	if err != nil {
		return finding.Unknown
	}
	return s
}

// cvss is the base score, and its vector, of the source of the severity, or of
// the first other well-known one that has any. A newer version of the standard
// that only one of two sources uses does not count more.
func cvss(v types.DetectedVulnerability) (score float64, vector string) {
	for _, source := range []dbtypes.SourceID{v.SeveritySource, "nvd", "ghsa"} {
		c := v.CVSS[source]
		switch {
		case c.V3Score > 0:
			return c.V3Score, c.V3Vector
		case c.V40Score > 0:
			return c.V40Score, c.V40Vector
		case c.V2Score > 0:
			return c.V2Score, c.V2Vector
		}
	}
	return 0, ""
}

func aliases(v types.DetectedVulnerability) []string {
	all := slices.DeleteFunc(slices.Clone(v.VendorIDs), func(id string) bool { return id == "" || id == v.VulnerabilityID })
	slices.Sort(all)
	return slices.Compact(all)
}

// Rulebook holds a rule for each advisory.
type Rulebook map[string]finding.Rule

// Add adds the rule of a hit's finding.
func (b Rulebook) Add(h Hit, f finding.Finding) {
	var tags []string
	for _, cwe := range h.Advisory.CweIDs {
		tags = append(tags, "external/cwe/"+strings.ToLower(cwe))
	}
	slices.Sort(tags)
	references := make([]string, 0, 1+len(h.Advisory.References))
	for _, r := range append([]string{h.Advisory.PrimaryURL}, h.Advisory.References...) {
		if r != "" && !slices.Contains(references, r) {
			references = append(references, r)
		}
	}
	b.Merge(Rulebook{f.RuleID: {
		ID:          f.RuleID,
		Title:       title(h.Advisory),
		Description: strings.TrimSpace(h.Advisory.Description),
		References:  references,
		Severity:    f.Severity,
		Score:       f.Score,
		Tags:        slices.Compact(tags),
		Precision:   "very-high",
	}})
}

// Merge adds the rules of other. What two say of one advisory differs in
// severity and score at most; the worse counts.
func (b Rulebook) Merge(other Rulebook) {
	for id, r := range other {
		if old, ok := b[id]; ok {
			r.Severity, r.Score = max(old.Severity, r.Severity), max(old.Score, r.Score)
		}
		b[id] = r
	}
}

// Sorted returns the rules in the order of their ids.
func (b Rulebook) Sorted() []finding.Rule {
	all := make([]finding.Rule, 0, len(b))
	for _, r := range b {
		all = append(all, r)
	}
	slices.SortFunc(all, func(x, y finding.Rule) int { return cmp.Compare(x.ID, y.ID) })
	return all
}
