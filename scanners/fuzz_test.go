package scanners

import (
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/hostile"
)

func markSeeds() []string {
	return append(hostile.Seeds(), "x # scangate:ignore a,b* until=2027-02-01 why */", "// scangate:ignore: x", "\xff # scangate:ignore * \x1b", "# scangate:ignore "+strings.Repeat("a*,", 49)+"b why",
		"# scangate:ignore a until=9999-12-31 why\r\n# scangate:ignore b\r\n", "x\n-- scangate:ignore a "+strings.Repeat("w", 700)+"\n", strings.Repeat("# scangate:ignore ", 40))
}

// FuzzReadMark asserts that a mark is honoured only with rules and a reason,
// and is about nothing else.
func FuzzReadMark(f *testing.F) {
	for _, seed := range markSeeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		hostile.Bounded(t, len(line), func() {
			m := readMark(line, marksNow)
			if m == nil {
				return
			}
			hostile.OneLine(t, m.reason)
			hostile.OneLine(t, m.problem)
			if m.problem == "" && (len(m.ids) == 0 || len(m.ids) > maxMarkIDs || m.reason == "") || m.column < 1 || m.column > len(line)+1 {
				t.Fatalf("a mark without rules or reason is honoured: %+v", m)
			}
			if m.names(&finding.Finding{RuleID: "\x00none"}) && !strings.Contains(line, "*") && !strings.Contains(line, "\x00") {
				t.Fatal("it fits what it does not name")
			}
		})
	})
}

// FuzzReadMarks asserts that the marks of a file do not depend on the pieces in
// which it is read, and stand on lines that are asked for.
func FuzzReadMarks(f *testing.F) {
	for _, seed := range markSeeds() {
		f.Add(seed, 1, 7)
		f.Add(seed+"\n"+seed, 2, 1)
	}
	f.Fuzz(func(t *testing.T, data string, line, piece int) {
		if line < 1 || piece < 1 {
			return
		}
		hostile.Bounded(t, 4*len(data), func() {
			read := func(piece int) map[int]*mark {
				r := markReader{wanted: map[int]bool{line: true}, now: marksNow}
				rest := data
				for len(rest) > 0 {
					n := min(piece, len(rest))
					if _, err := r.Write([]byte(rest[:n])); err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				return r.finish(strings.NewReader(""))
			}
			all, parts := read(len(data)+1), read(piece)
			if len(all) != len(parts) || len(all) > 2 {
				t.Fatalf("%d marks, in pieces %d", len(all), len(parts))
			}
			for at, m := range all {
				other := parts[at]
				if at != line && at != line-1 || at > hostile.Lines([]byte(data)) || other == nil || m.reason != other.reason || m.problem != other.problem || m.column != other.column {
					t.Fatalf("line %d: %+v, in pieces %+v", at, m, other)
				}
			}
		})
	})
}
