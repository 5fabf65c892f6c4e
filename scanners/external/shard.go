package external

import (
	"slices"

	"github.com/scangate/scangate/scanners"
)

var (
	_ scanners.Divisible = (*Scanner)(nil)
	_ scanners.Weighty   = (*Scanner)(nil)
)

// weightStart is what starting a tool takes: seconds, however little there is to
// do.
const weightStart = 10_000

// Units are the starts of the tool. One whose findings are merged over all of
// them works as a whole.
func (s *Scanner) Units(w scanners.Work) []int64 {
	p, ok := w.Items.(*plan)
	if !ok || s.tool.Join != nil {
		return nil
	}
	return slices.Repeat([]int64{weightStart}, len(p.units))
}

// Part leaves some of the starts.
func (s *Scanner) Part(w scanners.Work, units []int) scanners.Work {
	p, ok := w.Items.(*plan)
	if !ok {
		return w
	}
	part := *p
	part.part = true
	part.units = make([]Unit, len(units))
	for i, u := range units {
		part.units[i] = p.units[u]
	}
	w.Items = &part
	return w
}

// Weight is that of a tool that works as a whole.
func (s *Scanner) Weight() int64 { return weightStart }
