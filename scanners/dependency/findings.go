package dependency

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/aquasecurity/trivy/pkg/types"
	"github.com/scangate/scangate/finding"
)

// maxTitle is how much of an advisory's title is used, in characters.
const maxTitle = 200

// findings makes a finding of each advisory that applies to a package of the
// lockfile. vulns has the order of pkgs; chains and up are by packageKey.
func findings(it item, data []byte, pkgs []ftypes.Package, vulns []types.DetectedVulnerability, chains map[string][]string, up map[string]string) ([]finding.Finding, rulebook) {
	byKey := make(map[string]ftypes.Package, len(vulns))
	lines := map[string]int{}
	for _, v := range vulns {
		byKey[packageKey(v)] = ftypes.Package{}
	}
	for _, p := range pkgs {
		key := p.Name + "@" + p.Version
		if _, ok := byKey[key]; ok {
			byKey[key] = p
			lines[key] = firstLine(p)
		}
	}
	if it.kind.lines != nil && len(lines) > 0 {
		it.kind.lines(data, lines)
	}
	var all []finding.Finding
	rules := rulebook{}
	seen := map[[2]string]bool{}
	for _, v := range vulns {
		key := packageKey(v)
		if seen[[2]string{v.VulnerabilityID, key}] {
			continue
		}
		seen[[2]string{v.VulnerabilityID, key}] = true
		f := one(it, byKey[key], v, chains[key], up[key])
		f.Key = key
		f.Location.StartLine = max(lines[key], 1)
		all = append(all, f)
		rules.add(v, f)
	}
	slices.SortStableFunc(all, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(a.Location.StartLine, b.Location.StartLine), strings.Compare(a.RuleID, b.RuleID), strings.Compare(a.Key, b.Key))
	})
	return all, rules
}

func packageKey(v types.DetectedVulnerability) string { return v.PkgName + "@" + v.InstalledVersion }

// one makes the finding, but for its line and key. chain is how the package
// comes in, and to the version that clears it.
func one(it item, p ftypes.Package, v types.DetectedVulnerability, chain []string, to string) finding.Finding {
	fixed := nearestFix(it.kind.ecosystem.versions, v.InstalledVersion, v.FixedVersion)
	message, fix := p.Name+" "+p.Version+": "+title(v), "no fixed version is known"
	if fixed != "" {
		message += "; fixed in " + fixed
		fix = it.kind.upgrade.fix(p, cmp.Or(to, fixed), chain)
	} else {
		message += "; no fixed version is known"
	}
	return finding.Finding{
		RuleID:         v.VulnerabilityID,
		Severity:       severity(v),
		SeveritySource: string(v.SeveritySource),
		Score:          score(v),
		Message:        message,
		Fix:            fix,
		Location:       finding.Location{Path: it.path},
		Package: &finding.Package{
			Ecosystem:    it.kind.ecosystem.name,
			Name:         p.Name,
			Version:      p.Version,
			FixedVersion: fixed,
			PURL:         it.kind.ecosystem.packageURL(p.Name, p.Version),
			Relationship: relationship(p),
			Dev:          p.Dev,
			Path:         chain,
		},
		Aliases: aliases(v),
	}
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

// score is the CVSS base score of the source of the severity, or of the first
// other well-known one that has any.
func score(v types.DetectedVulnerability) float64 {
	for _, source := range []dbtypes.SourceID{v.SeveritySource, "nvd", "ghsa"} {
		c := v.CVSS[source]
		if s := cmp.Or(c.V3Score, c.V40Score, c.V2Score); s > 0 {
			return s
		}
	}
	return 0
}

func aliases(v types.DetectedVulnerability) []string {
	all := slices.DeleteFunc(slices.Clone(v.VendorIDs), func(id string) bool { return id == "" || id == v.VulnerabilityID })
	slices.Sort(all)
	return slices.Compact(all)
}

// rulebook holds a rule for each advisory.
type rulebook map[string]finding.Rule

func (b rulebook) add(v types.DetectedVulnerability, f finding.Finding) {
	var tags []string
	for _, cwe := range v.CweIDs {
		tags = append(tags, "external/cwe/"+strings.ToLower(cwe))
	}
	slices.Sort(tags)
	references := make([]string, 0, 1+len(v.References))
	for _, r := range append([]string{v.PrimaryURL}, v.References...) {
		if r != "" && !slices.Contains(references, r) {
			references = append(references, r)
		}
	}
	b.merge(rulebook{f.RuleID: {
		ID:          f.RuleID,
		Title:       title(v),
		Description: strings.TrimSpace(v.Description),
		References:  references,
		Severity:    f.Severity,
		Score:       f.Score,
		Tags:        slices.Compact(tags),
		Precision:   "very-high",
	}})
}

// merge adds the rules of other. What two say of one advisory differs in
// severity and score at most; the worse counts.
func (b rulebook) merge(other rulebook) {
	for id, r := range other {
		if old, ok := b[id]; ok {
			r.Severity, r.Score = max(old.Severity, r.Severity), max(old.Score, r.Score)
		}
		b[id] = r
	}
}

func (b rulebook) sorted() []finding.Rule {
	return slices.SortedFunc(maps.Values(b), func(x, y finding.Rule) int { return strings.Compare(x.ID, y.ID) })
}
