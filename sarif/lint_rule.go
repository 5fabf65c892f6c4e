package sarif

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// tool reads and checks the driver and the extensions.
func (r *runLint) tool() error {
	hasDriver := false
	err := r.members(func(key string) error {
		switch key {
		case "driver":
			hasDriver = true
			name, ids, err := r.component("/tool/driver")
			r.driver, r.ruleIDs = name, ids
			return err
		case "extensions":
			err := r.elements(func(i int) error {
				_, ids, err := r.component(fmt.Sprintf("/tool/extensions/%d", i))
				if len(r.extensions) <= hardExtensions {
					r.extensions = append(r.extensions, ids)
				}
				return err
			})
			if n := len(r.extensions); n > hardExtensions {
				r.add(Reject, "extensions", r.base, "/tool/extensions", "more than %d extensions: GitHub refuses the run; leave out those without rules", hardExtensions)
			}
			return r.structure(err, r.base, "/tool/extensions")
		}
		return r.other(key, r.base, "/tool")
	})
	var wrong *wrongKind
	if !hasDriver && (err == nil || errors.As(err, &wrong)) {
		r.add(Reject, "no-driver", r.base, "/tool", "driver is missing: GitHub needs tool.driver.name")
	}
	return err
}

// component reads and checks the driver or an extension.
func (r *runLint) component(at string) (name string, ids []string, err error) {
	named, hasRules := false, false
	known := map[string]bool{}
	err = r.members(func(key string) error {
		switch key {
		case "name":
			v, err := r.whole(r.base, at+"/name")
			name, named = v.(string)
			if err == nil && v != nil && strings.TrimSpace(name) == "" {
				r.add(Reject, "no-tool-name", r.base, at+"/name", "is empty or not a string: GitHub requires the name of the tool")
			}
			return err
		case "rules":
			hasRules = true
			return r.structure(r.elements(func(i int) error {
				where := fmt.Sprintf("%s/rules/%d", at, i)
				v, err := r.whole(r.base, where)
				if err != nil {
					return err
				}
				r.rules++
				o, ok := v.(object)
				if !ok && v != nil {
					r.add(Reject, "type", r.base, where, "is not an object: the file does not follow the SARIF schema")
				}
				id := r.rule(o, where)
				if known[id] && id != "" {
					r.add(Warn, "duplicate-rule", r.base, where, "rule %.80q is there twice: one of its descriptions is lost; keep one", id)
				}
				if len(ids) < maxLintedPerRun {
					known[id] = true
					ids = append(ids, id)
				}
				return nil
			}), r.base, at+"/rules")
		}
		return r.other(key, r.base, at)
	})
	if err := r.structure(err, r.base, at); err != nil {
		return "", nil, err
	}
	if !named {
		r.add(Reject, "no-tool-name", r.base, at, "name is missing: GitHub requires the name of the tool")
	}
	if !hasRules && strings.HasSuffix(at, "/driver") {
		r.add(Warn, "no-rules", r.base, at, "rules is missing: alerts have no title, help or severity; describe the rules")
	}
	return name, ids, nil
}

// rule checks one rule and returns its id.
func (r *runLint) rule(o object, at string) string {
	if o == nil {
		return ""
	}
	id, ok := r.word(o, "id", r.base, at)
	if !ok || strings.TrimSpace(id) == "" {
		r.add(Reject, "rule-id", r.base, at, "id is missing or empty: GitHub requires it")
	}
	name, _ := r.word(o, "name", r.base, at)
	if n := units(name); n > maxRuleName {
		r.add(Reject, "rule-name", r.base, at+"/name", "%d characters: GitHub's limit is %d; shorten it", n, maxRuleName)
	}
	for _, key := range []string{"shortDescription", "fullDescription", "help"} {
		if v, ok := o[key]; ok && v == nil {
			continue // reported as a null
		}
		text, _ := r.word(r.child(o, key, r.base, at), "text", r.base, at+"/"+key)
		if strings.TrimSpace(text) == "" {
			r.add(Warn, "rule-text", r.base, at, "%s.text is missing or empty: GitHub documents it as required, and the alert does not explain itself; describe the rule", key)
		}
		if n := units(text); key != "help" && n > maxRuleDescription {
			r.add(Reject, "rule-description", r.base, at+"/"+key+"/text", "%d characters: GitHub's limit is %d; shorten it and put the rest into help", n, maxRuleDescription)
		}
	}
	if c := r.child(o, "defaultConfiguration", r.base, at); c != nil {
		r.level(c, at+"/defaultConfiguration")
	}
	if p := r.child(o, "properties", r.base, at); p != nil {
		r.ruleProperties(p, at+"/properties")
	}
	return id
}

