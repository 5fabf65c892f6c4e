package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"github.com/scangate/scangate/scanners/image/layer"
)

// maxRest is how much is read of a stored layer after the uncompressed one has
// ended.
const maxRest = 1 << 30

// verified reads content of a known digest. A mismatch is an error in place of
// the end.
type verified struct {
	ctx    context.Context
	r      io.Reader
	sum    hash.Hash
	digest string // empty: unknown
	size   int64  // 0 or less: unknown
	n      int64
	end    error // what is said from the end on
}

func (v *verified) Read(p []byte) (int, error) {
	if v.end != nil {
		return 0, v.end
	}
	if v.ctx.Err() != nil {
		return 0, context.Cause(v.ctx)
	}
	n, err := v.r.Read(p)
	v.n += int64(n)
	if v.digest != "" {
		v.sum.Write(p[:n])
	}
	switch {
	case v.size > 0 && v.n > v.size:
		v.end = fmt.Errorf("there is more than its %d bytes: %w", v.size, errMismatch)
	case errors.Is(err, io.EOF):
		v.end = v.check()
	case err != nil:
		v.end = err
		if v.ctx.Err() != nil {
			v.end = context.Cause(v.ctx)
		}
	default:
		return n, nil
	}
	return n, v.end
}

func (v *verified) check() error {
	switch {
	case v.size > 0 && v.n < v.size:
		return fmt.Errorf("it ends after %d of %d bytes: %w", v.n, v.size, io.ErrUnexpectedEOF)
	case v.digest != "" && "sha256:"+hex.EncodeToString(v.sum.Sum(nil)) != v.digest:
		return errMismatch
	}
	return io.EOF
}

// layerReader is an uncompressed layer.
type layerReader struct {
	diffID string
	blob   io.Closer
	stored *verified     // as it is stored
	plain  io.ReadCloser // decompressed
	out    *verified     // the uncompressed content; nil where that is the same
	closed bool
	failed error
}

// openLayer decompresses a layer and verifies it. An empty digest is not
// known; a size of zero neither.
func openLayer(ctx context.Context, blob io.ReadCloser, digest string, size int64, diffID string) (io.ReadCloser, error) {
	l := &layerReader{diffID: diffID, blob: blob, stored: &verified{ctx: ctx, r: blob, sum: sha256.New(), digest: digest, size: size}}
	if digest == diffID { // it is not compressed, whatever it looks like
		l.plain = io.NopCloser(l.stored)
		return l, nil
	}
	plain, err := layer.Decompress(l.stored)
	if err != nil {
		blob.Close()
		return nil, fmt.Errorf("layer %s: %w", short(diffID), err)
	}
	l.plain = plain
	l.out = &verified{ctx: ctx, r: plain, sum: sha256.New(), digest: diffID}
	return l, nil
}

func (l *layerReader) Read(p []byte) (int, error) {
	switch {
	case l.closed:
		return 0, fs.ErrClosed
	case l.failed != nil:
		return 0, l.failed
	}
	n, err := l.read(p)
	if err == nil {
		return n, nil
	}
	if why := l.whole(err); !errors.Is(why, io.EOF) {
		err = why
	}
	if !errors.Is(err, io.EOF) {
		l.failed = fmt.Errorf("layer %s: %w", short(l.diffID), err)
		return n, l.failed
	}
	return n, err
}

// whole reads what is left of the stored layer once the uncompressed one ends
// or fails, and says what is wrong with it: the end of compressed content can
// be before that of the layer, and what cannot be decompressed has most often
// been changed.
func (l *layerReader) whole(err error) error {
	if errors.Is(err, layer.ErrTooLarge) || l.stored.ctx.Err() != nil {
		return err
	}
	if l.stored.end == nil {
		io.Copy(io.Discard, io.LimitReader(l.stored, maxRest))
	}
	switch {
	case l.stored.end != nil:
		return l.stored.end
	case errors.Is(err, io.EOF):
		return fmt.Errorf("there is more than a gigabyte behind its end: %w", errMismatch)
	}
	return err
}

func (l *layerReader) read(p []byte) (int, error) {
	if l.out != nil {
		return l.out.Read(p)
	}
	return l.plain.Read(p)
}

// Close says once more what a Read has failed with.
func (l *layerReader) Close() error {
	if l.closed {
		return nil
	}
	l.closed = true
	err := l.blob.Close()
	l.plain.Close() // after what it reads from, so that it need not wait for it
	if l.failed != nil {
		return l.failed
	}
	return err
}
