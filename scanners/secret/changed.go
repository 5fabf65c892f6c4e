package secret

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/git"
)

// changedFiles returns those of files that are not the same in each of the
// commits: all of them, when there are no commits. It goes by content alone: the index
// knows which files were touched, but can be told to look away, and asking git
// to compare runs the filters that the repository's configuration names.
func (r *repo) changedFiles(ctx context.Context, tree *scanners.Tree, files []file, commits []string) ([]file, error) {
	if len(commits) == 0 {
		return files, nil
	}
	changed := map[string]bool{}
	for _, commit := range commits {
		ids, err := r.blobIDs(ctx, commit)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if !changed[f.path] {
				changed[f.path] = !unchanged(tree, f.path, ids[f.path])
			}
		}
	}
	var out []file
	for _, f := range files {
		if changed[f.path] {
			out = append(out, f)
		}
	}
	return out, nil
}

// blobIDs returns the ids of the regular files of a commit, by their path below
// the scanned directory.
func (r *repo) blobIDs(ctx context.Context, commit string) (map[string]string, error) {
	entries, err := r.git.Entries(ctx, "ls-tree", "-r", "-z", commit, "--")
	if err != nil {
		return nil, err
	}
	ids := map[string]string{}
	for _, entry := range entries {
		about, path, ok := strings.Cut(entry, "\t")
		words := strings.Fields(about)
		if !ok || len(words) != 3 || !git.IsHash(words[2]) {
			return nil, errors.New("secret: git ls-tree printed an entry that is not one")
		}
		if strings.HasPrefix(words[0], "100") {
			ids[path] = words[2]
		}
	}
	return ids, nil
}

// unchanged reports whether a file has the content of a blob, as it is or with the
// line ends that a checkout may give it. What cannot be read is not the same,
// and whoever scans it says why.
func unchanged(tree *scanners.Tree, path, id string) bool {
	if id == "" {
		return false
	}
	f, err := tree.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false
	}
	count := &crlfCounter{}
	if got, err := blobID(io.TeeReader(f, count), info.Size(), len(id)); err != nil || got == id {
		return err == nil
	}
	if count.n == 0 {
		return false
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false
	}
	got, err := blobID(&crlfDropper{r: f}, info.Size()-count.n, len(id))
	return err == nil && got == id
}

// blobID names content as git does, in so many digits.
func blobID(r io.Reader, size int64, digits int) (string, error) {
	h := newHash(digits == 2*sha256.Size)
	fmt.Fprintf(h, "blob %d\x00", size)
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// newHash is the hash that names git's objects; wide, in a repository of SHA-256.
func newHash(wide bool) hash.Hash {
	if wide {
		return sha256.New()
	}
	return sha1.New()
}

// crlfCounter counts the line ends of two bytes in what is written to it.
type crlfCounter struct {
	n  int64
	cr bool // the last byte was a CR
}

func (c *crlfCounter) Write(p []byte) (int, error) {
	if len(p) > 0 {
		if c.cr && p[0] == '\n' {
			c.n++
		}
		c.n += int64(bytes.Count(p, []byte("\r\n")))
		c.cr = p[len(p)-1] == '\r'
	}
	return len(p), nil
}

// crlfDropper makes line ends of two bytes one.
type crlfDropper struct {
	r  io.Reader
	cr bool // one is held back
}

func (d *crlfDropper) Read(p []byte) (int, error) {
	if len(p) < 2 {
		return 0, io.ErrShortBuffer
	}
	// One byte is left free for the CR that is held back.
	at := 0
	if d.cr {
		p[0], at = '\r', 1
	}
	n, err := d.r.Read(p[at:])
	if n == 0 {
		if err != nil && d.cr {
			d.cr = false
			return 1, err
		}
		return 0, err
	}
	out := bytes.ReplaceAll(p[:at+n], []byte("\r\n"), []byte("\n")) // an error comes again
	d.cr = out[len(out)-1] == '\r'
	if d.cr {
		out = out[:len(out)-1]
	}
	return copy(p, out), nil
}
