package system

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	debversion "github.com/knqyf263/go-deb-version"
	"github.com/scangate/scangate/scanners/installed"
)

const (
	dpkgStatus    = "var/lib/dpkg/status"
	dpkgStatusDir = "var/lib/dpkg/status.d/" // a file for each package: images without dpkg
	dpkgInfoDir   = "var/lib/dpkg/info/"

	// maxDpkg bounds a status file, in bytes: a package takes about
	// a thousand.
	maxDpkg = 128 << 20
)

// dpkgReader reads what dpkg has installed.
func dpkgReader() installed.Reader {
	return installed.Reader{
		Name:    "dpkg",
		Version: 1,
		Wants: func(path string, _ fs.FileMode, _ int64) bool {
			if path == dpkgStatus {
				return true
			}
			name, ok := strings.CutPrefix(path, dpkgStatusDir)
			return ok && !strings.Contains(name, "/") && !strings.HasSuffix(name, ".md5sums")
		},
		Max:  maxDpkg,
		Read: readDpkg,
	}
}

// stanza is what matters of one package in a status file.
type stanza struct {
	name, status, version, source, arch, depends, maintainer string

	started bool // it has any line
	damaged bool // a line of it is not of the format
}

// field returns where the value of a field belongs, nil for one that does not
// matter. Names of fields know no case.
func (s *stanza) field(name []byte) *string {
	if len(name) > len("architecture") {
		return nil
	}
	switch strings.ToLower(string(name)) {
	case "package":
		return &s.name
	case "status":
		return &s.status
	case "version":
		return &s.version
	case "source":
		return &s.source
	case "architecture":
		return &s.arch
	case "depends":
		return &s.depends
	case "maintainer":
		return &s.maintainer
	}
	return nil
}

func readDpkg(ctx context.Context, f installed.File) (*installed.Result, error) {
	var out installed.Result
	var lost left
	index := map[string]int{}  // of an id in out.Packages
	ids := map[string]string{} // of the package of a name
	count := 0
	keep := func(s *stanza) {
		p, why := s.pkg()
		if why != "" {
			lost.out(why)
		}
		if p == nil {
			return
		}
		ids[p.Name] = p.ID
		// One version for two architectures is one package: the last.
		if i, ok := index[p.ID]; ok {
			out.Packages[i] = *p
			return
		}
		index[p.ID] = len(out.Packages)
		out.Packages = append(out.Packages, *p)
	}

	var s stanza
	var last *string // the field that a folded line continues
	in := newLines(ctx, f.Content, maxDpkg)
	for {
		line, ok := in.next()
		if !ok || len(line) == 0 {
			if s.started {
				if count++; count > maxPackages {
					return nil, errors.New("it has more packages than a system can have")
				}
				keep(&s)
			}
			if !ok {
				break
			}
			s, last = stanza{}, nil
			continue
		}
		folded := line[0] == ' ' || line[0] == '\t'
		switch {
		case in.cut, folded && !s.started:
			s.damaged = true
		case folded:
			if last != nil && len(*last) < maxLine {
				*last += " " + string(bytes.TrimSpace(line))
			}
		default:
			last = nil
			name, value, ok := bytes.Cut(line, []byte(":"))
			if !ok || len(name) == 0 {
				s.damaged = true
			} else if last = s.field(name); last != nil && *last == "" {
				*last = string(bytes.TrimSpace(value))
			} else {
				last = nil
			}
		}
		s.started = true
	}
	if in.fail != nil {
		return nil, in.fail
	}
	resolve(out.Packages, ids, true)
	sortPackages(out.Packages)
	if strings.HasPrefix(f.Path, dpkgStatusDir) {
		out.Owns = distrolessPython(out.Packages)
	}
	out.Gaps = lost.gaps()
	return &out, nil
}

