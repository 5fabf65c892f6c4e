package baseline

import (
	"strings"
	"testing"

	"github.com/scangate/scangate/internal/hostile"
)

// FuzzParse asserts that what is accepted is written back as the same list, and
// that what is refused is refused in one line that names the place.
func FuzzParse(f *testing.F) {
	for _, s := range append(hostile.Seeds(),
		`{"version":1,"findings":[]}`, "{\n<<<<<<< a\n", "{\"version\":1,\r\n\"findings\":\r\n[{}]}", `{"version":1e0,"findings":[]}`, `{"version":1,"findings":null}`,
		`{"version":1,"findings":[{"scanner":"s","target":"a://b","path":"p","rule":"r","what":"w","count":2,"fingerprint":"f"},{"scanner":"s","rule":"r","count":1,"fingerprint":"g"}]}`,
		`{"version":1,"findings":[{"scanner":"s","rule":"r","count":99999999999999999999,"fingerprint":"f"}]}`, `{"version":1,"findings":[{"scanner":"\ud800","rule":"\u0000","count":1,"fingerprint":"f"}]}`,
		`{"version":1,"findings":[`+strings.Repeat("[", 200),
	) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		hostile.Bounded(t, len(data), func() {
			b, err := Parse(data, "some/file")
			if hostile.Place(t, err, "some/file", data); err != nil {
				return
			}
			if len(b.Entries) > len(data)/40 {
				t.Errorf("%d entries of %d bytes", len(b.Entries), len(data))
			}
			seen := map[ID]bool{}
			for _, e := range b.Entries {
				if e.Line < 1 || e.Line > hostile.Lines(data) || e.Count < 1 || e.Count > maxCount || seen[e.id()] {
					t.Errorf("%+v of %d lines", e, hostile.Lines(data))
				}
				seen[e.id()] = true
				hostile.OneLine(t, e.String())
			}
			first := encode(t, b)
			again, err := Parse([]byte(first), "some/file")
			if err != nil {
				t.Fatalf("%v\n%s", err, first)
			}
			if second := encode(t, again); first != second {
				t.Errorf("%s\nbecomes\n%s", first, second)
			}
			for i := range b.Entries {
				b.Entries[i].Line, again.Entries[i].Line = 0, 0
				if b.Entries[i] != again.Entries[i] {
					t.Errorf("%+v becomes %+v", b.Entries[i], again.Entries[i])
				}
			}
		})
	})
}

// FuzzPublic asserts that what is written is what is read: cleaning twice
// changes nothing.
func FuzzPublic(f *testing.F) {
	for _, s := range append(hostile.Seeds(), "", "a b", "x://u@v@w/", "x:\x00//u@h", "a://u@://v@h", "a:// ?x", strings.Repeat("é ", 400)) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		hostile.Bounded(t, len(s), func() {
			once := public(s)
			hostile.OneLine(t, once)
			if twice := public(once); once != twice {
				t.Errorf("%q, %q", once, twice)
			}
		})
	})
}
