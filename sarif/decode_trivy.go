package sarif

import (
	"slices"

	"github.com/scangate/scangate/finding"
)

// trivyTags are the tags in which Trivy tells its own severity.
var trivyTags = map[string]finding.Severity{
	"CRITICAL": finding.Critical, "HIGH": finding.High, "MEDIUM": finding.Medium, "LOW": finding.Low, "UNKNOWN": finding.Unknown,
}

// trivySeverity is what Trivy calls high in its tables and for --severity. The
// number in its SARIF is the highest score of any database instead, which for
// what a distribution calls low may be critical. A rule is shared by packages
// for which the severities can differ: the result's level tells that.
func (t *translator) trivySeverity(r *sarifResult, rule *rule) (finding.Severity, bool) {
	if t.own || t.out.Scanner != "trivy" || rule == nil {
		return 0, false
	}
	tags := rule.Properties.texts("tags")
	i := slices.IndexFunc(tags, func(tag string) bool { _, ok := trivyTags[tag]; return ok })
	if i < 0 {
		return 0, false
	}
	s := trivyTags[tags[i]]
	if r == nil {
		return s, true
	}
	level := "note"
	switch s {
	case finding.Critical, finding.High:
		level = "error"
	case finding.Medium:
		level = "warning"
	}
	if r.Level != "" && r.Level != level {
		s = severityOfLevel(r.Level)
	}
	return s, true
}
