package image

import (
	"cmp"
	"context"
	"path"
	"slices"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/text"
)

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
	r.looked.Packages += len(libs)
	if !ok {
		r.note(finding.Gap, "%s of the type %q were not matched: nobody told how (please report this as a bug)", text.Count(len(libs), "package"), lang)
		return nil
	}
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
