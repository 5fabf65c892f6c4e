package sarif

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestErrorsNameTheLine has a mistake on the marked line, however the file is
// read.
func TestErrorsNameTheLine(t *testing.T) {
	const tool = "{\n \"version\": \"2.1.0\",\r\n \"runs\": [\n  {\"tool\": {\"driver\": {\"name\": \"t\"}},\n   \"results\": [\n"
	for doc, want := range map[string]string{
		"{\n\n \"version\":\n  \"2.0\"":                       "f:4: not usable as SARIF 2.1.0: version ",
		tool + "    {},\n    7]}]}":                           "f:7: not usable as SARIF 2.1.0: runs: [0]: results: [1]: ",
		tool + "    {},\n    {\"ruleId\":\n 7}]}]}":           "f:7: not usable as SARIF 2.1.0: runs: [0]: results: [1]: ",
		tool + "    {\"ruleId\": \"x\",}":                     "f:6: not usable as SARIF 2.1.0: runs: [0]: results: [0]: ",
		tool + strings.Repeat("    {},\n", 50_000) + "    {]": "f:50006: not usable as SARIF 2.1.0: ",
		tool + "]}]}\n\n\n{":                                  "f:9: not usable as SARIF 2.1.0: there is something behind",
		"\ufeff{\n\"runs\": [\n{}]}":                          "f:3: not usable as SARIF 2.1.0: runs: [0]: tool.driver.name is missing",
	} {
		for _, in := range []io.Reader{strings.NewReader(doc), iotest.OneByteReader(strings.NewReader(doc)), iotest.HalfReader(strings.NewReader(doc))} {
			if _, err := Decode(in, "f"); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%.80q\ngot  %v\nwant %s", doc, err, want)
			}
		}
	}
}

// TestLinesAreFewInMemory: no file makes the list of line ends long.
func TestLinesAreFewInMemory(t *testing.T) {
	var l lines
	for range 100 {
		l.add([]byte(strings.Repeat("0\n", 1<<15)))
	}
	if len(l.ahead) > maxAhead || cap(l.ahead) > 2*maxAhead {
		t.Errorf("%d line ends, room for %d", len(l.ahead), cap(l.ahead))
	}
	l.pass(1 << 20)
	if l.line() != 1<<19+1 {
		t.Errorf("line %d", l.line())
	}
}
