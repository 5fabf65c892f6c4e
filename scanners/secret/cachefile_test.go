package secret

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func unpack(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	data, err = io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func pack(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

// TestCacheThatDoesNotFit asserts that it is passed over, replaced, and, where
// there is one, that this is said.
func TestCacheThatDoesNotFit(t *testing.T) {
	edit := func(change func(m *memory)) func(*testing.T, *world, string) {
		return func(t *testing.T, _ *world, file string) {
			m := &memory{}
			if err := json.Unmarshal(unpack(t, file), m); err != nil {
				t.Fatal(err)
			}
			change(m)
			data, err := json.Marshal(m)
			if err == nil {
				err = os.WriteFile(file, pack(data), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	raw := func(content []byte) func(*testing.T, *world, string) {
		return func(t *testing.T, _ *world, file string) {
			if err := os.WriteFile(file, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	const damaged = "it is damaged"
	tests := []struct {
		name string
		make func(*testing.T, *world, string)
		note string
	}{
		{"other rules", edit(func(m *memory) { m.Rules = "x" }), "made with other rules"},
		{"another version", edit(func(m *memory) { m.Version++; m.Bytes = nil }), "made by another version"},
		{"another setting", func(_ *testing.T, w *world, _ string) { w.git("config", "merge.conflictStyle", "diff3") }, "with other settings or attributes"},
		{"another attribute", func(_ *testing.T, w *world, _ string) { w.write(".gitattributes", "*.txt -diff\n") }, "with other settings or attributes"},
		{"another attribute of the clone", func(_ *testing.T, w *world, _ string) { w.write(".git/info/attributes", "*.txt -diff\n") }, "with other settings or attributes"},
		{"empty", raw(nil), damaged},
		{"no gzip", raw([]byte("{}")), damaged},
		{"cut short", raw(pack([]byte(`{"version":1}`))[:12]), damaged},
		{"no JSON", raw(pack([]byte("x"))), damaged},
		{"null", raw(pack([]byte("null"))), "made by another version"},
		{"too large", raw(pack(bytes.Repeat([]byte(" "), maxCacheFile+1))), damaged},
		{"too deep", raw(pack(bytes.Repeat([]byte("["), 100_000))), damaged},
		{"a directory", func(t *testing.T, _ *world, file string) {
			os.Remove(file)
			if err := os.Mkdir(file, 0o755); err != nil {
				t.Fatal(err)
			}
		}, "not a regular file"},
		{"half an id", edit(func(m *memory) { m.IDs = m.IDs[:len(m.IDs)-1] }), damaged},
		{"ids out of order", edit(func(m *memory) { copy(m.IDs, m.IDs[20:40]) }), damaged},
		{"fewer sizes than ids", edit(func(m *memory) { m.Bytes = m.Bytes[1:] }), damaged},
		{"a negative size", edit(func(m *memory) { m.Bytes[0] = -1 }), damaged},
		{"a commit that is not there", edit(func(m *memory) { m.Found[0].In = 4 }), damaged},
		{"a negative commit", edit(func(m *memory) { m.Found[0].In = -1 }), damaged},
		{"a path that is not there", edit(func(m *memory) { m.Found[0].Path = 9 }), damaged},
		{"an empty path", edit(func(m *memory) { m.Paths[0] = nil }), damaged},
		{"a path with a NUL", edit(func(m *memory) { m.Paths[0] = []byte("a\x00b") }), damaged},
		{"a key that is none", edit(func(m *memory) { m.Found[0].Key = strings.Repeat("0g", 8) }), damaged},
		{"a rule with a line end", edit(func(m *memory) { m.Found[0].Rule = "a\nb" }), damaged},
		{"a negative line", edit(func(m *memory) { m.Found[0].Line = -1 }), damaged},
		{"a file that is not there", edit(func(m *memory) { m.InFiles[0].In = 9 }), damaged},
		{"a file without a name", edit(func(m *memory) { m.Files[0].Path = -1 }), damaged},
		{"half a hash", edit(func(m *memory) { m.Files[0].Hash = m.Files[0].Hash[1:] }), damaged},
		{"a file of a negative size", edit(func(m *memory) { m.Files[0].Bytes = -1 }), damaged},
		{"a time beyond all calendars", edit(func(m *memory) { m.Found[0].Time = 1 << 62 }), damaged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, cacheDir, file := cached(t)
			tt.make(t, w, file)
			want := mustScan(t, w.dir)
			got, err := scan(t.Context(), t, newScanner(t, Options{CacheDir: cacheDir}), w.dir, 2)
			if err != nil {
				t.Fatal(err)
			}
			if notes(got, finding.Information, tt.note) != 1 || notes(got, finding.Information, "it is not used, and the whole history is scanned") != 1 {
				t.Errorf("notes %v", got.Notes)
			}
			got.Notes = slices.DeleteFunc(got.Notes, func(n finding.Note) bool { return strings.Contains(n.Message, "cache of scanned") })
			if diff := cmp.Diff([]any{want.Findings, want.Rules, want.Looked}, []any{got.Findings, got.Rules, got.Looked}); diff != "" || len(got.Notes) != len(want.Notes) {
				t.Errorf("notes %v; (-without +with):\n%s", got.Notes, diff)
			}
			if tt.name != "a directory" {
				equalScans(t, w.dir, cacheDir) // it was replaced
			}
		})
	}
}
