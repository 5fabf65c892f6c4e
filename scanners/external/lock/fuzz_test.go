package lock

import "testing"

// FuzzParse: whatever the lock is, it is read or refused, and what is read can
// be edited.
func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("version: 1\ntools: {a: {version: '1', platforms: {linux/amd64: {sha256: " + digestA + "}}}}"))
	f.Add([]byte("\xff\xfev"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := Parse(data, "x.lock")
		if err != nil {
			return
		}
		tool := Tool{Name: "fuzzed", Version: "1", Platforms: map[string]Build{"linux/amd64": {SHA256: digestB}}}
		if _, ok := l.Tool("fuzzed"); ok {
			return
		}
		before := len(l.Tools())
		if err := l.Set(tool); err == nil && len(l.Tools()) != before+1 {
			t.Errorf("%d tools became %d", before, len(l.Tools()))
		}
	})
}
