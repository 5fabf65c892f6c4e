package secret

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"

	"github.com/scangate/scangate/internal/hostile"
)

// FuzzKnown asserts that no list of known findings is worse than an error that
// names the file, and that what is kept of one is bounded by it.
func FuzzKnown(f *testing.F) {
	for _, seed := range append(hostile.Seeds(), "a.txt:rule:1\n0123:b\\c.txt:rule:2\r\n# x\nnonsense\nx:y:99999999999999999999\n",
		`[{"RuleID": "r", "File": "a", "StartLine": 1, "Secret": "s"}, {"RuleID": "r", "Commit": "c", "StartLine": 1e3}]`, "null", "[null]", "[{}] x") {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, baseline bool) {
		name := ignoreName
		if baseline {
			name = baselineName
		}
		hostile.Bounded(t, len(data), func() {
			k, notes, err := loadKnown(func(asked string, limit int64) ([]byte, error) {
				if asked != name {
					return nil, fs.ErrNotExist
				}
				return data, nil
			}, "")
			for _, n := range notes {
				hostile.OneLine(t, n.String())
			}
			if err != nil {
				rest, ok := strings.CutPrefix(err.Error(), "secret: ")
				if !ok {
					t.Errorf("error %q", err)
				}
				hostile.Mistake(t, told(rest), name, data)
				return
			}
			if n := len(k.ignored) + len(k.keys) + len(k.prints); n > len(data) || len(k.ignored) > bytes.Count(data, []byte("\n"))+1 {
				t.Errorf("%d entries of %d bytes", n, len(data))
			}
		})
	})
}

// told has the form of an error.
type told string

func (s told) Error() string { return string(s) }
