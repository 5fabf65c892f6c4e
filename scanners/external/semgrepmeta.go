package external

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
)

var (
	owaspForm     = regexp.MustCompile(`^(?:A|API|LLM|M)\d{1,2}:(?:\d{4})`)
	cwePrefix     = regexp.MustCompile(`(?i)^CWE-[0-9]{1,6}\b`)
	secretsInName = regexp.MustCompile(`(?i)secret|passw|token|credential|api.?key|private.?key|access.?key`)
)

// words reads metadata, which is one text or a list of them; anything else is
// none.
func words(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}
	}
	var many []string
	const most = 50
	if json.Unmarshal(raw, &many) != nil {
		return nil
	}
	return many[:min(len(many), most)]
}

func semgrepCWE(all []string) (out []string) {
	for _, w := range all {
		if id := cwePrefix.FindString(w); id != "" {
			out = append(out, strings.ToLower(id))
		}
	}
	return out
}

// semgrepTitle words the last part of a rule's id; rules have no other name,
// and their messages have code in them.
func semgrepTitle(id string) string {
	name := line(id[strings.LastIndex(id, ".")+1:], maxID)
	name = strings.TrimSpace(strings.NewReplacer("-", " ", "_", " ").Replace(name))
	if name == "" {
		return "Found what a rule describes"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// aboutSecrets tells of a rule whose matches are secrets.
func aboutSecrets(id string, cwe []string) bool {
	return secretsInName.MatchString(id) || slices.ContainsFunc(cwe, func(c string) bool {
		return slices.Contains([]string{"cwe-798", "cwe-259", "cwe-321", "cwe-522", "cwe-312", "cwe-540", "cwe-256", "cwe-260", "cwe-547"}, c)
	})
}

func semgrepSeverity(name string) finding.Severity {
	switch strings.ToUpper(name) {
	case "CRITICAL":
		return finding.Critical
	case "ERROR", "HIGH":
		return finding.High
	case "WARNING", "MEDIUM":
		return finding.Medium
	case "INFO", "LOW":
		return finding.Low
	case "INVENTORY", "EXPERIMENT":
		return finding.Info
	}
	return finding.Unknown
}
