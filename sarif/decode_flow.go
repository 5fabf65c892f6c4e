package sarif

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

const (
	// maxFlowParts bounds how many flows and steps are looked at in a file, and
	// maxResultFlowParts in a result: ten times what makes GitHub refuse it.
	maxFlowParts       = 2_000_000
	maxResultFlowParts = 10 * hardFlowSteps
	// maxSharedSteps bounds a run's table of steps that flows refer to.
	maxSharedSteps = 1_000_000
	// maxStepMessage bounds what is said of a step or flow, in characters.
	maxStepMessage = 300
)

// codeFlow and threadFlow are read in parts: one may have a million steps, of
// which few are kept.
type codeFlow struct {
	Message     message         `json:"message"`
	ThreadFlows json.RawMessage `json:"threadFlows"`
}

type threadFlow struct {
	Message   message         `json:"message"`
	Locations json.RawMessage `json:"locations"`
}

type threadFlowLocation struct {
	Index    *int      `json:"index"`
	Location *location `json:"location"`
}

var (
	errNoMoreFlows = errors.New("enough was read")
	errFlowKind    = errors.New("is no array")
)

// flows reads the ways that data takes to a result (SARIF 2.1.0, sections 3.36
// to 3.38), within the bounds of package finding. Threads count as ways of
// their own. What is wrong with a flow costs the flow, never the finding.
func (t *translator) flows(f *finding.Finding, r *sarifResult) {
	if len(r.CodeFlows) == 0 {
		return
	}
	seen := 0
	err := t.each(r.CodeFlows, &seen, func(d *json.Decoder) error {
		var c codeFlow
		if err := d.Decode(&c); err != nil {
			return err
		}
		return t.each(c.ThreadFlows, &seen, func(d *json.Decoder) error {
			var thread threadFlow
			if err := d.Decode(&thread); err != nil {
				return err
			}
			return t.flow(f, &thread, firstOf(thread.Message.Text, c.Message.Text), &seen)
		})
	})
	if err != nil && !errors.Is(err, errNoMoreFlows) || *t.parts <= 0 && len(f.Flows) == 0 {
		t.flowsLost++
	}
}

// flow reads one way.
func (t *translator) flow(f *finding.Finding, thread *threadFlow, message string, seen *int) error {
	var c finding.FlowCutter
	err := t.each(thread.Locations, seen, func(d *json.Decoder) error {
		var s threadFlowLocation
		if err := d.Decode(&s); err != nil {
			return err
		}
		if l := t.step(&s); l.Path != "" {
			c.Add(l)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errNoMoreFlows) {
		return err
	}
	if flow, ok := c.Flow(stepMessage(message)); ok {
		if f.Flows = append(f.Flows, flow); len(f.Flows) == finding.MaxFlows {
			return errNoMoreFlows
		}
	}
	return err
}

// step reads one step, or looks it up in the run's table. What an entry of the
// table refers to is not followed, so that nothing goes in circles.
func (t *translator) step(s *threadFlowLocation) finding.Location {
	if s.Location != nil {
		return t.stepAt(s.Location)
	}
	if s.Index == nil || *s.Index < 0 || *s.Index >= len(t.run.sharedSteps) {
		return finding.Location{}
	}
	// Read once: many steps may refer to one that is large.
	l, known := t.shared[*s.Index]
	if !known {
		var s2 threadFlowLocation
		if json.Unmarshal(t.run.sharedSteps[*s.Index], &s2) == nil && s2.Location != nil {
			l = t.stepAt(s2.Location)
		}
		t.shared[*s.Index] = l
	}
	return l
}

func (t *translator) stepAt(l *location) finding.Location {
	out := t.related(l)
	if out.Path != "" {
		out.Message = stepMessage(l.Message.Text)
	}
	return out
}

func stepMessage(s string) string { return text.OneLine(plainMessage(clip(s)), maxStepMessage) }

// each calls f for the elements of an array, which is to read one of them. It
// counts them in seen, and ends with errNoMoreFlows when there were too many.
func (t *translator) each(array json.RawMessage, seen *int, f func(*json.Decoder) error) error {
	if len(array) == 0 || string(array) == "null" {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(array))
	if start, err := d.Token(); err != nil || start != json.Delim('[') {
		return errFlowKind
	}
	for d.More() {
		if *seen++; *seen > maxResultFlowParts || *t.parts <= 0 {
			return errNoMoreFlows
		}
		*t.parts--
		if err := f(d); err != nil {
			return err
		}
	}
	return nil
}
