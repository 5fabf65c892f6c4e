package layer

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

func gz(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zst(t testing.TB, data []byte, options ...zstd.EOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, options...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// noise does not compress.
func noise(n int) []byte {
	data := make([]byte, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

// bz is "hello", compressed by bzip2.
const bz = "BZh91AY&SY\x191e=\x00\x00\x00\x81\x00\x02D\xa0\x00!\x9ah3M\x073\x8b\xb9\x22\x9c(H\x0c\x98\xb2\x9e\x80"

func TestDecompress(t *testing.T) {
	long := noise(600_000)
	skippable := append([]byte{0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0}, "abc"...)
	tests := map[string]struct{ in, want []byte }{
		"plain":            {long, long},
		"nothing":          {nil, nil},
		"a little":         {[]byte("x"), []byte("x")},
		"gzip":             {gz(t, long), long},
		"gzip in parts":    {append(gz(t, long[:1000]), gz(t, long[1000:])...), long},
		"gzip of nothing":  {gz(t, nil), nil},
		"zstd":             {zst(t, long), long},
		"zstd in parts":    {append(zst(t, long[:1000]), zst(t, long[1000:])...), long},
		"zstd, skip first": {append(skippable, zst(t, []byte("x"))...), []byte("x")},
		"bzip2":            {[]byte(bz), []byte("hello")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := Decompress(bytes.NewReader(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, tt.want) {
				t.Errorf("%d bytes, %v; want %d", len(got), err, len(tt.want))
			}
			if err := errors.Join(r.Close(), r.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDecompressErrors(t *testing.T) {
	long := noise(300_000)
	badSum := gz(t, long)
	badSum[len(badSum)-8] ^= 1
	window := zst(t, long, zstd.WithWindowSize(1<<29))
	tests := map[string]struct {
		in    []byte
		want  string
		large bool
	}{
		"gzip cut short":           {in: gz(t, long)[:1000], want: "cut short"},
		"gzip cut in its header":   {in: gz(t, long)[:5], want: "cut short"},
		"gzip of another checksum": {in: badSum, want: "damaged"},
		"gzip with junk behind":    {in: append(gz(t, long), "junk, and some more of it"...), want: "damaged"},
		"zstd cut short":           {in: zst(t, long)[:1000], want: "cut short"},
		"zstd with a huge window":  {in: window, want: "zstd window is larger than 64 MB", large: true},
		"xz":                       {in: []byte("\xfd7zXZ\x00 and so on"), want: "xz, which is not supported"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := Decompress(bytes.NewReader(tt.in))
			if err == nil {
				_, err = io.Copy(io.Discard, r)
				r.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, ErrTooLarge) != tt.large {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// zeros is an endless file of zeros.
type zeros struct{ n int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n -= int64(len(p)); z.n < 0 {
		return 0, io.EOF
	}
	clear(p)
	return len(p), nil
}

// TestRatio: what zeros are compressed to is a bomb once it is long.
func TestRatio(t *testing.T) {
	in := &counter{n: 1 << 20}
	n, err := io.Copy(io.Discard, &ratio{r: &zeros{n: 1 << 40}, in: in, floor: ratioFloor})
	if !errors.Is(err, ErrTooLarge) || n > ratioFloor+1<<20 {
		t.Errorf("after %d bytes: %v", n, err)
	}
	// So many bytes of so much is a real layer.
	in = &counter{n: 64 << 20}
	if _, err := io.Copy(io.Discard, &ratio{r: &zeros{n: ratioFloor + 1<<20}, in: in, floor: ratioFloor}); err != nil {
		t.Error(err)
	}
}

// endlessBomb is gzip of zeros without an end, a part of it again and again.
type endlessBomb struct {
	part []byte
	at   int
}

func (b *endlessBomb) Read(p []byte) (int, error) {
	n := copy(p, b.part[b.at:])
	b.at = (b.at + n) % len(b.part)
	return n, nil
}

func TestBombEnds(t *testing.T) {
	const floor = 32 << 20
	for name, part := range map[string][]byte{"gzip": gz(t, make([]byte, 8<<20)), "zstd": zst(t, make([]byte, 8<<20))} {
		r, err := decompress(&endlessBomb{part: part}, floor)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r)
		if !errors.Is(err, ErrTooLarge) || n > floor+aheadBufferSize {
			t.Errorf("%s: after %d bytes: %v", name, n, err)
		}
		r.Close()
	}
}

// TestCloseEarly: whoever stops reading leaves nothing running.
func TestCloseEarly(t *testing.T) {
	r, err := Decompress(&endlessBomb{part: gz(t, noise(1<<16))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { r.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("Close does not return")
	}
}

type panics struct{}

func (panics) Read([]byte) (int, error) { panic("out of range") }

func TestPanicIsAnError(t *testing.T) {
	a := readAhead(panics{})
	if _, err := a.Read(make([]byte, 1)); err != errDamaged {
		t.Error(err)
	}
	a.close()
}

func BenchmarkDecompress(b *testing.B) {
	// Half of it compresses, as in real layers.
	data := make([]byte, 0, 64<<20)
	random := noise(1 << 20)
	for len(data) < 64<<20 {
		at := len(data) % (1 << 19)
		data = append(data, random[at:at+2048]...)
		data = append(data, strings.Repeat("func (t *T) name() {\n", 100)...)
	}
	for name, in := range map[string][]byte{"gzip": gz(b, data), "zstd": zst(b, data)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := Decompress(bytes.NewReader(in))
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, r); err != nil {
					b.Fatal(err)
				}
				r.Close()
			}
		})
	}
	b.Run("gzip of the standard library", func(b *testing.B) {
		in := gz(b, data)
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			r, err := gzip.NewReader(bytes.NewReader(in))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
