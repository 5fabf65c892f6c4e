// Package system reads which operating system an image or a directory is, and
// which packages its package manager installed: release files, the databases
// of dpkg, apk and rpm, and what Red Hat and Bottlerocket keep beside them.
//
// The readers look at the same files as Trivy and say the same of them, since
// the advisories are matched by Trivy's rules. All content is hostile: every
// parser is written against random access or lines of bounded length, starts
// no process and no goroutine, and writes nothing.
package system

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

const (
	// maxPackages bounds the packages of one database: it is more than whole
	// distributions have.
	maxPackages = 100_000

	// maxOwned bounds the files of the packages of one database, and so does
	// it with the names they provide and require, for memory.
	maxOwned = 2_000_000

	// maxName bounds names, versions and architectures, in bytes.
	maxName = 512
)

// Readers returns the readers of operating systems, in the order of their
// names.
func Readers() []installed.Reader {
	return []installed.Reader{
		apkReader(),
		repositoriesReader(),
		bottlerocketReader(),
		buildInfoReader(),
		dpkgReader(),
		dpkgFilesReader(),
		releaseReader(),
		rpmReader(),
		rpmManifestReader(),
	}
}

// at makes the Wants of a reader of fixed paths.
func at(paths ...string) func(string, fs.FileMode, int64) bool {
	return func(path string, _ fs.FileMode, _ int64) bool { return slices.Contains(paths, path) }
}

// ended tells, at every thousandth step, whether ctx has ended.
func ended(ctx context.Context, step int) error {
	if step%1000 != 0 {
		return nil
	}
	return ctx.Err()
}

// plain tells whether s can be a name, a version or an architecture, so that
// nothing in it breaks a message or a report.
func plain(s string) bool {
	return s != "" && len(s) <= maxName && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || r == utf8.RuneError
	})
}

// optional is plain for what need not be there.
func optional(s string) bool { return s == "" || plain(s) }

// owned returns the path of a file that a package database names, as the
// layers name it, or "" for one that is not below the root.
func owned(name string) string {
	name = path.Clean(strings.TrimLeft(name, "/"))
	if name == "." || !fs.ValidPath(name) {
		return ""
	}
	return name
}

// sortPackages gives the packages of a database a fixed order.
func sortPackages(pkgs []ftypes.Package) {
	slices.SortStableFunc(pkgs, func(a, b ftypes.Package) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Epoch, b.Epoch), strings.Compare(a.Version, b.Version),
			strings.Compare(a.Release, b.Release), strings.Compare(a.Arch, b.Arch))
	})
}

// resolve replaces the names that each package depends on with the ids of the
// packages that provide them. self says whether a package may need itself.
func resolve(pkgs []ftypes.Package, ids map[string]string, self bool) {
	for i := range pkgs {
		var out []string
		for _, name := range pkgs[i].DependsOn {
			if id, ok := ids[name]; ok && (self || id != pkgs[i].ID) {
				out = append(out, id)
			}
		}
		slices.Sort(out)
		pkgs[i].DependsOn = slices.Compact(out)
	}
}

// left counts what is left out of a file's result, by reason.
type left struct {
	reasons []string
	counts  []int
}

func (l *left) out(reason string) {
	i := slices.Index(l.reasons, reason)
	if i < 0 {
		i = len(l.reasons)
		l.reasons, l.counts = append(l.reasons, reason), append(l.counts, 0)
	}
	l.counts[i]++
}

// gaps says what was left out, in the order in which it was met first.
func (l *left) gaps() []string {
	var out []string
	for i, reason := range l.reasons {
		out = append(out, fmt.Sprintf("left out %d × %s", l.counts[i], reason))
	}
	return out
}
