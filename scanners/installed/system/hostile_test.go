package system

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"testing"

	"github.com/scangate/scangate/scanners/installed"
)

// TestHostile gives the readers what is made to hurt them: each ends soon, in
// an error or in a gap.
func TestHostile(t *testing.T) {
	endless := strings.Repeat("x", 8<<20)
	garbage := make([]byte, 1<<20)
	rand.New(rand.NewSource(1)).Read(garbage)
	many := func(format string) string {
		var b strings.Builder
		for i := range 1_000_000 {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	const tooMany = "it has more packages than a system can have"
	const rpm = "var/lib/rpm/Packages"
	for _, tt := range []struct {
		name, path, content string
		err                 string // "" when there are gaps
	}{
		{"dpkg: endless line", dpkgStatus, endless, ""},
		{"dpkg: endless field", dpkgStatus, "Package: a\nVersion: 1\nDepends: " + endless, ""},
		{"dpkg: NULs", dpkgStatus, string(make([]byte, 1<<20)), ""},
		{"dpkg: garbage", dpkgStatus, string(garbage), ""},
		{"dpkg: a million packages", dpkgStatus, many("Package: p%d\nVersion: 1\n\n"), tooMany},
		{"dpkg: an endless name", dpkgStatus, "Package: " + strings.Repeat("x", 1<<19) + "\nVersion: 1\n", ""},
		{"md5sums: endless line", dpkgInfoDir + "a.md5sums", endless, ""},
		{"md5sums: three million", dpkgInfoDir + "a.md5sums", strings.Repeat("0  a\n", maxOwned+1), "it has more files than a package can have"},
		{"apk: endless line", "lib/apk/db/installed", "P:" + endless, ""},
		{"apk: endless provides", "lib/apk/db/installed", "P:a\nV:1\np:" + endless, ""},
		{"apk: a million packages", "lib/apk/db/installed", many("P:p%d\nV:1\n\n"), tooMany},
		{"apk: a million names", "lib/apk/db/installed", "P:a\nV:1\n" + strings.Repeat("D:"+strings.Repeat("a ", 100_000)+"\n", 30), "it has more files and dependencies than a system can have"},
		{"apk: garbage", "lib/apk/db/installed", "P:a\nV:" + string(garbage), ""},
		{"manifest: a million packages", "var/lib/rpmmanifest/container-manifest-2", strings.Repeat("a\t1-1\t\t\t\t\t\tx\t0\ta-1-1.src.rpm\n", maxPackages+1), tooMany},
		{"manifest: garbage", "var/lib/rpmmanifest/container-manifest-2", string(garbage), ""},
		{"rpm: empty", rpm, "", "it is too short to be a database of rpm"},
		{"rpm: garbage", rpm, string(garbage), errBDB.Error()},
		{"rpm: NULs", rpm, string(make([]byte, 1<<20)), errBDB.Error()},
		{"rpm: garbage as sqlite", rpm, sqliteMagic + string(garbage), errSQLite.Error()},
		{"rpm: garbage as ndb", rpm, ndbMagic + string(garbage), errNDB.Error()},
		{"rpm: empty sqlite", rpm, emptySQLite(), "it has no table of packages"},
		{"rpm: bdb with a cycle", rpm, cyclicBDB(), errBDB.Error()},
		{"rpm: encrypted bdb", rpm, cyclicBDB()[:24] + "\x01" + cyclicBDB()[25:], "it is encrypted"},
		{"rpm: sqlite in UTF-16", rpm, emptySQLite()[:59] + "\x02" + emptySQLite()[60:], "its text is not in UTF-8, as rpm's is"},
		{"rpm: sqlite with a cycle", rpm, cyclicSQLite(), errSQLite.Error()},
		{"rpm: ndb with one header in all slots", rpm, greedyNDB(), errNDB.Error()},
		{"JSON: deep", "usr/share/buildinfo/a.json", strings.Repeat("[", 1<<20), "it is not a content manifest in JSON"},
		{"Dockerfile: large", "root/buildinfo/Dockerfile-a-1-1", endless, "it is too large for a Dockerfile"},
		{"Dockerfile: garbage", "root/buildinfo/Dockerfile-a-1-1", string(garbage[:100<<10]), "it is not a Dockerfile, or its labels cannot be read"},
		{"Dockerfile: NUL", "root/buildinfo/Dockerfile-a-1-1", "FROM a\nLABEL architecture=a\x00b com.redhat.component=c\n", "it is not a Dockerfile, or its labels cannot be read"},
		{"release: endless line", "etc/redhat-release", "a release " + strings.Repeat("9", 1<<19), "what it gives as the release is not one"},
		{"release: long version", "etc/debian_version", strings.Repeat("1", 1<<20), "what it gives as the release is not one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			quick(t, "reading", func() {
				r, err := read(t, tt.path, []byte(tt.content))
				if got := message(err); got != tt.err {
					t.Errorf("the error is %q, not %q", got, tt.err)
				}
				if err == nil && (r == nil || len(r.Gaps) == 0) {
					t.Errorf("nothing says that something is missing: %v", r)
				}
			})
		})
	}
}

