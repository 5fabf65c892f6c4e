package sarif

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/finding"
)

// ruleOf finds the rule of a result (SARIF 2.1.0, sections 3.27.5 to 3.27.7
// and 3.52), and the component that defines it; nil when it is not described.
func (t *translator) ruleOf(r *sarifResult) (*rule, *component) {
	c := t.componentOf(r.Rule.ToolComponent)
	id := cmp.Or(r.RuleID, r.Rule.ID)
	index := -1
	switch {
	case r.Rule.Index != nil:
		index = *r.Rule.Index
	case r.RuleIndex != nil:
		index = *r.RuleIndex
	}
	if index >= 0 && index < len(c.Rules) {
		// An index that points at a different rule is a mistake of the tool's.
		if found := &c.Rules[index]; id == "" || sameRule(id, found.ID) {
			return found, c
		}
	}
	if r.Rule.GUID != "" {
		if i, ok := c.guids()[r.Rule.GUID]; ok {
			return &c.Rules[i], c
		}
	}
	if found := c.find(id); found != nil {
		return found, c
	}
	for i := range t.run.extensions {
		if found := t.run.extensions[i].find(id); found != nil {
			return found, &t.run.extensions[i]
		}
	}
	return nil, c
}

// sameRule reports whether a result's id names a rule, or a sub-rule of it as
// in CA1000/1 (section 3.27.5).
func sameRule(id, rule string) bool {
	return id == rule || strings.HasPrefix(id, rule+"/")
}

// componentOf follows a reference to a tool component; no reference means the
// driver.
func (t *translator) componentOf(ref *componentReference) *component {
	if ref == nil {
		return &t.run.driver
	}
	if ref.Index != nil && *ref.Index >= 0 && *ref.Index < len(t.run.extensions) {
		return &t.run.extensions[*ref.Index]
	}
	for i := range t.run.extensions {
		e := &t.run.extensions[i]
		if ref.GUID != "" && e.GUID == ref.GUID || ref.Name != "" && e.Name == ref.Name {
			return e
		}
	}
	return &t.run.driver
}

// find looks a rule up by its id.
func (c *component) find(id string) *rule {
	if c.byID == nil {
		c.byID = make(map[string]int, len(c.Rules))
		for i := len(c.Rules) - 1; i >= 0; i-- { // the first of a name wins
			c.byID[c.Rules[i].ID] = i
		}
	}
	for id != "" {
		if i, ok := c.byID[id]; ok {
			return &c.Rules[i]
		}
		// A sub-rule is described by the rule above it.
		id = id[:max(0, strings.LastIndex(id, "/"))]
	}
	return nil
}

// guids finds rules by their identifiers.
func (c *component) guids() map[string]int {
	if c.byGUID == nil {
		c.byGUID = make(map[string]int, len(c.Rules))
		for i := len(c.Rules) - 1; i >= 0; i-- {
			c.byGUID[c.Rules[i].GUID] = i
		}
	}
	return c.byGUID
}

// addRule keeps the description of a rule that a result uses.
func (t *translator) addRule(id string, r *rule) {
	if t.rules[id] {
		return
	}
	t.rules[id] = true
	out := finding.Rule{ID: id, Title: id}
	if r != nil {
		out.Name = r.Name
		out.Title = oneLine(firstOf(r.ShortDescription.Text, r.FullDescription.Text, r.Name, id))
		if full := strings.TrimSpace(r.FullDescription.Text); full != out.Title {
			out.Description = full
		}
		out.Help = strings.TrimSpace(firstOf(r.Help.Markdown, r.Help.Text))
		out.Tags = r.Properties.texts("tags")
		out.Precision = r.Properties.text("precision")
		if r.HelpURI != "" {
			out.References = []string{r.HelpURI}
		}
		out.Severity, out.Score, _ = severityOfRule(r)
		if s, ok := t.trivySeverity(nil, r); ok {
			out.Severity = s
		}
		if t.own {
			t.ownRule(&out, r)
		}
	}
	t.out.Rules = append(t.out.Rules, out)
}

