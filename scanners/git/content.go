package git

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// IsBlob reports whether content of so many bytes is that of an object, as it is
// or with the line ends that a checkout may give it.
func IsBlob(r io.ReadSeeker, size int64, id string) (bool, error) {
	count := &crlfCounter{}
	if got, err := blobID(io.TeeReader(r, count), size, len(id)); err != nil || got == id || count.n == 0 {
		return err == nil && got == id, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	got, err := blobID(&crlfDropper{r: r}, size-count.n, len(id))
	return err == nil && got == id, err
}

// blobID names content as git does, in so many digits.
func blobID(r io.Reader, size int64, digits int) (string, error) {
	h := NewHash(digits == 2*sha256.Size)
	fmt.Fprintf(h, "blob %d\x00", size)
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// NewHash is the hash that names git's objects; wide, in a repository of SHA-256.
func NewHash(wide bool) hash.Hash {
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

// BlobID is the id of an object with that content, in a repository of SHA-1.
func BlobID(data []byte) string {
	id, _ := blobID(bytes.NewReader(data), int64(len(data)), 2*sha1.Size) // memory can be read
	return id
}
