package dependency

import (
	"cmp"
	"slices"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/match"
)

// linesOf returns the lines of all packages, by name@version; 0 where they are
// not known.
func linesOf(k kind, data []byte, pkgs []ftypes.Package) map[string]int {
	lines := make(map[string]int, len(pkgs))
	for _, p := range pkgs {
		lines[keyOf(p).String()] = firstLine(p)
	}
	if k.lines != nil {
		k.lines(data, lines)
	}
	return lines
}

// findings makes a finding of each advisory that applies to a package of the
// lockfile. lines and chains are by name@version.
func findings(it item, lines map[string]int, pkgs []ftypes.Package, hits match.Hits, chains map[string][]string) ([]finding.Finding, match.Rulebook) {
	var all []finding.Finding
	rules := match.Rulebook{}
	for _, p := range pkgs {
		key := keyOf(p)
		for _, h := range hits[key] {
			f := h.Finding()
			f.Key = key.String()
			f.Location = finding.Location{Path: it.path, StartLine: max(lines[f.Key], 1)}
			f.Package.Ecosystem = it.kind.ecosystem.Name
			f.Package.PURL = it.kind.ecosystem.PackageURL(p.Name, p.Version)
			f.Package.Relationship, f.Package.Dev = relationship(p), p.Dev
			f.Package.Path = chains[f.Key]
			f.Fix = fix(it.kind, p, h, chains[f.Key])
			all = append(all, f)
			rules.Add(h, f)
		}
	}
	slices.SortStableFunc(all, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(a.Location.StartLine, b.Location.StartLine), strings.Compare(a.RuleID, b.RuleID), strings.Compare(a.Key, b.Key))
	})
	return all, rules
}

func fix(k kind, p ftypes.Package, h match.Hit, chain []string) string {
	if h.Fixed == "" {
		return "no fixed version is known"
	}
	return k.upgrade.fix(p, cmp.Or(h.Upgrade, h.Fixed), chain)
}

func keyOf(p ftypes.Package) match.Key { return match.Key{Name: p.Name, Version: p.Version} }

// listing is the lockfile's part of the inventory: everything in it but the
// project itself.
func listing(it item, lines map[string]int, inv inventory) finding.Source {
	s := finding.Source{Path: it.path, Type: string(it.kind.lang), Ecosystem: it.kind.ecosystem.Name}
	requires := make(map[string][]string, len(inv.requires))
	for _, d := range inv.requires {
		requires[d.ID] = append(requires[d.ID], d.DependsOn...)
	}
	for _, p := range inv.packages {
		if p.Name == "" || p.Relationship == ftypes.RelationshipRoot {
			continue
		}
		s.Packages = append(s.Packages, finding.Component{
			ID:           cmp.Or(p.ID, keyOf(p).String()),
			Name:         p.Name,
			Version:      p.Version,
			PURL:         it.kind.ecosystem.PackageURL(p.Name, p.Version),
			Licenses:     p.Licenses,
			Relationship: relationship(p),
			Dev:          p.Dev,
			Line:         cmp.Or(firstLine(p), lines[keyOf(p).String()]),
			DependsOn:    sorted(requires[p.ID]),
		})
	}
	slices.SortStableFunc(s.Packages, func(a, b finding.Component) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version), strings.Compare(a.ID, b.ID))
	})
	s.Packages = slices.CompactFunc(s.Packages, func(a, b finding.Component) bool { return a.ID == b.ID })
	return s
}