// TestDamaged cuts the databases at every place and changes bytes anywhere.
// What is cut is noticed; of other damage, the reader may do without.
func TestDamaged(t *testing.T) {
	for file, path := range rpmFixtures() {
		t.Run(file, func(t *testing.T) {
			whole := fixture(t, file)
			quick(t, "all of it", func() {
				for i := range 60 {
					cut := whole[:len(whole)*i/60]
					if r, err := read(t, path, cut); err == nil && len(r.Gaps) == 0 {
						t.Errorf("nothing was noticed when %d of %d bytes are left", len(cut), len(whole))
					}
				}
				random := rand.New(rand.NewSource(2))
				for range 150 {
					damaged := bytes.Clone(whole)
					for range 1 + random.Intn(40) {
						damaged[random.Intn(len(damaged))] ^= byte(1 + random.Intn(255))
					}
					if i := random.Intn(512); i > 20 { // and in what describes the rest
						damaged[i] ^= byte(1 + random.Intn(255))
					}
					r, err := read(t, path, damaged)
					if err == nil && r == nil {
						t.Error("neither a result nor an error")
					}
				}
			})
		})
	}
}

// TestHeaderCounts gives a package's header counts that are not there.
func TestHeaderCounts(t *testing.T) {
	entry := func(tag, kind, offset, count uint32) []byte {
		var b []byte
		for _, n := range []uint32{tag, kind, offset, count} {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		return b
	}
	header := func(tags, size uint32, data string, entries ...[]byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, tags)
		b = binary.BigEndian.AppendUint32(b, size)
		return append(append(b, bytes.Join(entries, nil)...), data...)
	}
	for name, b := range map[string][]byte{
		"empty":                    nil,
		"short":                    {0, 0, 0, 1},
		"no tags":                  header(0, 0, ""),
		"too many tags":            header(0xffffffff, 0, ""),
		"all there could be":       header(0xffff, 0, ""),
		"too much data":            header(1, 0xffffffff, "", entry(tagName, typeString, 0, 1)),
		"outside":                  header(1, 2, "a\x00", entry(tagName, typeString, 3, 1)),
		"far outside":              header(1, 2, "a\x00", entry(tagName, typeString, 0xffffffff, 1)),
		"no end":                   header(1, 2, "aa", entry(tagName, typeString, 0, 1)),
		"a string that is none":    header(1, 2, "a\x00", entry(tagName, typeInt32, 0, 1)),
		"a number that is none":    header(1, 2, "a\x00", entry(tagEpoch, typeString, 0, 1)),
		"a negative epoch":         header(1, 4, "\xff\xff\xff\xff", entry(tagEpoch, typeInt32, 0, 1)),
		"more strings than bytes":  header(1, 2, "a\x00", entry(tagProvides, typeStringArray, 0, 0xffffffff)),
		"more strings than ends":   header(1, 2, "a\x00", entry(tagProvides, typeStringArray, 0, 2)),
		"more numbers than bytes":  header(1, 4, "aaaa", entry(tagDirIndexes, typeInt32, 0, 0x40000001)),
		"numbers that are strings": header(1, 4, "aaa\x00", entry(tagDirIndexes, typeStringArray, 0, 1)),
	} {
		if _, err := parseHeader(b); err != errHeader {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	h, err := parseHeader(header(3, 8, "a\x00b\x00\x00\x00\x00\x07", entry(tagName, typeString, 0, 1), entry(tagName, typeString, 2, 1), entry(tagEpoch, typeInt32, 4, 1)))
	if err != nil || h.name != "b" || h.epoch != 7 {
		t.Errorf("a good header gives %+v, %v", h, err)
	}

	r := rpmPackages{ids: map[string]string{}}
	for _, indexes := range [][]int32{{0}, {0, 2}, {0, -1}} {
		if err := r.own(&rpmHeader{baseNames: []string{"a", "b"}, dirNames: []string{"/x", "/y"}, dirIndexes: indexes}); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "what was left out", []string{"left out 3 × the files of a package, whose list is damaged"}, r.lost.gaps())
}

// emptySQLite is a database without a table.
func emptySQLite() string {
	page := make([]byte, 4096)
	copy(page, sqliteMagic)
	binary.BigEndian.PutUint16(page[16:], 4096)
	page[sqliteHeader] = sqliteLeaf
	return string(page)
}

// cyclicSQLite is a database whose first page is its own child.
func cyclicSQLite() string {
	page := []byte(emptySQLite())
	page[sqliteHeader] = sqliteInterior
	binary.BigEndian.PutUint16(page[sqliteHeader+3:], 1000)
	for i := range 1000 {
		binary.BigEndian.PutUint16(page[sqliteHeader+12+2*i:], 4000)
	}
	binary.BigEndian.PutUint32(page[4000:], 1)
	return string(page) + strings.Repeat(string(make([]byte, 4096)), 1000)
}

// cyclicBDB is a table with a value whose pages go round in a circle.
func cyclicBDB() string {
	b := make([]byte, 4*512)
	le := binary.LittleEndian
	le.PutUint32(b[12:], bdbMagic)
	le.PutUint32(b[20:], 512)
	b[25] = bdbMeta
	le.PutUint32(b[32:], 3)
	table := b[512:]
	le.PutUint16(table[20:], 2)
	table[25] = bdbHash
	le.PutUint16(table[26:], 500)
	le.PutUint16(table[28:], 480)
	table[480] = bdbOffPage
	le.PutUint32(table[484:], 2)
	le.PutUint32(table[488:], 2000)
	for n, next := range map[int]uint32{2: 3, 3: 2} {
		le.PutUint32(b[512*n+16:], next)
		le.PutUint16(b[512*n+22:], 1)
		b[512*n+25] = bdbOverflow
	}
	return string(b)
}

// greedyNDB is a database with one large header that every slot points at, so
// that reading it would take a thousand times its size.
func greedyNDB() string {
	b := make([]byte, 40*4096+ndbBlock+4<<20)
	le := binary.LittleEndian
	copy(b, ndbMagic)
	le.PutUint32(b[12:], 40)
	for at := 32; at < 40*4096; at += 16 {
		copy(b[at:], ndbSlotMagic)
		le.PutUint32(b[at+4:], 1)
		le.PutUint32(b[at+8:], 40*4096/ndbBlock)
	}
	blob := b[40*4096:]
	copy(blob, ndbBlobMagic)
	le.PutUint32(blob[4:], 1)
	le.PutUint32(blob[12:], 4<<20)
	return string(b)
}

// TestFails shows that a file that cannot be read to its end is an error.
func TestFails(t *testing.T) {
	for path, content := range samples(t) {
		for _, r := range Readers() {
			if !r.Wants(path, 0o644, int64(len(content))) {
				continue
			}
			if _, err := r.Read(context.Background(), installed.File{Path: path, Size: int64(len(content)), Content: broken{}}); err == nil {
				t.Errorf("%s: no error", path)
			} else if strings.Contains(err.Error(), "input/output") {
				t.Errorf("%s: the error quotes the cause: %v", path, err)
			}
		}
	}
}

// broken is a file on a disk that fails.
type broken struct{}

func (broken) Read([]byte) (int, error) {
	return 0, fmt.Errorf("input/output error: %w", io.ErrUnexpectedEOF)
}
func (broken) ReadAt([]byte, int64) (int, error) { return 0, fmt.Errorf("input/output error") }
func (broken) Seek(int64, int) (int64, error)    { return 0, fmt.Errorf("input/output error") }

// FuzzReaders gives anything to every reader.
func FuzzReaders(f *testing.F) {
	for path, content := range samples(f) {
		f.Add(path, content)
	}
	f.Fuzz(func(t *testing.T, path string, content []byte) {
		for _, r := range Readers() {
			if !r.Wants(path, 0o644, int64(len(content))) {
				continue
			}
			got, err := r.Read(t.Context(), installed.File{Path: path, Size: int64(len(content)), Content: bytes.NewReader(content)})
			if err == nil && got == nil {
				continue
			}
			if err == nil && len(got.Packages) > maxPackages {
				t.Errorf("%d packages", len(got.Packages))
			}
		}
	})
}
