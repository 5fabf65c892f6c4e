package finding

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// SchemaVersion is the version of the saved results. A file of another version
// is refused rather than misread.
const SchemaVersion = 1

// MaxResultsSize bounds how much of a saved results file is read, in bytes.
const MaxResultsSize = 1 << 30

// Results is what `scan` saves and `gate`, `merge` and the reporters read.
type Results struct {
	Version int    `json:"schemaVersion"`
	Tool    Engine `json:"tool"`
	// Root is the base name of the scanned directory; never a whole path.
	Root        string `json:"root,omitempty"`
	Interrupted bool   `json:"interrupted,omitempty"` // a signal ended the scan early
	Feeds       []Feed `json:"feeds,omitempty"`       // that findings were looked up in
	Runs        []Run  `json:"runs"`

	// Commit is the one that was checked out, Settings a digest of what told the
	// scanners how to work, and Database names the vulnerability data: results
	// with the same ones can stand for each other. Empty: not known.
	Commit   string `json:"commit,omitempty"`
	Settings string `json:"settings,omitempty"`
	Database string `json:"database,omitempty"`
	// Since says what a pull request was compared with; nil: nothing was.
	Since *Since `json:"since,omitempty"`
	// Dates are those of findings of before that are not among the runs because
	// what found them has not looked at everything this time.
	Dates []Dated `json:"dates,omitempty"`
	// Shard says which part of a scan these are, "2/7"; empty: all of it. Shares
	// is a digest of how the work was shared out, the same in all of them.
	Shard  string `json:"shard,omitempty"`
	Shares string `json:"shares,omitempty"`
	// Missing are the shards whose results were not there to be joined.
	Missing []string `json:"missing,omitempty"`
	// Verdict is written for readers of the file; judging again replaces it.
	Verdict *Verdict `json:"verdict,omitempty"`
}

// Dated says when a finding was first seen that is not among the results.
type Dated struct {
	Scanner     string `json:"scanner"`
	Target      string `json:"target,omitempty"`
	RuleID      string `json:"rule"`
	Fingerprint string `json:"fingerprint"`
	FirstSeen   string `json:"firstSeen"` // YYYY-MM-DD
}

// Verdict is the outcome in words, "passed", "failed" or "incomplete", with
// its reasons.
type Verdict struct {
	Outcome string   `json:"outcome"`
	Reasons []string `json:"reasons,omitempty"`
	Notices []string `json:"notices,omitempty"` // what a reader should know besides
}

// Find returns the first run of a scanner, or nil.
func (r *Results) Find(scanner string) *Run {
	for i := range r.Runs {
		if r.Runs[i].Scanner == scanner {
			return &r.Runs[i]
		}
	}
	return nil
}

// Encode writes r as indented JSON, the same bytes for the same value.
func Encode(w io.Writer, r Results) error {
	r.Version = SchemaVersion
	if r.Runs == nil {
		r.Runs = []Run{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// Decode reads what Encode wrote. It is strict about the schema version, the
// keys and the end of the file, because a misread result is a wrong verdict.
func Decode(r io.Reader) (Results, error) {
	lim := &io.LimitedReader{R: r, N: MaxResultsSize + 1}
	dec := json.NewDecoder(lim)
	dec.DisallowUnknownFields()
	var out Results
	err := dec.Decode(&out)
	var syntax *json.SyntaxError
	switch {
	case lim.N <= 0:
		return Results{}, fmt.Errorf("over the limit of %d MiB", MaxResultsSize>>20)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Results{}, errors.New("the file ends early: it is empty or was cut short")
	case errors.As(err, &syntax):
		// What was read is still there, as nothing was understood of it.
		text, _ := io.ReadAll(io.LimitReader(dec.Buffered(), max(0, syntax.Offset)))
		return Results{}, fmt.Errorf("line %d: not JSON: %w", 1+bytes.Count(text, []byte{'\n'}), err)
	case err != nil:
		return Results{}, brief(err)
	case out.Version != SchemaVersion:
		return Results{}, fmt.Errorf("schemaVersion %d: this scangate reads version %d", out.Version, SchemaVersion)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Results{}, errors.New("there is something behind the end of the results")
	}
	for i, run := range out.Runs {
		if run.Scanner == "" {
			return Results{}, fmt.Errorf("run %d names no scanner", i)
		}
	}
	return out, nil
}

// brief bounds the words of an error: those of the JSON package quote numbers and
// keys that can have any length.
func brief(err error) error {
	const most = 300
	if s := err.Error(); len(s) > most {
		return errors.New(strings.ToValidUTF8(s[:most], "") + "…")
	}
	return err
}
