package sarif

import (
	"slices"
	"strconv"
	"strings"

	"github.com/owenrumney/go-sarif/v2/sarif"
	"github.com/scangate/scangate/finding"
)

// maxTags is how many tags of a rule GitHub keeps.
const maxTags = 10

// ruleTable is the rules array of a run and where each rule stands in it.
// go-sarif's own AddRule looks through the whole array each time.
type ruleTable struct {
	list  []*sarif.ReportingDescriptor
	index map[string]uint
}

// ruleID is the id under which a finding's rule is written: SARIF has no room
// for an empty one.
func ruleID(run *finding.Run, id string) string {
	return strings.ToValidUTF8(firstOf(id, scannerName(run.Scanner)+"/unnamed"), "\uFFFD")
}

// buildRules describes the rules that the results use, sorted by id.
// GitHub knows a severity for each rule only, not for each result, so that a
// rule has the highest of its own and those of all the run's findings.
func buildRules(run *finding.Run, results []result) ruleTable {
	known := make(map[string]*finding.Rule, len(run.Rules))
	for i := range run.Rules {
		id := ruleID(run, run.Rules[i].ID)
		if known[id] == nil {
			known[id] = &run.Rules[i]
		}
	}
	used := make(map[string]bool, len(known))
	for _, r := range results {
		used[ruleID(run, r.RuleID)] = true
	}
	worst := make(map[string]gravity, len(used))
	for id := range used {
		if r := known[id]; r != nil {
			worst[id] = worst[id].max(r.Severity, r.Score)
		}
	}
	for i := range run.Findings {
		f := &run.Findings[i]
		if id := ruleID(run, f.RuleID); used[id] {
			worst[id] = worst[id].max(f.Severity, f.Score)
		}
	}
	ids := make([]string, 0, len(used))
	for id := range used {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	t := ruleTable{list: make([]*sarif.ReportingDescriptor, 0, len(ids)), index: make(map[string]uint, len(ids))}
	for i, id := range ids {
		rule := known[id]
		if rule == nil {
			rule = &finding.Rule{Severity: worst[id].severity}
		}
		t.list = append(t.list, descriptor(run, id, rule, worst[id]))
		t.index[id] = uint(i)
	}
	return t
}

// gravity is how bad a rule's findings get.
type gravity struct {
	severity finding.Severity
	number   float64 // security-severity; 0 for none
}

func (g gravity) max(s finding.Severity, score float64) gravity {
	return gravity{max(g.severity, s), max(g.number, securitySeverity(s, score))}
}

// securitySeverity is the number that puts a finding into its band on GitHub:
// the CVSS score where there is one. What is labelled critical is put above
// 9.0, the documented bound of that band.
func securitySeverity(s finding.Severity, score float64) float64 {
	if validScore(score) && (s != finding.Critical || score > 9) {
		return score
	}
	switch s {
	case finding.Critical:
		return 9.5
	case finding.High:
		return 8
	case finding.Medium:
		return 5.5
	case finding.Low:
		return 2
	}
	return 0
}

// validScore also keeps out what is not a number, which JSON cannot express.
func validScore(score float64) bool { return score > 0 && score <= 10 }

// descriptor writes one rule. All its texts are set, because GitHub requires
// them and go-sarif writes null for some that are not.
func descriptor(run *finding.Run, id string, rule *finding.Rule, worst gravity) *sarif.ReportingDescriptor {
	title := cut(oneLine(firstOf(rule.Title, rule.Description, rule.Name, id)), maxRuleDescription)
	full := strings.TrimSpace(strings.ToValidUTF8(firstOf(rule.Description, rule.Title, rule.Name, id), "\uFFFD"))
	links := webLinks(rule.References)
	text, markdown := helpOf(rule, full, links)
	level, problem := levelOf(worst.severity)
	properties := sarif.Properties{
		"tags":             tagsOf(run, rule),
		"problem.severity": problem,
		"severity":         rule.Severity.String(),
	}
	if slices.Contains([]string{"very-high", "high", "medium", "low"}, rule.Precision) {
		properties["precision"] = rule.Precision
	}
	if worst.number > 0 {
		// A string: GitHub refuses the whole upload for a number.
		properties["security-severity"] = strconv.FormatFloat(worst.number, 'f', 1, 64)
	}
	if validScore(rule.Score) {
		properties["score"] = rule.Score
	}
	if len(rule.References) > 0 {
		properties["references"] = rule.References
	}
	d := &sarif.ReportingDescriptor{
		ID:                   id,
		ShortDescription:     &sarif.MultiformatMessageString{Text: &title},
		FullDescription:      &sarif.MultiformatMessageString{Text: ptr(cut(full, maxRuleDescription))},
		Help:                 &sarif.MultiformatMessageString{Text: &text, Markdown: &markdown},
		DefaultConfiguration: &sarif.ReportingConfiguration{Level: level},
		Properties:           properties,
	}
	if name := cut(oneLine(rule.Name), maxRuleName); name != "" {
		d.Name = &name
	}
	if len(links) > 0 {
		d.HelpURI = &links[0]
	}
	return d
}

// levelOf maps a severity onto SARIF's level and GitHub's problem.severity.
func levelOf(s finding.Severity) (level, problem string) {
	switch {
	case s >= finding.High:
		return "error", "error"
	case s == finding.Medium:
		return "warning", "warning"
	}
	return "note", "recommendation"
}

// tagsOf begins with the tags that every rule of a run has.
func tagsOf(run *finding.Run, rule *finding.Rule) []string {
	tags := make([]string, 0, maxTags)
	for _, tag := range append([]string{"security", run.Scanner, run.Engine.Name}, rule.Tags...) {
		tag = oneLine(tag)
		if tag != "" && len(tags) < maxTags && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

func ptr[T any](v T) *T { return &v }
