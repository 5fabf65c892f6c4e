package sarif

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/owenrumney/go-sarif/v2/sarif"
	"github.com/scangate/scangate/finding"
)

// Options says which copy Encode writes.
type Options struct {
	// Upload leaves out what must not become an alert, and keeps GitHub's limits.
	Upload bool
	// Omit returns why policy ignores a finding, or "" when it does not. It may
	// be nil, and says the same of a finding each time.
	Omit func(run *finding.Run, f *finding.Finding) string
	// Decision returns what policy made of a finding, for readers of the file:
	// Decode does not take it back. It may be nil.
	Decision func(run *finding.Run, f *finding.Finding) finding.Decision
	// Only chooses runs by their index, for a copy that is one of several: what
	// other runs have is then in another one. Nil chooses them all.
	Only func(run int) bool
	// Results bounds how many results of a run the upload copy has; 0 is as
	// many as GitHub keeps.
	Results int
	// Category takes the place of "scangate" in front of each run's category.
	Category string
	// Below is where in the repository the scanned directory is, with forward
	// slashes; empty: it is the root.
	Below string
	// Verdict is policy's judgement on all of it, or nil; for readers, too.
	Verdict *finding.Verdict
}

// GitHub's limits of one file and one run.
const (
	maxRuns          = 20
	maxUploadResults = 5_000 // what is shown; 25,000 is where an upload is refused
)

// incomplete is an entry of the log's list of scanners that contribute no run.
type incomplete struct {
	Scanner string         `json:"scanner"`
	Target  string         `json:"target,omitempty"`
	Status  finding.Status `json:"status"`
	Reason  string         `json:"reason,omitempty"`
}

// Keys of the log's properties.
const (
	propertyIncomplete  = "scangate/incomplete"
	propertyTool        = "scangate/tool"
	propertyRoot        = "scangate/root"
	propertyInterrupted = "scangate/interrupted"
	propertyVerdict     = "scangate/verdict"
	propertyFeeds       = "scangate/feeds"
)

// Encode writes r as SARIF 2.1.0, the same bytes for the same value. Each
// completed run of r becomes a run; all others stand in the log's property
// "scangate/incomplete" only, because an empty or partial run would close
// alerts as fixed. It fails when w does, or when an upload copy would need
// more runs than GitHub takes.
func Encode(w io.Writer, r finding.Results, o Options) (Summary, error) {
	out := &writer{w: bufio.NewWriterSize(w, 64<<10)}
	out.enc = json.NewEncoder(&out.buf)
	out.enc.SetEscapeHTML(false)

	completed := 0
	gaps := []incomplete{}
	for i := range r.Runs {
		if run := &r.Runs[i]; run.Status == finding.Completed {
			if o.Only == nil || o.Only(i) {
				completed++
			}
		} else {
			gaps = append(gaps, incomplete{run.Scanner, shownTarget(run.Target), run.Status, run.Reason})
		}
	}
	if o.Upload && completed > maxRuns {
		return Summary{}, fmt.Errorf("%d runs: code scanning takes at most %d in one file; split the results by scanner or image and upload each part", completed, maxRuns)
	}
	log, err := sarif.New(sarif.Version210)
	if err != nil {
		return Summary{}, err
	}
	properties := sarif.Properties{
		propertyIncomplete: gaps,
		propertyTool:       finding.Engine{Name: cmp.Or(r.Tool.Name, DriverName), Version: r.Tool.Version},
	}
	if r.Root != "" {
		properties[propertyRoot] = r.Root
	}
	if r.Interrupted {
		properties[propertyInterrupted] = true
	}
	if o.Verdict != nil {
		properties[propertyVerdict] = o.Verdict
	}
	if len(r.Feeds) > 0 {
		properties[propertyFeeds] = r.Feeds
	}
	out.raw(`{"$schema":`).value(log.Schema).raw(`,"version":`).value(log.Version)
	out.raw(",\n\"properties\":").value(properties).raw(",\n\"runs\":[")

	ids := categories(r.Runs, o.Category)
	shown := witnessed(r.Runs, o)
	var summary Summary
	for i := range r.Runs {
		run := &r.Runs[i]
		if run.Status != finding.Completed || o.Only != nil && !o.Only(i) {
			continue
		}
		if len(summary.Runs) > 0 {
			out.raw(",")
		}
		results, counts := selectResults(run, o, shown)
		counts.Category = strings.TrimSuffix(ids[i], "/")
		out.run(r.Tool.Version, ids[i], o, run, results, counts)
		summary.Runs = append(summary.Runs, counts)
	}
	out.raw("]}\n")
	if out.err == nil {
		out.err = out.w.Flush()
	}
	if out.err != nil {
		return Summary{}, fmt.Errorf("writing SARIF: %w", out.err)
	}
	return summary, nil
}

