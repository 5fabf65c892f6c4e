package system

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	apkversion "github.com/knqyf263/go-apk-version"
	"github.com/scangate/scangate/scanners/installed"
)

// maxAPK bounds the database of apk, in bytes. It lists every file, with
// about a hundred bytes for each.
const maxAPK = 256 << 20

// apkReader reads what apk has installed.
func apkReader() installed.Reader {
	return installed.Reader{
		Name:    "apk",
		Version: 1,
		Wants:   at("lib/apk/db/installed", "usr/lib/apk/db/installed"),
		Max:     maxAPK,
		Read:    readAPK,
	}
}

// apkDB collects the packages of a database.
type apkDB struct {
	out  installed.Result
	lost left
	seen map[string]bool   // the names in out
	ids  map[string]string // of the package that provides a name

	names int // in ids and in DependsOn, for the bound
	p     ftypes.Package
	raw   string // the version of p as written
	dir   string // that the files which follow are in
	bad   bool   // a line of p is not of the format
}

func readAPK(ctx context.Context, f installed.File) (*installed.Result, error) {
	db := apkDB{seen: map[string]bool{}, ids: map[string]string{}}
	in := newLines(ctx, f.Content, maxAPK)
	for {
		line, ok := in.next()
		if !ok {
			break
		}
		var err error
		if len(line) < 2 {
			err = db.end()
		} else {
			err = db.line(string(line[:2]), string(line[2:]), in.cut)
		}
		if err != nil {
			return nil, err
		}
	}
	if in.fail != nil {
		return nil, in.fail
	}
	if err := db.end(); err != nil {
		return nil, err
	}
	resolve(db.out.Packages, db.ids, true)
	sortPackages(db.out.Packages)
	db.out.Gaps = db.lost.gaps()
	return &db.out, nil
}

// line reads one field of a package.
func (db *apkDB) line(key, value string, cut bool) error {
	if cut && slices.Contains([]string{"P:", "V:", "A:", "o:", "D:", "p:", "F:", "R:"}, key) {
		db.bad = true
		return nil
	}
	p := &db.p
	switch key {
	case "P:":
		p.Name = value
	case "V:":
		if db.raw = value; apkVersion(value) {
			p.Version = value
		}
	case "A:":
		p.Arch = value
	case "L:":
		p.Licenses = splitLicence(value)
	case "m:":
		p.Maintainer = value
	case "o:":
		p.SrcName, p.SrcVersion = value, db.raw
	case "D:":
		for name := range strings.FieldsSeq(value) {
			if !strings.HasPrefix(name, "!") { // that is a conflict
				p.DependsOn = append(p.DependsOn, withoutVersion(name))
			}
		}
		return db.more(len(p.DependsOn))
	case "p:":
		n := 0
		for name := range strings.FieldsSeq(value) {
			db.ids[withoutVersion(name)] = apkID(p)
			n++
		}
		return db.more(n)
	case "F:":
		db.dir = value
	case "R:":
		if name := owned(path.Join(db.dir, value)); name != "" {
			db.out.Owns = append(db.out.Owns, name)
		}
		return db.more(1)
	}
	return nil
}

// more counts names, which a hostile file may have any number of.
func (db *apkDB) more(n int) error {
	if db.names += n; db.names > maxOwned {
		return errors.New("it has more files and dependencies than a system can have")
	}
	return nil
}

// end keeps the package that the lines before were of.
func (db *apkDB) end() error {
	p, bad, raw := db.p, db.bad, db.raw
	db.p, db.bad, db.raw, db.dir = ftypes.Package{}, false, "", ""
	if p.Name == "" && raw == "" && !bad {
		return nil
	}
	if bad || !plain(p.Name) || p.Version == "" || !optional(p.SrcName) || !optional(p.Arch) {
		db.lost.out("a package whose name or version is not one")
		return nil
	}
	p.ID = apkID(&p)
	db.ids[p.Name] = p.ID
	if db.seen[p.Name] {
		return nil
	}
	if len(db.out.Packages) == maxPackages {
		return errors.New("it has more packages than a system can have")
	}
	db.seen[p.Name] = true
	db.out.Packages = append(db.out.Packages, p)
	return nil
}

func apkID(p *ftypes.Package) string { return p.Name + "@" + p.Version }

func apkVersion(s string) bool { return plain(s) && apkversion.Valid(s) }

// withoutVersion cuts "so:libssl.so.3=3" and "musl>=1.2".
func withoutVersion(s string) string {
	if i := strings.IndexAny(s, "<>="); i > 0 {
		return s[:i]
	}
	return s
}

// splitLicence splits "MIT AND (BSD-2-Clause OR GPL-2.0-only WITH x)" into
// licences, with their exceptions.
func splitLicence(s string) []string {
	var out []string
	with := false
	for word := range strings.FieldsSeq(s) {
		switch word = strings.Trim(word, "()"); {
		case word == "" || word == "AND" || word == "OR":
		case word == "WITH":
			with = true
		case with && len(out) > 0:
			out[len(out)-1] += " WITH " + word
			with = false
		default:
			out = append(out, word)
		}
	}
	return out
}