// ownRule takes back what Encode added to a rule.
func (t *translator) ownRule(out *finding.Rule, r *rule) {
	if s, err := finding.ParseSeverity(r.Properties.text("severity")); err == nil {
		out.Severity = s
	}
	out.Score = r.Properties.number("score")
	out.References = r.Properties.texts("references")
	_, marked := linkLists(webLinks(out.References))
	out.Help = strings.TrimSpace(strings.TrimSuffix(out.Help, strings.TrimSpace(marked)))
	if out.Help == escapeMarkdown(firstOf(out.Description, out.Title)) {
		out.Help = "" // Encode made it up out of the description
	}
	out.Tags = slices.DeleteFunc(out.Tags, func(tag string) bool {
		return tag == "security" || tag == t.out.Scanner || tag == t.out.Engine.Name
	})
	if len(out.Tags) == 0 {
		out.Tags = nil
	}
}

// severityOfRule is what a rule says about its findings, and who says so.
func severityOfRule(r *rule) (s finding.Severity, score float64, ok bool) {
	if n := r.Properties.number("security-severity"); validScore(n) {
		return finding.SeverityOfScore(n), n, true
	}
	if level := r.level(); level != "" {
		return severityOfLevel(level), 0, false
	}
	return finding.Unknown, 0, false
}

// level is what a rule says where a result says nothing. CodeQL's queries have
// a severity of their own, which GitHub documents as problem.severity.
func (r *rule) level() string {
	if r.DefaultConfiguration.Level != "" {
		return r.DefaultConfiguration.Level
	}
	switch r.Properties.text("problem.severity") {
	case "error":
		return "error"
	case "warning":
		return "warning"
	case "recommendation":
		return "note"
	}
	return ""
}

// severityOfLevel maps SARIF's levels, for tools that say nothing finer.
func severityOfLevel(level string) finding.Severity {
	switch level {
	case "error":
		return finding.High
	case "note":
		return finding.Low
	case "none":
		return finding.Info
	}
	return finding.Medium
}

// text resolves a message (section 3.11): its own text, or one of the rule's
// or component's strings with the arguments filled in.
func (t *translator) text(m message, r *rule, c *component) string {
	text := firstOf(m.Text, m.Markdown)
	if text == "" && m.ID != "" {
		var s message
		if r != nil {
			s = r.MessageStrings[m.ID]
		}
		if s.Text == "" && s.Markdown == "" {
			s = c.GlobalMessageStrings[m.ID]
		}
		text = firstOf(s.Text, s.Markdown)
	}
	if len(m.Arguments) > 0 {
		text = fillIn(text, m.Arguments)
	}
	return strings.TrimSpace(plainMessage(clip(text)))
}

// maxMessage bounds a message, in bytes: its placeholders may multiply its
// arguments, and a million results may refer to one that is large.
const maxMessage = 64 << 10

func clip(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	return strings.ToValidUTF8(text[:maxMessage], "\uFFFD")
}

// fillIn puts arguments in the place of {0}, {1} and so on; doubled braces
// stand for themselves (section 3.11.5).
func fillIn(text string, arguments []string) string {
	var sb strings.Builder
	for i := 0; i < len(text) && sb.Len() < maxMessage; i++ {
		c := text[i]
		if (c == '{' || c == '}') && i+1 < len(text) && text[i+1] == c {
			sb.WriteByte(c)
			i++
			continue
		}
		if c == '{' {
			if end := strings.IndexByte(text[i:min(len(text), i+8)], '}'); end > 1 {
				if n, err := strconv.Atoi(text[i+1 : i+end]); err == nil && n >= 0 && n < len(arguments) {
					sb.WriteString(arguments[n][:min(len(arguments[n]), maxMessage)])
					i += end
					continue
				}
			}
		}
		sb.WriteByte(c)
	}
	return strings.ToValidUTF8(sb.String(), "\uFFFD")
}
