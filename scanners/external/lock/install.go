package lock

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/text"
)

const (
	defaultTimeout = 10 * time.Minute
	defaultSize    = 1 << 30
	// temporary begins and ends the names of files that are not whole yet.
	temporaryStart, temporaryEnd = ".download-", ".tmp"
	// leftover is the age from which such a file is surely nobody's any more.
	leftover = 24 * time.Hour
)

// Installer keeps tools in a directory of its own, as name/version/program.
// It is safe for concurrent use, also by several processes.
type Installer struct {
	Dir      string        // where tools are kept
	Platform string        // "linux/amd64"; empty: the one that this program is built for
	Timeout  time.Duration // of one download; 0: ten minutes
	MaxSize  int64         // of a download, and of a program, in bytes; 0: 1 GiB

	network network
}

// Path is where a tool's program is, or would be if it were installed.
func (i Installer) Path(t Tool) string {
	name := t.Program
	if strings.HasPrefix(i.platform(), "windows/") {
		name += ".exe"
	}
	return filepath.Join(i.Dir, t.Name, t.Version, name)
}

func (i Installer) platform() string { return cmp.Or(i.Platform, Platform()) }

// build returns what the lock has for the installer's platform.
func (i Installer) build(t Tool) (Build, error) {
	b, ok := t.Platforms[i.platform()]
	if !ok {
		return b, &failure{ErrNotLocked, fmt.Sprintf("%s has no entry for %s in the lock", t.Name, i.platform())}
	}
	return b, nil
}

// Install downloads a tool and puts its program at Path, unless the program is
// there and is the right one already: fresh tells which. Nothing is opened or
// made executable before its digest is checked, and the program appears under
// its name whole or not at all. Another digest than the lock's is ErrChanged.
func (i Installer) Install(ctx context.Context, t Tool) (path string, fresh bool, err error) {
	b, err := i.build(t)
	if err != nil {
		return "", false, err
	}
	path = i.Path(t)
	if got, err := digestOf(path); err == nil && got == b.SHA256 {
		return path, false, nil
	}
	if b.URL == "" {
		return "", false, fmt.Errorf("%s %s has no url in the lock: install it by other means", t.Name, t.Version)
	}
	if err = i.install(ctx, b, path); err != nil {
		return "", false, fmt.Errorf("%s %s is not installed: %w", t.Name, t.Version, err)
	}
	return path, true, nil
}

func (i Installer) install(ctx context.Context, b Build, path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make %s: %w", text.OneLine(dir, 300), fileio.Cause(err))
	}
	sweep(dir)
	program, err := i.obtain(ctx, b, dir)
	if program != nil {
		defer discard(program)
	}
	if err != nil {
		return err
	}
	err = cmp.Or(program.Chmod(0o755), program.Sync(), program.Close())
	if err == nil {
		err = os.Rename(program.Name(), path)
	}
	if err == nil {
		return nil
	}
	// Where a program that runs cannot be replaced, another installation may
	// have been first.
	if got, hashErr := digestOf(path); hashErr == nil && got == b.SHA256 {
		return nil
	}
	return fmt.Errorf("cannot write %s: %w", text.OneLine(path, 300), fileio.Cause(err))
}

// Measure downloads a build whose archive's digest is known, or that is no
// archive, and returns it with the program's digest. Nothing is kept.
func (i Installer) Measure(ctx context.Context, b Build) (Build, error) {
	dir, err := os.MkdirTemp("", "scangate-measure-")
	if err != nil {
		return b, err
	}
	defer os.RemoveAll(dir)
	if b.Member == "" && b.SHA256 == "" || b.Member != "" && b.Archive == "" {
		return b, errors.New("a download without a known digest is not measured")
	}
	archive, sum, err := i.fetch(ctx, b.URL, dir)
	if err != nil {
		return b, err
	}
	defer discard(archive)
	if b.Member == "" {
		return b, same("the download", sum, b.SHA256)
	}
	if err := same("the archive", sum, b.Archive); err != nil {
		return b, err
	}
	b.SHA256, err = i.extract(ctx, archive, b.Member, io.Discard)
	return b, err
}

// obtain returns the program in a temporary file of dir, checked. The caller
// discards it.
func (i Installer) obtain(ctx context.Context, b Build, dir string) (*os.File, error) {
	file, sum, err := i.fetch(ctx, b.URL, dir)
	if err != nil {
		return nil, err
	}
	if b.Member == "" {
		return file, same("the download", sum, b.SHA256)
	}
	defer discard(file)
	if err := same("the archive", sum, b.Archive); err != nil {
		return nil, err
	}
	program, err := os.CreateTemp(dir, temporaryStart+"*"+temporaryEnd)
	if err != nil {
		return nil, fileio.Cause(err)
	}
	sum, err = i.extract(ctx, file, b.Member, program)
	if err == nil {
		err = same("the program in the archive", sum, b.SHA256)
	}
	return program, err
}

// fetch downloads into a temporary file of dir, which the caller discards.
func (i Installer) fetch(ctx context.Context, address, dir string) (*os.File, string, error) {
	timeout := cmp.Or(i.Timeout, defaultTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the download took longer than %s", timeout))
	defer cancel()
	f, err := os.CreateTemp(dir, temporaryStart+"*"+temporaryEnd)
	if err != nil {
		return nil, "", fileio.Cause(err)
	}
	h := sha256.New()
	if err := i.network.download(ctx, address, nil, i.limit(), io.MultiWriter(f, h)); err != nil {
		discard(f)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, "", err
	}
	return f, sumOf(h), nil
}

func (i Installer) limit() int64 { return cmp.Or(i.MaxSize, defaultSize) }

// extract writes a member of an archive and returns its digest.
func (i Installer) extract(ctx context.Context, archive *os.File, member string, to io.Writer) (string, error) {
	h := sha256.New()
	err := unpack(ctx, archive, member, i.limit(), io.MultiWriter(diskWriter{to}, h))
	return sumOf(h), err
}

// diskWriter marks its errors, to tell them from those of the archive.
type diskWriter struct{ w io.Writer }

func (d diskWriter) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	if err != nil {
		err = &writeError{fileio.Cause(err)}
	}
	return n, err
}

func sumOf(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// same compares digests.
func same(what, got, want string) error {
	if got == want {
		return nil
	}
	return &failure{ErrChanged, fmt.Sprintf("%s has SHA-256 %s…, but the lock has %s…: it was changed after it was locked, or the lock is wrong",
		what, got[:shortDigest], want[:min(shortDigest, len(want))])}
}

// discard removes a temporary file, unless it has been renamed.
func discard(f *os.File) {
	f.Close()
	os.Remove(f.Name())
}

// sweep removes what earlier installations that were killed have left.
func sweep(dir string) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range list {
		name := e.Name()
		if !strings.HasPrefix(name, temporaryStart) || !strings.HasSuffix(name, temporaryEnd) {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > leftover {
			os.Remove(filepath.Join(dir, name))
		}
	}
}
