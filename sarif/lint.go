package sarif

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
)

// GitHub's limits, beyond those that Encode keeps.
const (
	hardResults     = 25_000
	hardRules       = 25_000
	hardExtensions  = 100
	hardLocations   = 1_000
	softLocations   = 100
	hardFlowSteps   = 10_000
	softFlowSteps   = 1_000
	hardTags        = 20
	hardGzip        = 10 << 20 // bytes
	maxLintedPerRun = 100_000  // results whose identity and rule are remembered
)

// Lint tells what GitHub code scanning would refuse, drop or misread of a
// SARIF file that is uploaded, and what to do about it. No problem of level
// Reject means that, as far as is known, the upload succeeds. An error means
// that r could not be read; a file that is not SARIF is a Problem.
func Lint(r io.Reader) ([]Problem, error) { return lint(r, hardGzip) }

// lint takes the limit of the compressed size, so that a test can do with a
// small file.
func lint(r io.Reader, gzipLimit int64) ([]Problem, error) {
	source := &faultRecorder{r: r}
	meter := newGzipMeter(gzipLimit)
	s, err := newStream(io.TeeReader(source, meter))
	if err != nil {
		return nil, err
	}
	l := &linter{stream: s, categories: map[string]int{}}
	err = l.log()
	if source.err != nil {
		return nil, source.err
	}
	switch {
	case errors.Is(err, errFileTooLarge), errors.Is(err, errElementTooLarge):
		l.add(Reject, "file-size", "", "", "%v: code scanning takes at most 10 MB of gzip", err)
	case err != nil:
		l.add(Reject, "not-json", "", "", "not valid JSON: %v: write the file anew", earlyEnd(err))
	}
	if size := meter.size(); size > gzipLimit {
		l.add(Reject, "file-size", "", "", "over 10 MB when compressed with gzip: GitHub answers 413 %q; split it by run and give each part a category of its own", "SARIF ZIP upload is too large")
	}
	return l.sorted(), nil
}

// linter is the state of one Lint.
type linter struct {
	*stream
	problems
	categories map[string]int // tool and category, and the run that has them
}

// object is a JSON object as encoding/json reads it into an any.
type object = map[string]any

// log checks the whole document. It returns errors of syntax only.
func (l *linter) log() error {
	if l.bom {
		l.add(Reject, "byte-order-mark", "", "", "begins with a byte-order mark: upload-sarif says %q; write UTF-8 without one", "Invalid SARIF. JSON syntax error")
	}
	seen := map[string]bool{}
	err := l.members(func(key string) error {
		seen[key] = true
		switch key {
		case "$schema", "version":
			var v any
			if err := l.value(&v); err != nil {
				return err
			}
			l.header(key, v)
			return nil
		case "runs":
			count := 0
			err := l.elements(func(i int) error {
				count++
				return l.run(i)
			})
			if err == nil {
				l.runCount(count)
			}
			return l.structure(err, "", "/runs")
		}
		return l.skip()
	})
	var wrong *wrongKind
	if errors.As(err, &wrong) {
		return cmp.Or(l.structure(err, "", ""), l.end())
	}
	if err != nil {
		return err
	}
	if !seen["version"] {
		l.add(Reject, "no-version", "", "", "version is missing: upload-sarif refuses the file; set it to %q", "2.1.0")
	}
	if !seen["runs"] {
		l.add(Reject, "no-runs", "", "", "runs is missing: upload-sarif refuses the file; is it SARIF at all?")
	}
	if !seen["$schema"] {
		l.add(Warn, "no-schema", "", "", "$schema is missing: GitHub documents it as required; name the SARIF 2.1.0 schema")
	}
	return l.end()
}