// level checks the values that the schema allows.
func (r *runLint) level(o object, at string) {
	level, ok := r.word(o, "level", r.base, at)
	if ok && !slices.Contains([]string{"none", "note", "warning", "error"}, level) {
		r.add(Reject, "level", r.base, at+"/level", "%.40q is not a level of SARIF: use error, warning or note", level)
	}
}

// ruleProperties checks the properties that GitHub reads.
func (r *runLint) ruleProperties(p object, at string) {
	if v, ok := p["security-severity"]; ok {
		text, isText := v.(string)
		n, err := strconv.ParseFloat(text, 64)
		switch {
		case !isText || err != nil || n != n:
			r.add(Reject, "security-severity", r.base, at+"/security-severity", "%.40q is not a string that holds a number: GitHub says %q; write it as \"7.5\"", fmt.Sprint(v), "could not convert rules: invalid security severity value, is not a number")
		case n < 0 || n > 10:
			r.add(Warn, "security-severity-range", r.base, at+"/security-severity", "%s is outside of 0 to 10: GitHub takes it for none", text)
		}
	}
	if v, ok := p["tags"]; ok {
		r.tags(v, at+"/tags")
	}
	r.oneOf(p, "precision", at, "very-high", "high", "medium", "low")
	r.oneOf(p, "problem.severity", at, "error", "warning", "recommendation")
}

func (r *runLint) tags(v any, at string) {
	list, ok := v.([]any)
	if !ok {
		r.add(Reject, "tags", r.base, at, "is not an array of strings, which the SARIF schema requires")
		return
	}
	seen := map[string]bool{}
	for i, tag := range list {
		text, ok := tag.(string)
		if !ok {
			r.add(Reject, "tags", r.base, fmt.Sprintf("%s/%d", at, i), "is not a string, which the SARIF schema requires")
		} else if seen[text] {
			r.add(Reject, "tags", r.base, fmt.Sprintf("%s/%d", at, i), "%.80q is there twice, which the SARIF schema forbids; keep one", text)
		}
		seen[text] = true
	}
	switch n := len(list); {
	case n > hardTags:
		r.add(Reject, "tag-count", r.base, at, "%d tags: GitHub takes at most %d; keep %d", n, hardTags, maxTags)
	case n > maxTags:
		r.add(Drop, "tag-count", r.base, at, "%d tags: GitHub keeps %d and drops the others; keep the ones that matter", n, maxTags)
	}
}

// oneOf warns of a property whose value GitHub does not know.
func (r *runLint) oneOf(p object, key, at string, allowed ...string) {
	v, ok := p[key]
	if text, _ := v.(string); ok && !slices.Contains(allowed, text) {
		r.add(Warn, "rule-property", r.base, at+"/"+key, "%.40q: GitHub ignores it; use one of %s", fmt.Sprint(v), strings.Join(allowed, ", "))
	}
}

// units is the length that GitHub's limits are about, read strictly.
func units(s string) int {
	if len(s) <= maxRuleName {
		return len(s) // at least as many bytes as units, and within all limits
	}
	n := 0
	for _, c := range s {
		n += utf16.RuneLen(c)
	}
	return n
}