// pkg returns the package, nil for one that is not installed, or whose entry
// is damaged: then why says so.
func (s *stanza) pkg() (p *ftypes.Package, why string) {
	for word := range strings.FieldsSeq(s.status) {
		if word == "deinstall" || word == "purge" {
			return nil, ""
		}
	}
	if s.damaged {
		return nil, "an entry that is not of dpkg's format"
	}
	if s.name == "" || s.version == "" {
		return nil, "" // known to dpkg, never installed
	}
	source, sourceVersion := splitSource(s.source)
	if source == "" {
		source = s.name
	}
	if sourceVersion == "" {
		sourceVersion = s.version
	}
	v, err := debversion.NewVersion(s.version)
	sv, sourceErr := debversion.NewVersion(sourceVersion)
	if err != nil || sourceErr != nil || !plain(s.name) || !plain(source) || !plain(s.version) || !plain(sourceVersion) || !optional(s.arch) {
		return nil, "a package whose name or version is not one"
	}
	return &ftypes.Package{
		ID:         s.name + "@" + s.version,
		Name:       s.name,
		Version:    v.Version(),
		Epoch:      v.Epoch(),
		Release:    v.Revision(),
		Arch:       s.arch,
		SrcName:    source,
		SrcVersion: sv.Version(),
		SrcEpoch:   sv.Epoch(),
		SrcRelease: sv.Revision(),
		Maintainer: s.maintainer,
		DependsOn:  dependNames(s.depends),
	}, ""
}

// splitSource splits "glibc (2.36-9)".
func splitSource(s string) (name, version string) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, ""
	}
	name = s[:i]
	if rest, ok := strings.CutPrefix(s[i:], " ("); ok {
		if end := strings.LastIndexByte(rest, ')'); end >= 0 {
			version = strings.TrimSpace(rest[:end])
		}
	}
	return name, version
}

// dependNames are the names in "passwd, debconf (>= 0.5) | debconf-2.0".
func dependNames(s string) []string {
	var out []string
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == '|' }) {
		name, _, _ := strings.Cut(part, "(")
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// distrolessPython are files of Python 2.7 in images that keep no lists of
// the files of their packages.
func distrolessPython(pkgs []ftypes.Package) []string {
	for _, p := range pkgs {
		if p.SrcName == "python2.7" {
			return []string{
				"usr/lib/python2.7/argparse.egg-info",
				"usr/lib/python2.7/lib-dynload/Python-2.7.egg-info",
				"usr/lib/python2.7/wsgiref.egg-info",
			}
		}
	}
	return nil
}

// dpkgFilesReader reads which files a package of dpkg brought along. Its
// *.md5sums name them without the directories that the *.list name as well.
func dpkgFilesReader() installed.Reader {
	return installed.Reader{
		Name:    "dpkg-files",
		Version: 1,
		Wants: func(path string, _ fs.FileMode, _ int64) bool {
			name, ok := strings.CutPrefix(path, dpkgInfoDir)
			if !ok {
				name, ok = strings.CutPrefix(path, dpkgStatusDir)
			}
			return ok && strings.HasSuffix(name, ".md5sums") && !strings.Contains(name, "/")
		},
		Max:  maxDpkg,
		Read: readDpkgFiles,
	}
}

func readDpkgFiles(ctx context.Context, f installed.File) (*installed.Result, error) {
	var out installed.Result
	var lost left
	in := newLines(ctx, f.Content, maxDpkg)
	for {
		line, ok := in.next()
		if !ok {
			break
		}
		_, name, ok := bytes.Cut(line, []byte("  "))
		if !ok || in.cut {
			lost.out("a line that is not a checksum and the path of a file")
			continue
		}
		path := owned(string(name))
		if path == "" {
			continue // no file can be there
		}
		if len(out.Owns) == maxOwned {
			return nil, errors.New("it has more files than a package can have")
		}
		out.Owns = append(out.Owns, path)
	}
	if in.fail != nil {
		return nil, in.fail
	}
	out.Gaps = lost.gaps()
	return &out, nil
}
