package helm

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/scangate/scangate/text"
)

// What is said of values and subcharts that a chart leaves to whoever deploys
// it.
const (
	sayRequired   = "a required value is not set"
	sayRefused    = "the chart refuses these values: it calls fail"
	sayUnset      = "a value is not set"
	sayNoTemplate = "there is no template"
	sayNoSubchart = "a subchart is not in charts/ and cannot be looked at"
	sayWithout    = "rendered as if nothing were required, because "
)

// Wanting reports whether the chart lacks a value or a subchart that whoever
// deploys it has: nothing is wrong with it, but not all of it could be rendered
// as it will be.
func (p Problem) Wanting() bool {
	for _, say := range []string{sayRequired, sayRefused, sayUnset, sayNoTemplate, sayNoSubchart, sayWithout} {
		if strings.HasPrefix(p.Message, say) {
			return true
		}
	}
	return false
}

// explain says why something failed, without quoting values.
func explain(err error) string {
	var l limit
	if errors.As(err, &l) {
		return string(l)
	}
	return "it cannot be read"
}

var (
	parseLine    = regexp.MustCompile(`^template: (.+?):(\d+):`)
	noFunction   = regexp.MustCompile(`function "([A-Za-z0-9_]{1,100})" not defined`)
	noTemplate   = regexp.MustCompile(`(?:no template |template )"([^"\x00-\x1f]{1,200})" (?:associated|not defined)`)
	failedCall   = regexp.MustCompile(`error calling ([A-Za-z0-9]{1,100}): `)
	nilPointer   = regexp.MustCompile(`nil pointer evaluating [^ ]*(?: \{\})?\.([A-Za-z0-9_]{1,100})`)
	cannotUse    = regexp.MustCompile(`can't evaluate field ([A-Za-z0-9_]{1,100}) in type ([A-Za-z0-9_.\[\]*]{1,100})`)
	wrongType    = regexp.MustCompile(`wrong type for value; expected ([A-Za-z0-9_.\[\]*]{1,100})`)
	wrongNumber  = regexp.MustCompile(`wrong number of args for ([A-Za-z0-9_]{1,100}): want ((?:at least )?\d+) got (\d+)`)
	cannotRange  = regexp.MustCompile(`range can't iterate over`)
	nilData      = regexp.MustCompile(`nil data; no entry for key`)
	incomparable = regexp.MustCompile(`(?:incompatible|non-comparable|invalid) types? for comparison`)
)

// parseProblem says why a template cannot be parsed.
func (e *engine) parseProblem(s *source, line int, err error) Problem {
	p := Problem{Path: s.path, Line: line}
	var l limit
	if errors.As(err, &l) || e.b.ctx.Err() != nil {
		p.Message = explain(err)
		return p
	}
	why := text.OneLine(err.Error(), 500)
	if m := parseLine.FindStringSubmatchIndex(why); m != nil {
		p.Line, _ = strconv.Atoi(why[m[4]:m[5]])
		why = strings.TrimSpace(why[m[1]:])
	}
	if m := noFunction.FindStringSubmatch(why); m != nil {
		p.Message = "the template calls a function that Helm does not have: " + m[1]
		return p
	}
	p.Message = "the template cannot be parsed: " + unquoted(why)
	return p
}

// execProblem says why a template cannot be rendered: at the line of the
// template that was to be rendered, with the place below it that failed.
func (e *engine) execProblem(s *source, err error) Problem {
	p := Problem{Path: s.path, Line: e.rec.line}
	why := err.Error()
	var inner *source
	innerLine, found := 0, false
	for rest := why; ; {
		// Names are looked up, so that a message cannot make one up.
		i := strings.Index(rest, "template: ")
		if i < 0 {
			break
		}
		rest = rest[i+len("template: "):]
		name, after, _ := strings.Cut(rest, ":")
		digits, _, _ := strings.Cut(after, ":")
		line, numErr := strconv.Atoi(digits)
		at := e.templates[name]
		if at == nil || numErr != nil {
			continue
		}
		if at == s && !found {
			p.Line, found = line, true
		}
		inner, innerLine = at, line
	}
	p.Message = e.reason(why, err)
	if inner != nil && inner != s {
		p.Message += " (at " + text.OneLine(inner.path, 200) + ":" + strconv.Itoa(innerLine) + ")"
	}
	return p
}

// reason finds out what kind of error it is. What the chart's author wrote as
// a message may quote values, and is not repeated.
func (e *engine) reason(why string, err error) string {
	var l limit
	if errors.As(err, &l) {
		return string(l)
	}
	var d demand
	if errors.As(err, &d) {
		return string(d)
	}
	if m := noTemplate.FindStringSubmatch(why); m != nil {
		if e.written(m[1]) {
			return sayNoTemplate + " " + m[1] + ": a subchart may be missing"
		}
		return sayNoTemplate + " of that name"
	}
	if m := nilPointer.FindStringSubmatch(why); m != nil {
		return sayUnset + ": nothing has a field " + m[1]
	}
	if m := cannotUse.FindStringSubmatch(why); m != nil {
		return "a value of type " + m[2] + " has no field " + m[1]
	}
	if m := wrongType.FindStringSubmatch(why); m != nil {
		return "a value has the wrong type, " + m[1] + " is needed"
	}
	if m := wrongNumber.FindStringSubmatch(why); m != nil {
		return m[1] + " is called with " + m[3] + " arguments and needs " + m[2]
	}
	switch {
	case cannotRange.MatchString(why):
		return "range over something that is no list"
	case nilData.MatchString(why):
		return sayUnset
	case incomparable.MatchString(why):
		return "values of different types are compared"
	}
	if m := failedCall.FindAllStringSubmatch(why, -1); m != nil {
		name := m[len(m)-1][1]
		for i := len(m) - 1; i >= 0 && (name == "include" || name == "tpl"); i-- {
			name = m[i][1]
		}
		return "the function " + name + " failed"
	}
	return "the template cannot be executed"
}

// written reports whether a name stands in a template: then it is no value.
func (e *engine) written(name string) bool {
	for _, s := range e.templates {
		if strings.Contains(s.text, `"`+name+`"`) {
			return true
		}
	}
	return false
}
