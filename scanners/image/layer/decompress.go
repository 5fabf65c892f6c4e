package layer

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// maxWindow bounds what zstd keeps in memory: what its level 21 asks for.
	maxWindow = 64 << 20
	// Content that is maxRatio times as long as what it is compressed from is
	// a bomb, once there is a lot of it: files of zeros are common, too.
	maxRatio   = 200
	ratioFloor = 2 << 30
)

// Decompress tells gzip, zstd and bzip2 from the first bytes, and takes
// anything else as it is. Compressed content is decompressed ahead of its
// reader, with bounded memory; one whose ratio is that of a bomb ends with an
// error that wraps ErrTooLarge.
//
// Close does not close r, and waits for a Read of r that is under way: r is to
// be closed before.
func Decompress(r io.Reader) (io.ReadCloser, error) {
	return decompress(r, ratioFloor)
}

func decompress(r io.Reader, floor int64) (io.ReadCloser, error) {
	in := &counter{r: r}
	buf := bufio.NewReaderSize(in, 128<<10)
	head, err := buf.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	out := &decompressor{release: func() {}}
	var z io.Reader
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		if z, err = gzip.NewReader(buf); err != nil {
			return nil, decompressError(err)
		}
	case isZstd(head):
		d, err := zstd.NewReader(buf, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, decompressError(err)
		}
		z, out.release = d, d.Close
	case bytes.HasPrefix(head, []byte("BZh")):
		z = bzip2.NewReader(buf)
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return nil, errors.New("it is compressed with xz, which is not supported: build the image with gzip or zstd")
	default:
		return io.NopCloser(buf), nil
	}
	out.ahead = readAhead(&ratio{r: z, in: in, floor: floor})
	return out, nil
}

// isZstd knows the two kinds of frames: those with content, and those to skip,
// which can come first.
func isZstd(head []byte) bool {
	return len(head) >= 4 && (bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) ||
		head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}))
}

type decompressor struct {
	*ahead
	release func()
	once    sync.Once
}

func (d *decompressor) Close() error {
	d.once.Do(func() {
		d.ahead.close()
		d.release()
	})
	return nil
}

// counter counts the compressed bytes.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// ratio watches how much comes out of how little.
type ratio struct {
	r   io.Reader
	in  *counter
	out int64
	// floor is what may come out of however little.
	floor int64
}

func (r *ratio) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.out += int64(n)
	if r.out > r.floor && r.out/maxRatio > r.in.n {
		return 0, fmt.Errorf("more than %d times its compressed size: %w", maxRatio, ErrTooLarge)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = decompressError(err)
	}
	return n, err
}

// decompressError puts the decompressors' own errors into words, and leaves
// those of the stream beneath as they are.
func decompressError(err error) error {
	switch {
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fmt.Errorf("its zstd window is larger than %d MB: %w", maxWindow>>20, ErrTooLarge)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the compressed content is cut short: %w", io.ErrUnexpectedEOF)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch), errors.Is(err, zstd.ErrMagicMismatch):
		return errDamaged
	}
	return err
}
