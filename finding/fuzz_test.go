package finding_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/hostile"
)

// FuzzDecode asserts that what is read is written as it is read, and that what
// is not is refused in one line.
func FuzzDecode(f *testing.F) {
	for _, seed := range append(hostile.Seeds(),
		`{"schemaVersion":1,"runs":[{"scanner":"x"}]}`, `{"schemaVersion":1,"runs":null}`, `{"schemaVersion":1e0,"runs":[null]}`, "{\"schemaVersion\":1,\n\"runs\":[{\"scanner\":\"x\",\n\"status\":\"\\u001b\"}]}",
		`{"schemaVersion":1,"tool":{"name":"t"},"runs":[{"scanner":"s","status":"completed","looked":{"files":1},"findings":[{"rule":"R","severity":"high","message":"m","location":{"path":"a","startLine":-1},"package":{"path":[""]},"layer":{},"score":1e308,"fingerprint":"f"}],"duration":9223372036854775807}]}`,
		"{\n\"schemaVersion\": 1,\n\"runs\": [\n{\"scanner\": 7}]}",
		`{"schemaVersion":`+strings.Repeat("7", 5000)+`}`, `{"`+strings.Repeat("é", 5000)+`":1}`, strings.Repeat("7", 5000),
	) {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		hostile.Bounded(t, len(data), func() {
			r, err := finding.Decode(bytes.NewReader(data))
			if err != nil {
				hostile.OneLine(t, err.Error())
				if rest, ok := strings.CutPrefix(err.Error(), "line "); ok {
					hostile.Place(t, placed("f:"+rest), "f", data)
				}
				return
			}
			n := len(r.Runs)
			for _, run := range r.Runs {
				n += len(run.Findings) + len(run.Rules) + len(run.Notes)
				if run.Scanner == "" {
					t.Error("a run without a scanner")
				}
			}
			if n > len(data) {
				t.Errorf("%d things of %d bytes", n, len(data))
			}
			var first, second bytes.Buffer
			if err := finding.Encode(&first, r); err != nil {
				t.Fatalf("what was read cannot be written: %v", err)
			}
			again, err := finding.Decode(bytes.NewReader(first.Bytes()))
			if err != nil {
				t.Fatalf("what was written cannot be read: %v\n%s", err, first.Bytes())
			}
			if err := finding.Encode(&second, again); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
				t.Errorf("%v\n%s\nbecomes\n%s", err, first.Bytes(), second.Bytes())
			}
		})
	})
}

// placed has the form of an error with a place.
type placed string

func (p placed) Error() string { return string(p) }
