package finding

import "strings"

// Bounds of what is kept of a finding's flows. Together they are the 1,000
// steps that GitHub code scanning keeps of one result; four is how many paths
// CodeQL writes unless it is told otherwise.
const (
	MaxFlows     = 4
	MaxFlowSteps = 250 // of one flow
)

// Flow is a way that data takes through the code: from where it comes in, over
// what hands it on, to where it does harm.
type Flow struct {
	Message string     `json:"message,omitempty"`
	Steps   []Location `json:"steps"` // each has a path; its message says what the data is there
}

// BoundFlows returns the flows without steps that have no path, without those
// that are empty then, and within MaxFlows and MaxFlowSteps. A flow that is too
// long loses the middle, since its ends are what people look at first; its
// message says so. The flows that were given stay as they are.
func BoundFlows(flows []Flow) []Flow {
	var out []Flow
	for _, f := range flows {
		if len(out) == MaxFlows {
			break
		}
		var c FlowCutter
		for _, s := range f.Steps {
			if s.Path != "" {
				c.Add(s)
			}
		}
		if f, ok := c.Flow(f.Message); ok {
			out = append(out, f)
		}
	}
	return out
}

// FlowCutter puts a flow together of which nobody knows yet how long it is, and
// never holds more than MaxFlowSteps of it. The zero value is ready to use.
type FlowCutter struct {
	steps []Location
	next  int // where in the second half the next step goes, once all is full
	left  int // steps left out
}

// half is how many steps each end of a flow that is too long has.
const half = MaxFlowSteps / 2

// Add appends a step.
func (c *FlowCutter) Add(l Location) {
	if len(c.steps) < MaxFlowSteps {
		c.steps = append(c.steps, l)
		return
	}
	c.steps[half+c.next] = l
	c.next = (c.next + 1) % (MaxFlowSteps - half)
	c.left++
}

// Flow returns what was put together, unless it is empty.
func (c *FlowCutter) Flow(message string) (Flow, bool) {
	if len(c.steps) == 0 {
		return Flow{}, false
	}
	steps := append([]Location(nil), c.steps[:min(half, len(c.steps))]...)
	if len(c.steps) > half {
		second := c.steps[half:]
		steps = append(append(steps, second[c.next:]...), second[:c.next]...)
	}
	if c.left > 0 {
		message = strings.TrimSpace(message + " " + FlowCutNote)
	}
	return Flow{Message: message, Steps: steps}, true
}

// FlowCutNote ends the message of a flow that lost its middle.
const FlowCutNote = "(steps in the middle are left out)"
