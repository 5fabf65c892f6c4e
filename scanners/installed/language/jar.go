package language

import (
	"archive/zip"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

// maxJarPackages is how many packages one archive may name, with those nested
// in it. Large applications have 2,000.
const maxJarPackages = 20_000

var errPackages = fmt.Errorf("names more than %d packages: the rest was not looked at", maxJarPackages)

// jarReader reads Java archives as the engine does, within bounds, and without
// writing what is nested in them to files if it can.
func jarReader(index JavaIndex) readFunc {
	return func(ctx context.Context, f installed.File) (*installed.Result, error) {
		if f.Size == 0 {
			return nil, nil
		}
		j := &jar{root: f.Path, index: index, known: map[string]bool{},
			archive: archiveReader{ctx: ctx, bytes: maxArchiveBytes, entries: maxAllEntries}}
		switch err := j.look(f.Path, f.Content, f.Size, 1); {
		case err == nil:
		case ctx.Err() != nil || len(j.pkgs) == 0 && !ended(err):
			return nil, err
		default: // what was found stands
			j.gaps.add("", err)
		}
		if len(j.pkgs) == 0 && len(j.gaps.told) == 0 {
			return nil, nil
		}
		return &installed.Result{Type: ftypes.Jar, Packages: j.pkgs, Gaps: j.gaps.all()}, nil
	}
}

// jar is one look into an archive and those nested in it.
type jar struct {
	root    string
	index   JavaIndex
	archive archiveReader
	pkgs    []ftypes.Package
	known   map[string]bool // what pkgs holds
	gaps    gapList
}

// artifact is what Maven calls a package.
type artifact struct{ group, name, version string }

func (a artifact) complete() bool { return a.group != "" && a.name != "" && a.version != "" }

// look adds the packages of an archive. An error concerns the archive itself,
// or is of those that end all looking.
func (j *jar) look(place string, r io.ReaderAt, size int64, depth int) error {
	z, err := j.archive.open(r, size)
	if z == nil || err != nil {
		return err
	}
	named := fromFileName(path.Base(place))
	var manifest manifest
	told := false // the archive says itself what it is
	for _, e := range z.File {
		if err := j.archive.ctx.Err(); err != nil {
			return err
		}
		var err error
		switch name := e.Name[strings.LastIndexByte(e.Name, '/')+1:]; {
		case name == "pom.properties":
			var pom artifact
			if pom, err = j.properties(place, e); err == nil {
				told = told || pom.complete() && pom.name == named.name && pom.version == named.version
			}
		case name == "MANIFEST.MF":
			var data []byte
			if data, err = j.archive.small(e, maxSmall); err == nil {
				manifest = parseManifest(data)
			}
		case isNestedArchive(name):
			err = j.lookInside(place, r, e, depth)
		}
		if err == nil {
			continue
		}
		if err := j.gap(place, e.Name, err); err != nil {
			return err
		}
	}
	if told {
		return nil
	}
	a, err := j.identify(manifest.artifact(), named, r, size)
	if err != nil || !a.complete() {
		return err
	}
	return j.add(place, a)
}

// properties adds the package of a pom.properties. Archives that other
// archives were merged into have many.
func (j *jar) properties(place string, e *zip.File) (artifact, error) {
	data, err := j.archive.small(e, maxProperties)
	if err != nil {
		return artifact{}, err
	}
	pom := parseProperties(data)
	if !pom.complete() {
		return pom, nil
	}
	return pom, j.add(place, pom)
}

// gap notes that an entry cannot be read. It returns the error if that ends
// all looking.
func (j *jar) gap(place, entry string, err error) error {
	if ended(err) {
		return err
	}
	j.gaps.add(strings.TrimPrefix(place[len(j.root):]+"/"+entry, "/"), err)
	return nil
}

// ended reports whether there is nothing more to look at after err.
func ended(err error) bool {
	return errors.Is(err, errBudget) || errors.Is(err, errAllEntries) || errors.Is(err, errPackages) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func isNestedArchive(name string) bool {
	return strings.HasSuffix(name, ".jar") || strings.HasSuffix(name, ".war") || strings.HasSuffix(name, ".ear")
}

// lookInside adds the packages of an archive in the archive. Its place is its
// path in the outer one, as if that were a directory.
func (j *jar) lookInside(place string, outer io.ReaderAt, e *zip.File, depth int) error {
	inner := path.Join(place, e.Name)
	switch {
	case !strings.HasPrefix(inner, place+"/"):
		return errors.New("its path leads out of the archive: not looked at")
	case len(inner) > 4096:
		return errors.New("its path is longer than 4096 bytes: not looked at")
	case depth == maxDepth:
		return fmt.Errorf("nested more than %d deep: not looked at", maxDepth)
	}
	r, done, err := j.archive.nested(outer, e)
	if err != nil {
		return err
	}
	defer done()
	return j.look(inner, r, int64(e.UncompressedSize64), depth+1)
}

// add keeps a package once for each place.
func (j *jar) add(place string, a artifact) error {
	if len(a.group)+len(a.name)+len(a.version) > 1024 {
		j.gaps.add("", errors.New("it names a package in more than 1024 bytes, which was passed over"))
		return nil
	}
	name := a.group + ":" + a.name
	key := name + "\x00" + place + "\x00" + canonical(a.version)
	if j.known[key] {
		return nil
	}
	if len(j.pkgs) == maxJarPackages {
		return errPackages
	}
	j.known[key] = true
	j.pkgs = append(j.pkgs, ftypes.Package{Name: name, Version: a.version, FilePath: place})
	return nil
}

// canonical makes versions equal that Maven holds equal: 2.17 and 2.17.0.
func canonical(version string) string {
	version = strings.ToLower(version)
	for {
		short := version
		for _, end := range []string{".0", "-0", ".ga", "-ga", ".final", "-final"} {
			short = strings.TrimSuffix(short, end)
		}
		if short == version {
			return version
		}
		version = short
	}
}

// identify tells what an archive is that has no pom.properties of its own. The
// order is the engine's: the manifest if there is such an artifact, then the
// digest, then the name of the file.
func (j *jar) identify(manifest, named artifact, r io.ReaderAt, size int64) (artifact, error) {
	if j.index == nil {
		return manifest, nil
	}
	if names, ok := j.index.(JavaNames); ok && manifest.complete() {
		// The engine goes on when the index fails here, and so finds out below.
		if ok, err := names.Exists(manifest.group, manifest.name); err == nil && ok {
			return manifest, nil
		}
	}
	h := sha1.New() // what Maven publishes and the index is made of
	if _, err := io.Copy(h, ctxReader{j.archive.ctx, io.NewSectionReader(r, 0, size)}); err != nil {
		return artifact{}, j.archive.broken()
	}
	group, name, version, ok, err := j.index.BySHA1(hex.EncodeToString(h.Sum(nil)))
	if err != nil {
		return artifact{}, fmt.Errorf("cannot be looked up in the Java index: %w", err)
	}
	if ok {
		return artifact{group, name, version}, nil
	}
	if named.name == "" || named.version == "" {
		return artifact{}, nil
	}
	group, ok, err = j.index.ByArtifact(named.name, named.version)
	if err != nil {
		return artifact{}, fmt.Errorf("cannot be looked up in the Java index: %w", err)
	}
	if !ok {
		return artifact{}, nil
	}
	return artifact{group, named.name, named.version}, nil
}