func (l *linter) header(key string, v any) {
	text, isText := v.(string)
	switch {
	case key == "$schema" && (!isText || text == ""):
		l.add(Warn, "no-schema", "", "/$schema", "not the address of a schema: name the SARIF 2.1.0 schema")
	case key == "$schema" && !strings.Contains(text, "2.1.0"):
		l.add(Warn, "schema", "", "/$schema", "does not name the schema of SARIF 2.1.0")
	case key == "version" && text != "2.1.0":
		l.add(Reject, "version", "", "/version", "version %.40q: GitHub takes 2.1.0 only; have the tool write SARIF 2.1.0", fmt.Sprint(v))
	}
}

func (l *linter) runCount(n int) {
	switch {
	case n > maxRuns:
		l.add(Reject, "runs", "", "/runs", "GitHub says %q; split the file", fmt.Sprintf("rejecting SARIF, as there are more runs than allowed (%d > %d)", n, maxRuns))
	case n == 0:
		l.add(Warn, "empty", "", "/runs", "there is no run: nothing would be uploaded")
	}
}

// structure turns a value of the wrong kind into a problem, and lets errors of
// syntax through.
func (l *linter) structure(err error, base, below string) error {
	var wrong *wrongKind
	if !errors.As(err, &wrong) {
		return err
	}
	if wrong.got == 'n' {
		l.null(base, below)
	} else {
		l.add(Reject, "type", base, below, "%v: the file does not follow the SARIF schema", wrong)
	}
	return nil
}

func (l *linter) null(base, below string) {
	l.add(Reject, "null", base, below, "is null, which the SARIF schema forbids and upload-sarif refuses; leave the property out")
}

// whole reads the next value into memory and reports the nulls in it.
func (l *linter) whole(base, below string) (any, error) {
	var v any
	if err := l.value(&v); err != nil {
		return nil, err
	}
	l.nulls(v, base, below)
	return v, nil
}

// other reads a member that GitHub does not look at, but the schema does.
func (l *linter) other(key, base, below string) error {
	if key == "properties" {
		return l.skip()
	}
	_, err := l.whole(base, below+"/"+pointerEscaper.Replace(key))
	return err
}

// nulls reports the first null of a value outside of property bags, where
// anything goes.
func (l *linter) nulls(v any, base, below string) {
	if v == nil {
		l.null(base, below)
		return
	}
	if at, found := nullIn(v); found {
		l.null(base, below+at)
	}
}

// nullIn returns the place of a null in v.
func nullIn(v any) (string, bool) {
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			if e == nil {
				return fmt.Sprintf("/%d", i), true
			}
			if at, found := nullIn(e); found {
				return fmt.Sprintf("/%d%s", i, at), true
			}
		}
	case object:
		found := ""
		for key, e := range v {
			if key == "properties" {
				continue
			}
			at, hit := "", e == nil
			if !hit {
				at, hit = nullIn(e)
			}
			// The first in the alphabet, since a map has no order.
			if place := "/" + pointerEscaper.Replace(key) + at; hit && (found == "" || place < found) {
				found = place
			}
		}
		return found, found != ""
	}
	return "", false
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// child returns a member that must be an object, if it is there.
func (l *linter) child(o object, key, base, below string) object {
	v, ok := o[key]
	if !ok || v == nil {
		return nil
	}
	sub, ok := v.(object)
	if !ok {
		l.add(Reject, "type", base, below+"/"+key, "is not an object: the file does not follow the SARIF schema")
	}
	return sub
}

// children returns a member that must be an array, if it is there.
func (l *linter) children(o object, key, base, below string) []any {
	v, ok := o[key]
	if !ok || v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		l.add(Reject, "type", base, below+"/"+key, "is not an array: the file does not follow the SARIF schema")
	}
	return list
}

// word returns a member that must be a string, if it is there.
func (l *linter) word(o object, key, base, below string) (string, bool) {
	v, ok := o[key]
	if !ok || v == nil {
		return "", false
	}
	s, ok := v.(string)
	if !ok {
		l.add(Reject, "type", base, below+"/"+key, "is not a string: the file does not follow the SARIF schema")
	}
	return s, ok
}
