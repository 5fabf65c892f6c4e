package suppress

import (
	"slices"
	"strings"
	"time"
)

// trivyMarks reads the marks of Trivy and tfsec in a line of a comment: words
// of sections, as in trivy:ignore:AWS-0089:exp:2027-01-31:ws:prod. It reports
// whether there is one.
func (p *parser) trivyMarks(c comment) bool {
	words := strings.Fields(c.text)
	for i, w := range words {
		words[i] = strings.TrimLeft(w, "#/*")
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	found, first := false, false
	for i, w := range words {
		source, sections := Trivy, ""
		if rest, ok := strings.CutPrefix(w, "trivy:"); ok {
			sections = rest
		} else if rest, ok := strings.CutPrefix(w, "tfsec:"); ok {
			source, sections = Tfsec, rest
		} else {
			continue
		}
		m, problem, ok := p.trivyMark(source, sections)
		if !ok {
			continue
		}
		found, first = true, first || i == 0
		m.Line = c.line
		if problem != "" {
			p.problem(c.line, problem)
			continue
		}
		if i+1 < len(words) && len(words) < 100 {
			m.Reason = remark(words[i+1:])
		}
		p.atLine(m, true, c.alone && first)
	}
	if found && c.alone && first {
		p.stackLine(c.line)
	}
	return found
}

// remark is what follows a mark, up to the next one.
func remark(words []string) string {
	end := slices.IndexFunc(words, func(w string) bool {
		return strings.HasPrefix(w, "trivy:") || strings.HasPrefix(w, "tfsec:") ||
			strings.HasPrefix(w, "checkov:") || strings.HasPrefix(w, "bridgecrew:") || strings.HasPrefix(w, "scangate:")
	})
	if end >= 0 {
		words = words[:end]
	}
	return strings.TrimSpace(strings.TrimLeft(strings.Join(words, " "), "-:–— "))
}

// trivyMark reads the sections of a mark. The problem is empty if it can be
// honoured; ok is false if it is not a mark at all.
func (p *parser) trivyMark(source, sections string) (m mark, problem string, ok bool) {
	m.Source = source
	parts := strings.Split(sections, ":")
	id, expires, expiry := "", "", false
	for i := 0; i < len(parts); i += 2 {
		value := ""
		if i+1 < len(parts) {
			value = parts[i+1]
		}
		switch parts[i] {
		case "ignore":
			ok = true
			var params string
			var has bool
			id, params, has = strings.Cut(value, "[")
			if has {
				if m.params, has = readParams(params); !has {
					problem = source + " has parameters that are not understood: [name=value,…] without spaces is"
				}
			}
		case "exp":
			expires, expiry = value, true
		case "ws":
			m.workspace = value
		}
	}
	switch {
	case !ok || problem != "":
	case id == "":
		problem = source + " names no check"
	case len(id) > maxID:
		problem = source + " names a check that cannot be: its name is too long"
	case expiry:
		t, err := time.Parse(time.DateOnly, expires)
		if err != nil {
			problem = source + " of " + named(id) + " has an expiry that is not a date: write exp:2027-01-31"
		} else if !p.now.Before(t) {
			problem = source + " of " + named(id) + " expired on " + t.Format(time.DateOnly)
		}
		m.Expires = t
	}
	if ok && problem == "" && p.kind != Terraform && (m.workspace != "" || len(m.params) > 0) {
		problem = source + " of " + named(id) + " has a condition that only Terraform can meet"
	}
	m.ids = []string{id}
	return m, problem, ok
}

// readParams reads what follows the bracket in [name=value,name=value].
func readParams(s string) ([][2]string, bool) {
	s, ok := strings.CutSuffix(s, "]")
	if !ok || strings.Count(s, ",") >= 16 {
		return nil, false
	}
	var params [][2]string
	for pair := range strings.SplitSeq(s, ",") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" || strings.Contains(value, "=") {
			return nil, false
		}
		params = append(params, [2]string{name, value})
	}
	return params, true
}
