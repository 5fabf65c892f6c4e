package vulndb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

func TestTruncated(t *testing.T) {
	dir := build(t, time.Now())
	whole, err := os.ReadFile(trivydb.Path(dir))
	if err != nil {
		t.Fatal(err)
	}
	meta, err := readMeta(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	used := int(meta.pages * meta.pageSize) // bolt grows its file ahead of need
	for _, n := range []int{1, 100, 4095, 4096, 4200, 8192, 3 * 4096, used / 2, used - 4096, used - 1} {
		if err := os.WriteFile(trivydb.Path(dir), whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		db, err := Open(dir)
		if err == nil {
			db.Close()
			t.Errorf("%d of %d bytes: no error", n, used)
		} else if n >= 4096 && !strings.Contains(err.Error(), "is truncated") {
			t.Errorf("%d of %d bytes: %v", n, used, err)
		}
	}
}

// TestDamaged flips bytes all over the file. Whatever that does to the
// content, it must end in results or in an error, never in the end of the
// process.
func TestDamaged(t *testing.T) {
	dir := build(t, time.Now())
	whole, err := os.ReadFile(trivydb.Path(dir))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	pkgs := []ftypes.Package{{Name: "lodash", Version: "4.17.20"}, {Name: "qs", Version: "6.7.0"}}
	refused := 0
	for i := range 600 {
		damaged := append([]byte(nil), whole...)
		for range 1 + i%8 {
			at := random.IntN(len(damaged))
			if i%2 == 0 { // the structures at the start of a page matter most
				at = at/4096*4096 + random.IntN(160)
			}
			damaged[at%len(damaged)] ^= byte(1 + random.IntN(255))
		}
		if err := os.WriteFile(trivydb.Path(dir), damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		db, err := Open(dir)
		if err != nil {
			refused++
			continue
		}
		if _, err := db.Detect(t.Context(), ftypes.Npm, pkgs); err != nil {
			refused++
		}
		db.Close()
	}
	if refused == 0 {
		t.Error("no damage was noticed")
	}
	if _, err := os.Stat(trivydb.Path(dir)); err != nil {
		t.Errorf("the damaged file is gone: %v", err)
	}
}

// TestCrafted makes pages that bolt would follow for ever, or out of the file.
func TestCrafted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trivy.db")
	content := map[[3]string]any{}
	for i := range 2000 {
		content[[3]string{"npm::x", fmt.Sprint("package-", i), "CVE-1"}] = strings.Repeat("x", 100)
	}
	content[[3]string{"vulnerability", "", "long"}] = strings.Repeat("x", 3*buildPageSize)
	if err := writeBolt(path, content); err != nil {
		t.Fatal(err)
	}
	if err := verify(path); err != nil {
		t.Fatalf("a good file: %v", err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	order := binary.NativeEndian
	for _, tt := range []struct {
		name  string
		kind  uint16 // of the pages to spoil
		spoil func(page []byte, id uint64)
		want  string
	}{
		{"a child that is the page itself", branchPage, func(p []byte, id uint64) { order.PutUint64(p[pageHeader+8:], id) }, "is reached twice"},
		{"a child outside the file", branchPage, func(p []byte, _ uint64) { order.PutUint64(p[pageHeader+8:], 1<<40) }, "is outside the file"},
		{"no children", branchPage, func(p []byte, _ uint64) { order.PutUint16(p[10:], 0) }, "a branch without children"},
		{"a key outside the page", branchPage, func(p []byte, _ uint64) { order.PutUint32(p[pageHeader+4:], 1<<31) }, "a key ends outside the page"},
		{"too many elements", leafPage, func(p []byte, _ uint64) { order.PutUint16(p[10:], 0xFFFF) }, "more elements than fit"},
		{"a value outside the page", leafPage, func(p []byte, _ uint64) { order.PutUint32(p[pageHeader+12:], 1<<31) }, "a value ends outside the page"},
		{"neither branch nor leaf", leafPage, func(p []byte, _ uint64) { order.PutUint16(p[8:], 0x10) }, "unexpected kind"},
		{"another page's number", leafPage, func(p []byte, id uint64) { order.PutUint64(p, id+1) }, "calls itself"},
		{"overflow beyond the file", leafPage, func(p []byte, _ uint64) { order.PutUint32(p[12:], 1<<31) }, "ends outside the file"},
		{"a short bucket", leafPage, func(p []byte, _ uint64) {
			order.PutUint32(p[pageHeader:], bucketElement)
			order.PutUint32(p[pageHeader+12:], 8)
		}, "a bucket is too short"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spoilt := bytes.Clone(whole)
			for at := 2 * buildPageSize; at+buildPageSize <= len(spoilt); at += buildPageSize {
				page, id := spoilt[at:at+buildPageSize], uint64(at/buildPageSize)
				if order.Uint64(page) == id && order.Uint16(page[8:]) == tt.kind {
					tt.spoil(page, id)
				}
			}
			if err := os.WriteFile(path, spoilt, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := verify(path); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
