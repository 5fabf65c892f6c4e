package sarif

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// translate turns a run of SARIF into one of ours.
func translate(run *sarifRun, parts *int) finding.Run {
	t := &translator{
		run:   run,
		own:   run.driver.Name == DriverName,
		paths: newPathResolver(run),
		rules: map[string]bool{},
		keys:  map[string]int{},

		parts:  parts,
		shared: map[int]finding.Location{},
	}
	t.out = finding.Run{
		Engine:   finding.Engine{Name: run.driver.Name, Version: cmp.Or(run.driver.Version, run.driver.SemanticVersion)},
		Status:   finding.Completed,
		Findings: []finding.Finding{},
	}
	t.out.Scanner, t.out.Target = scannerOf(run)
	if t.own {
		t.ownRun()
	}
	t.status()
	for i := range run.results {
		t.result(&run.results[i])
	}
	if t.flowsLost > 0 {
		t.out.Notes = append(t.out.Notes, finding.Note{Level: finding.Information,
			Message: text.Count(t.flowsLost, "finding") + " without the way that data takes: what the file says of it is not readable, or too much"})
	}
	slices.SortFunc(t.out.Rules, func(a, b finding.Rule) int { return cmp.Compare(a.ID, b.ID) })
	return t.out
}

// translator is the state of one translation.
type translator struct {
	run   *sarifRun
	own   bool // scangate wrote it: its properties are to be believed
	paths pathResolver
	out   finding.Run
	rules map[string]bool // ids in out.Rules
	keys  map[string]int  // how often each key was given

	parts     *int                     // of flows that may still be read
	shared    map[int]finding.Location // steps of the run's table that were read
	flowsLost int                      // findings whose flows could not be read
	broken    string                   // the first error that the tool notified of
}

// status finds out whether the tool did its work.
func (t *translator) status() {
	for _, inv := range t.run.invocations {
		for _, n := range slices.Concat(inv.ToolConfigNotifications, inv.ToolExecutionNotifications) {
			t.note(n)
		}
		if inv.ExecutionSuccessful != nil && !*inv.ExecutionSuccessful {
			t.out.Status = finding.Failed
			t.out.Reason = "the tool reports that it did not run successfully"
			if why := oneLine(inv.ExitCodeDescription); why != "" {
				t.out.Reason += ": " + cut(why, 200)
			}
		}
	}
	if t.broken != "" && t.out.Status == finding.Completed {
		t.out.Status, t.out.Reason = finding.Partial, "the tool reports an error: "+cut(t.broken, 200)
	}
	if !t.run.computed && t.out.Status != finding.Failed {
		t.out.Status = finding.Failed
		t.out.Reason = "the file has no results array for this run: its tool did not compute any results"
	}
}

// maxNotes bounds what a chatty tool can put into a run.
const maxNotes = 1000

// note takes a notification over. An error is something that the tool could
// not look at (section 3.58.6), whatever it says of its success.
func (t *translator) note(n notification) {
	if len(t.out.Notes) >= maxNotes && (n.Level != "error" || t.broken != "") {
		return
	}
	note := finding.Note{Level: finding.Information, Message: oneLine(t.text(n.Message, nil, &t.run.driver))}
	switch n.Level {
	case "error":
		note.Level = finding.Gap
		note.Message = firstOf(note.Message, oneLine(n.Descriptor.ID), "an error without a word about it")
		t.broken = cmp.Or(t.broken, note.Message)
	case "warning", "":
		note.Level = finding.Warning
	}
	if len(n.Locations) > 0 {
		at := n.Locations[0].PhysicalLocation
		note.Path, _ = t.paths.resolve(at.ArtifactLocation)
		note.Line = max(0, at.Region.StartLine)
	}
	if note.Message != "" {
		t.out.Notes = append(t.out.Notes, note)
	}
}

// ownRun takes what Encode put into the run's properties.
func (t *translator) ownRun() {
	p := t.run.properties
	t.out.Scanner = cmp.Or(oneLine(p.text("scanner")), t.out.Scanner)
	if target := p.text("target"); target != "" {
		t.out.Target = target
	}
	t.out.Plan = p.text("plan")
	t.out.Part = p.text("part")
	var engine finding.Engine
	if json.Unmarshal(p["engine"], &engine) == nil {
		t.out.Engine = engine
	}
	var looked finding.Looked
	if json.Unmarshal(p["looked"], &looked) == nil {
		t.out.Looked = looked
	}
}

// ownLog takes what Encode put into the log's properties: the tool, and the
// scanners that did not complete. Only files of scangate have these keys.
func (d *decoder) ownLog(p properties) {
	var tool finding.Engine
	if json.Unmarshal(p[propertyTool], &tool) == nil {
		d.out.Tool = tool
	}
	d.out.Root = p.text(propertyRoot)
	var interrupted bool
	if json.Unmarshal(p[propertyInterrupted], &interrupted) == nil {
		d.out.Interrupted = interrupted
	}
	// What another tool has added was not looked up in any feed.
	var feeds []finding.Feed
	if !d.foreign && json.Unmarshal(p[propertyFeeds], &feeds) == nil {
		d.out.Feeds = feeds
	}
	var entries []struct {
		Scanner, Target, Status, Reason string
	}
	if p[propertyIncomplete] == nil || json.Unmarshal(p[propertyIncomplete], &entries) != nil {
		return
	}
	for _, e := range entries {
		var status finding.Status
		// What is in this list did not complete, whatever it claims.
		if status.UnmarshalText([]byte(e.Status)) != nil || status == finding.Completed {
			status = finding.Failed
		}
		d.out.Runs = append(d.out.Runs, finding.Run{
			Scanner:  cmp.Or(oneLine(e.Scanner), "unknown"),
			Target:   e.Target,
			Status:   status,
			Reason:   e.Reason,
			Findings: []finding.Finding{},
		})
	}
}

// knownDrivers are the tools that call themselves by more than the name under
// which users configure them.
var knownDrivers = []struct{ prefix, scanner string }{
	{"codeql", "codeql"},
	{"semgrep", "semgrep"},
	{"trivy", "trivy"},
	{"gitleaks", "gitleaks"},
	{"checkov", "checkov"},
	{"owasp-zap", "zap"},
	{"zap", "zap"},
	{"zed-attack-proxy", "zap"},
}

// scannerOf names the scanner that a run is from, and its target.
func scannerOf(run *sarifRun) (scanner, target string) {
	if run.driver.Name == DriverName {
		if rest, ok := strings.CutPrefix(run.automation.ID, DriverName+"/"); ok {
			scanner, target, _ = strings.Cut(strings.TrimSuffix(rest, "/"), "/")
			if scanner = oneLine(scanner); scanner != "" {
				return scanner, target
			}
		}
	}
	name := slug(run.driver.Name)
	for _, known := range knownDrivers {
		if name == known.prefix || strings.HasPrefix(name, known.prefix+"-") {
			return known.scanner, ""
		}
	}
	return cmp.Or(name, "unknown"), ""
}

// slug writes a name in lower case letters, digits and single hyphens.
func slug(name string) string {
	var sb strings.Builder
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			sb.WriteRune(r)
		} else if s := sb.String(); s != "" && s[len(s)-1] != '-' {
			sb.WriteByte('-')
		}
		if sb.Len() >= 60 {
			break
		}
	}
	return strings.Trim(sb.String(), "-")
}
