package image

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb"
)

// system matches the packages of the operating system.
func (r *reporter) system(ctx context.Context, s state) error {
	os, repo := s.system()
	pkgs := s.systemPackages()
	if len(pkgs) == 0 {
		if os.Family != "" {
			r.note(finding.Information, "%s, without a package database: nothing of the operating system can be matched", systemName(os))
		}
		return nil
	}
	r.looked.Packages += len(pkgs)
	r.listSystem(os, pkgs)
	if os.Family == "" {
		r.note(finding.Gap, "%s of an operating system that is not known were not matched: etc/os-release is missing, or names one that nobody publishes advisories for", text.Count(len(pkgs), "package"))
		return nil
	}
	all := make([]ftypes.Package, len(pkgs))
	for i, p := range pkgs {
		all[i] = p.Package
	}
	covered, err := r.db.CoversOS(released(os, repo))
	if err == nil && !covered {
		r.note(finding.Gap, "the vulnerability database has no advisories for %s, so %s could not be matched: update it with `scangate db update`", systemName(os), text.Count(len(pkgs), "package"))
		return nil
	}
	hits, endOfLife, err := match.System(ctx, r.db, os, repo, all)
	switch {
	case errors.Is(err, vulndb.ErrUnsupportedOS):
		r.note(finding.Gap, "%s of %s were not matched: %v", text.Count(len(pkgs), "package"), systemName(os), err)
		return nil
	case err != nil:
		return err
	}
	if endOfLife {
		r.endOfLife(os)
	}
	seen := map[string]bool{}
	for i, p := range pkgs {
		for _, h := range hits[match.SystemKey(all[i])] {
			key := h.Advisory.VulnerabilityID + " " + h.String()
			if seen[key+" "+p.FilePath] {
				continue
			}
			seen[key+" "+p.FilePath] = true
			f := h.Finding()
			f.Package.Ecosystem = string(os.Family)
			f.Package.PURL = match.SystemURL(os, p.Package)
			f.Message += " (" + r.place(p.layer, "") + ")"
			f.Fix = systemFix(os, h, r.layerIsBase(p.layer))
			r.add(f, p.layer, cmp.Or(p.FilePath, p.file), h.String())
			r.rules.Add(h, f)
		}
	}
	return nil
}

// released is the system whose advisories count: packages of an Alpine Linux
// come from the release that its repository is of.
func released(os ftypes.OS, repo *ftypes.Repository) ftypes.OS {
	if repo != nil && repo.Release != "" && os.Family == ftypes.Alpine {
		os.Name = repo.Release
	}
	return os
}

func (r *reporter) layerIsBase(layer int) bool {
	return layer >= 0 && layer < len(r.img.Layers) && r.build.isBase(r.img.Layers[layer].HistoryIndex)
}

func systemName(os ftypes.OS) string {
	return strings.TrimSpace(text.OneLine(string(os.Family)+" "+os.Name, 60))
}

// commands of the package managers that bring one package up to date.
var commands = map[string]string{
	"debian": "apt-get install --only-upgrade", "ubuntu": "apt-get install --only-upgrade", "echo": "apt-get install --only-upgrade",
	"alpine": "apk upgrade", "wolfi": "apk upgrade", "chainguard": "apk upgrade", "minimos": "apk upgrade",
	"opensuse-leap": "zypper update", "opensuse-tumbleweed": "zypper update", "sles": "zypper update",
	"photon": "tdnf update", "azurelinux": "tdnf update", "cbl-mariner": "tdnf update",
	"amazon": "yum update", "redhat": "dnf upgrade", "centos": "dnf upgrade", "rocky": "dnf upgrade", "alma": "dnf upgrade", "oracle": "dnf upgrade", "fedora": "dnf upgrade",
}

// systemFix says how a package of the operating system gets its fix.
func systemFix(os ftypes.OS, h match.Hit, base bool) string {
	if h.Fixed == "" {
		return "no fixed version is known"
	}
	fix := "upgrade " + h.Name + " to " + cmp.Or(h.Upgrade, h.Fixed)
	if base {
		fix += ": build on a newer version of the base image"
	}
	command := commands[string(os.Family)]
	if command == "" || strings.HasPrefix(h.Name, "-") || strings.ContainsAny(h.Name, " ;&|<>$`\"'\\()*?") {
		return fix
	}
	if base {
		return fix + ", or `RUN " + command + " " + h.Name + "`"
	}
	return fix + ": `" + command + " " + h.Name + "`"
}

func (r *reporter) listSystem(os ftypes.OS, pkgs []systemPackage) {
	byFile := map[string]*finding.Source{}
	var files []string
	for _, p := range pkgs {
		s := byFile[p.file]
		if s == nil {
			s = &finding.Source{Path: p.file, Type: string(os.Family), System: systemName(os), Ecosystem: string(os.Family)}
			byFile[p.file] = s
			files = append(files, p.file)
		}
		s.Packages = append(s.Packages, finding.Component{
			ID: cmp.Or(p.ID, p.Name+"@"+p.Version), Name: p.Name, Version: match.SystemKey(p.Package).Version, PURL: match.SystemURL(os, p.Package),
			Licenses: p.Licenses, File: p.FilePath, Layer: r.digest(p.layer), DependsOn: p.DependsOn,
		})
	}
	slices.Sort(files)
	for _, f := range files {
		r.inventory = append(r.inventory, *byFile[f])
	}
}