// writer writes the document piece by piece, so that there is never a second
// copy of all of it in memory. The first error sticks.
type writer struct {
	w   *bufio.Writer
	buf bytes.Buffer
	enc *json.Encoder
	err error
}

func (w *writer) raw(s string) *writer {
	if w.err == nil {
		_, w.err = w.w.WriteString(s)
	}
	return w
}

func (w *writer) value(v any) *writer {
	if w.err != nil {
		return w
	}
	w.buf.Reset()
	if w.err = w.enc.Encode(v); w.err == nil {
		_, w.err = w.w.Write(bytes.TrimSuffix(w.buf.Bytes(), []byte("\n")))
	}
	return w
}

// run writes one run.
func (w *writer) run(version, id string, o Options, run *finding.Run, results []result, counts RunSummary) {
	rules := buildRules(run, results)
	driver := &sarif.ToolComponent{
		Name:           DriverName,
		InformationURI: ptr(informationURI),
		Rules:          rules.list,
	}
	if v := strings.TrimPrefix(version, "v"); semanticVersion.MatchString(v) {
		driver.Version, driver.SemanticVersion = &v, &v
	} else if version != "" {
		driver.Version = &version
	}
	properties := sarif.Properties{
		"scanner": run.Scanner,
		"engine":  run.Engine,
		"looked":  run.Looked,
	}
	if run.Target != "" {
		properties["target"] = shownTarget(run.Target)
	}
	if run.Plan != "" {
		properties["plan"] = run.Plan
	}
	if run.Part != "" {
		properties["part"] = run.Part
	}
	invocation := &sarif.Invocation{
		ExecutionSuccessful:        ptr(true),
		ToolExecutionNotifications: notifications(run, o.Below, counts),
	}
	w.raw("\n{\"tool\":").value(sarif.Tool{Driver: driver})
	w.raw(",\n\"automationDetails\":").value(sarif.RunAutomationDetails{ID: &id})
	w.raw(",\n\"invocations\":").value([]*sarif.Invocation{invocation})
	w.raw(",\n\"columnKind\":\"utf16CodeUnits\"")
	w.raw(",\n\"properties\":").value(properties)
	w.raw(",\n\"results\":[")
	for i, r := range results {
		if i > 0 {
			w.raw(",")
		}
		w.raw("\n").value(encodeResult(run, &rules, r))
	}
	w.raw("]}")
}

// semanticVersion is the grammar of semver.org, version 2.0.0.
var semanticVersion = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)` +
	`(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?` +
	`(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)

// notifications are the run's notes, and what Encode itself left out.
func notifications(run *finding.Run, below string, counts RunSummary) []*sarif.Notification {
	var out []*sarif.Notification
	add := func(level, text string) *sarif.Notification {
		text = cmp.Or(escapeMessage(strings.TrimSpace(text)), "(no text)")
		n := &sarif.Notification{Level: level, Message: &sarif.Message{Text: &text}}
		out = append(out, n)
		return n
	}
	for _, note := range run.Notes {
		level := "note"
		if note.Level != finding.Information {
			level = "warning"
		}
		n := add(level, note.Message)
		if uri := uriBelow(below, note.Path); uri != "" {
			p := &sarif.PhysicalLocation{ArtifactLocation: &sarif.ArtifactLocation{URI: &uri}}
			if note.Line > 0 {
				p.Region = &sarif.Region{StartLine: ptr(note.Line)}
			}
			n.Locations = []*sarif.Location{{PhysicalLocation: p}}
		}
	}
	for _, line := range counts.LeftOut() {
		add("note", line)
	}
	return out
}

// guidOf makes a stable identifier out of texts, in the form of RFC 9562's
// version 8, which is for hashes of one's own.
func guidOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		io.WriteString(h, p)
		h.Write([]byte{0})
	}
	b := h.Sum(nil)[:16]
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
