package image

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/image/source"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb"
)

// reporter collects what there is to say about one image.
type reporter struct {
	db      *vulndb.DB
	img     *source.Image
	build   build
	secrets *secrets
	now     time.Time

	findings  []finding.Finding
	rules     match.Rulebook
	notes     []finding.Note
	inventory []finding.Source
	looked    finding.Looked
	unsigned  []string // why signatures do not count
}

func (r *reporter) report() scanners.Report {
	return scanners.Report{Findings: r.findings, Rules: r.rules.Sorted(), Looked: r.looked, Notes: r.notes, Inventory: r.inventory}
}

func (r *reporter) note(level finding.NoteLevel, format string, args ...any) {
	r.notes = append(r.notes, finding.Note{Level: level, Message: fmt.Sprintf(format, args...)})
}

// add completes a finding that is about a file of a layer, or about the image
// as such (layer -1), and keeps it.
func (r *reporter) add(f finding.Finding, layer int, file, key string) {
	step := -1
	if layer >= 0 && layer < len(r.img.Layers) {
		l := r.img.Layers[layer]
		step = l.HistoryIndex
		f.Layer = &finding.Layer{Digest: l.Digest, DiffID: l.DiffID, CreatedBy: text.OneLine(l.CreatedBy, 300), Base: r.build.isBase(step), File: file}
	} else if file != "" {
		f.Layer = &finding.Layer{File: file}
	}
	if line := r.build.line(step); line > 0 && f.Location.Path == "" {
		f.Location = finding.Location{Path: r.build.path, StartLine: line}
	}
	// The image's name, and not its tag or digest: the same finding in the next
	// build is the same.
	f.Key = r.img.Name + " " + file + " " + key
	r.findings = append(r.findings, f)
}

// place names a file and its layer for people.
func (r *reporter) place(layer int, file string) string {
	if layer < 0 || layer >= len(r.img.Layers) {
		return file
	}
	s := fmt.Sprintf("layer %d", layer+1)
	switch {
	case r.build.isBase(r.img.Layers[layer].HistoryIndex):
		s += " (base image)"
	case r.img.Layers[layer].CreatedBy != "":
		s += " (" + text.OneLine(stepText(r.img.Layers[layer].CreatedBy), 80) + ")"
	}
	if file != "" {
		s = file + " of " + s
	}
	return s
}

func stepText(createdBy string) string {
	s := stepOf(createdBy)
	return strings.TrimSpace(s.word + " " + s.text)
}

// software matches everything that is installed.
func (r *reporter) software(ctx context.Context, s state) error {
	if err := r.system(ctx, s); err != nil {
		return err
	}
	if err := r.libraries(ctx, s); err != nil {
		return err
	}
	if r.secrets != nil {
		return r.filesSecrets(s)
	}
	return nil
}

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
	"opensuse": "zypper update", "opensuse.leap": "zypper update", "opensuse.tumbleweed": "zypper update", "suse linux enterprise server": "zypper update", "sles": "zypper update", "slem": "zypper update",
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
		return fix + ", or RUN " + command + " " + h.Name
	}
	return fix + ": " + command + " " + h.Name
}

// library is a package of a language, in a file of the image.
type library struct {
	ftypes.Package
	file  string
	layer int
}

// libraries matches the packages of languages.
func (r *reporter) libraries(ctx context.Context, s state) error {
	byType := map[ftypes.LangType][]library{}
	for _, f := range s.files {
		for _, p := range f.Result.Packages {
			if f.Result.Type != "" && p.Name != "" {
				byType[f.Result.Type] = append(byType[f.Result.Type], library{p, cmp.Or(p.FilePath, f.Path), f.layer})
			}
		}
	}
	var langs []ftypes.LangType
	for lang := range byType {
		langs = append(langs, lang)
	}
	slices.Sort(langs)
	for _, lang := range langs {
		if err := r.language(ctx, lang, byType[lang]); err != nil {
			return err
		}
	}
	return nil
}

func (r *reporter) language(ctx context.Context, lang ftypes.LangType, libs []library) error {
	e, ok := match.Installed(lang)
	if !ok {
		return fmt.Errorf("packages of type %q cannot be matched (please report this as a bug)", lang)
	}
	r.looked.Packages += len(libs)
	r.listLibraries(e, lang, libs)
	if !e.Matched() {
		r.note(finding.Information, "%s listed and not matched: there is no source of advisories for %s", text.Count(len(libs), "package"), e.Name)
		return nil
	}
	covered, err := r.db.Covers(lang)
	if err != nil {
		return err
	}
	if !covered {
		r.note(finding.Gap, "the vulnerability database has no advisories for %s, so %s could not be matched: update it with `scangate db update`", e.Name, text.Count(len(libs), "package"))
		return nil
	}
	pkgs := make([]ftypes.Package, 0, len(libs))
	for _, l := range libs {
		if l.Version != "" {
			pkgs = append(pkgs, l.Package)
		}
	}
	hits, err := match.Libraries(ctx, r.db, e, lang, pkgs)
	if err != nil {
		return err
	}
	for _, l := range libs {
		for _, h := range hits[match.Key{Name: l.Name, Version: l.Version}] {
			f := h.Finding()
			f.Package.Ecosystem = e.Name
			f.Package.PURL = e.PackageURL(l.Name, l.Version)
			f.Message += " (" + r.place(l.layer, l.file) + ")"
			f.Fix = libraryFix(lang, l, h)
			r.add(f, l.layer, l.file, h.String())
			r.rules.Add(h, f)
		}
	}
	return nil
}

// libraryFix says how a library of an image gets its fix: where it is built.
func libraryFix(lang ftypes.LangType, l library, h match.Hit) string {
	if h.Fixed == "" {
		return "no fixed version is known"
	}
	to := cmp.Or(h.Upgrade, h.Fixed)
	switch {
	case lang == ftypes.GoBinary && h.Name == "stdlib":
		return "build " + text.OneLine(path.Base(l.file), 100) + " with Go " + to + " or later"
	case lang == ftypes.GoBinary || lang == ftypes.RustBinary:
		return "build " + text.OneLine(path.Base(l.file), 100) + " with " + h.Name + " " + to + " or later"
	}
	return "upgrade " + h.Name + " to " + to + " where the image installs it"
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

func (r *reporter) listLibraries(e match.Ecosystem, lang ftypes.LangType, libs []library) {
	s := finding.Source{Type: string(lang), Ecosystem: e.Name}
	for _, l := range libs {
		s.Packages = append(s.Packages, finding.Component{
			ID: l.Name + "@" + l.Version + " " + l.file, Name: l.Name, Version: l.Version, PURL: e.PackageURL(l.Name, l.Version),
			Licenses: l.Licenses, File: l.file, Layer: r.digest(l.layer), DependsOn: l.DependsOn,
		})
	}
	r.inventory = append(r.inventory, s)
}

func (r *reporter) digest(layer int) string {
	if layer < 0 || layer >= len(r.img.Layers) {
		return ""
	}
	return r.img.Layers[layer].Digest
}
