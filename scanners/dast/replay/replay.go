// Package replay judges recorded exchanges, so that the passive rules can be
// tried without a server.
package replay

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/scangate/scangate/scanners/dast/exchange"
	"github.com/scangate/scangate/scanners/dast/rule"
)

// maxLine bounds a line of the recording, in bytes.
const maxLine = 64 << 20

// LineError is what is wrong with a line of the recording.
type LineError struct {
	Line int // from 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// alert is an alert as it is printed.
type alert struct {
	Rule       string `json:"rule"`
	Ref        string `json:"ref"`
	Name       string `json:"name"`
	Risk       string `json:"risk"`
	Confidence string `json:"confidence"`
	Param      string `json:"param"`
	Evidence   string `json:"evidence"`
}

// answer is a line of the output.
type answer struct {
	ID     json.RawMessage `json:"id"`
	Alerts []alert         `json:"alerts"`
}

// Replay reads recorded exchanges as lines of JSON,
//
//	{"id","requests":[{"method","url","headers","body","response":{"status","headers","body"}}]}
//
// and writes a line {"id","alerts"} for each. Headers are lists of [name,
// value]; bodies are text, or bytes in bodyBase64, and may be missing. Empty
// lines are passed over. It ends at the first line with a mistake, with a
// *LineError; the lines before it have been answered.
func Replay(r io.Reader, w io.Writer) error {
	return replay(r, w, maxLine)
}

func replay(r io.Reader, w io.Writer, limit int) (err error) {
	out := bufio.NewWriterSize(w, 1<<16)
	defer func() { err = errors.Join(err, out.Flush()) }()
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, min(limit, 1<<16)), limit)
	rules := rule.All()
	line := 0
	for in.Scan() {
		line++
		id, exchanges, err := parse(in.Bytes())
		switch {
		case errors.Is(err, errEmpty):
			continue
		case err != nil:
			return &LineError{line, err}
		}
		if err := enc.Encode(answer{id, judge(rules, exchanges)}); err != nil {
			return err
		}
	}
	switch err := in.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return &LineError{line + 1, fmt.Errorf("longer than %d bytes", limit)}
	case err != nil:
		return &LineError{line + 1, err}
	}
	return nil
}

// judge applies the rules to each exchange in turn. What a rule says twice of
// one exchange is said once.
func judge(rules []*rule.Rule, exchanges []*exchange.Exchange) []alert {
	out := []alert{}
	for _, x := range exchanges {
		seen := map[alert]bool{}
		for _, r := range rules {
			for _, a := range r.Judge(x) {
				said := alert{a.Key(), a.Ref(), a.Name, a.Risk.String(), a.Confidence.String(), a.Param, a.Evidence}
				if !seen[said] {
					seen[said] = true
					out = append(out, said)
				}
			}
		}
	}
	return out
}
