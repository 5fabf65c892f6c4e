package system

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

const (
	// maxRPM bounds a database of rpm, in bytes. It is read in place, a header
	// at a time.
	maxRPM = 1 << 30

	// maxHeader bounds the header of one package, in bytes. Each file of the
	// package takes about 150.
	maxHeader = 64 << 20
)

// rpmReader reads what rpm has installed. Its database has three formats, all
// of which are tables of package headers.
func rpmReader() installed.Reader {
	return installed.Reader{
		Name:    "rpm",
		Version: 1,
		Wants: at(
			"usr/lib/sysimage/rpm/Packages", "var/lib/rpm/Packages",
			"usr/lib/sysimage/rpm/Packages.db", "var/lib/rpm/Packages.db",
			"usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/rpmdb.sqlite",
		),
		Max:  maxRPM,
		Read: readRPM,
	}
}

// A database is an opened database of rpm.
type database interface {
	// each calls visit with the header of every package, in the order of the
	// table. The header is valid during the call only.
	each(ctx context.Context, visit func(header []byte) error) error
}

// openRPM tells the three formats apart by their first bytes; names do not.
func openRPM(f io.ReaderAt, size int64) (database, error) {
	head := make([]byte, 512)
	if n, err := f.ReadAt(head, 0); err != nil && n < 100 {
		return nil, errors.New("it is too short to be a database of rpm")
	}
	switch {
	case bytes.HasPrefix(head, []byte(sqliteMagic)):
		return openSQLite(f, size, head)
	case bytes.HasPrefix(head, []byte(ndbMagic)):
		return openNDB(f, size, head)
	}
	return openBDB(f, size, head)
}

func readRPM(ctx context.Context, f installed.File) (*installed.Result, error) {
	db, err := openRPM(f.Content, f.Size)
	if err != nil {
		return nil, err
	}
	r := rpmPackages{ids: map[string]string{}}
	if err := db.each(ctx, r.add); err != nil {
		return nil, err
	}
	resolve(r.out.Packages, r.ids, false)
	sortPackages(r.out.Packages)
	r.out.Gaps = r.lost.gaps()
	return &r.out, nil
}

// rpmPackages collects the packages of a database.
type rpmPackages struct {
	out   installed.Result
	lost  left
	ids   map[string]string // of the package that provides a name
	names int               // in ids, out.Owns and DependsOn, for the bound
}

func (r *rpmPackages) add(header []byte) error {
	h, err := parseHeader(header)
	if err != nil || !plain(h.name) || !plain(h.version) || !optional(h.release) || !optional(h.arch) {
		r.lost.out("a package whose header is damaged")
		return nil
	}
	if len(r.out.Packages) == maxPackages {
		return errors.New("it has more packages than a system can have")
	}
	src := splitSourceRPM(h.source)
	p := ftypes.Package{
		ID:              h.name + "@" + h.version + "-" + h.release + "." + h.arch,
		Name:            h.name,
		Epoch:           h.epoch,
		Version:         h.version,
		Release:         h.release,
		Arch:            h.arch,
		SrcName:         src.name,
		SrcEpoch:        h.epoch, // the name of the source package has none
		SrcVersion:      src.version,
		SrcRelease:      src.release,
		Modularitylabel: h.module,
		Maintainer:      h.vendor,
		DependsOn:       h.requires,
	}
	if p.Arch == "" {
		p.Arch = "None"
	}
	if h.licence != "" {
		p.Licenses = []string{h.licence}
	}
	if r.names += len(h.requires) + len(h.provides); r.names > maxOwned {
		return errors.New("it has more files and dependencies than a system can have")
	}
	r.out.Packages = append(r.out.Packages, p)
	for _, name := range h.provides {
		r.ids[name] = p.ID
	}
	if ofVendor(h) {
		return r.own(h)
	}
	return nil
}

// own keeps the files of a package.
func (r *rpmPackages) own(h *rpmHeader) error {
	if len(h.dirIndexes) != len(h.baseNames) {
		r.lost.out("the files of a package, whose list is damaged")
		return nil
	}
	if r.names += len(h.baseNames); r.names > maxOwned {
		return errors.New("it has more files and dependencies than a system can have")
	}
	for i, base := range h.baseNames {
		dir := h.dirIndexes[i]
		if dir < 0 || int(dir) >= len(h.dirNames) {
			r.lost.out("the files of a package, whose list is damaged")
			return nil
		}
		if name := owned(path.Join(h.dirNames[dir], base)); name != "" {
			r.out.Owns = append(r.out.Owns, name)
		}
	}
	return nil
}

// ofVendor tells whether a package is the system's own, so that the system's
// advisories are about the files in it. Old packages of Amazon name no vendor.
func ofVendor(h *rpmHeader) bool {
	if h.vendor == "" {
		return strings.Contains(h.release, "amzn")
	}
	for _, v := range []string{
		"AlmaLinux", "Amazon Linux", "Amazon.com", "CentOS", "CloudLinux", "Fedora Project", "Microsoft Corporation",
		"Oracle America", "Red Hat", "Rocky", "SUSE", "VMware", "openSUSE",
	} {
		if strings.HasPrefix(h.vendor, v) {
			return true
		}
	}
	return false
}

// sourceRPM is the package that a package was built from.
type sourceRPM struct{ name, version, release string }

// splitSourceRPM splits "bash-5.1.8-9.el9.src.rpm"; all is empty when s is no
// such name.
func splitSourceRPM(s string) sourceRPM {
	s = strings.TrimSuffix(s, ".rpm")
	arch := strings.LastIndexByte(s, '.')
	if arch < 0 || !plain(s) {
		return sourceRPM{}
	}
	s = s[:arch]
	release := strings.LastIndexByte(s, '-')
	if release < 0 {
		return sourceRPM{}
	}
	version := strings.LastIndexByte(s[:release], '-')
	if version < 0 {
		return sourceRPM{}
	}
	return sourceRPM{s[:version], s[version+1 : release], s[release+1:]}
}
