package dependency

import "github.com/scangate/scangate/scanners"

var _ scanners.Divisible = (*Scanner)(nil)

// What a lockfile takes: some time of its own, and more for each of so many
// bytes.
const (
	weightLockfile = 20
	weightBytes    = 4 << 10
)

// Units weighs the lockfiles: what is found in one depends on no other.
func (s *Scanner) Units(w scanners.Work) []int64 {
	items, _ := w.Items.([]item)
	units := make([]int64, len(items))
	for i, it := range items {
		units[i] = weightLockfile + it.size/weightBytes
	}
	return units
}

// Part leaves some of the lockfiles.
func (s *Scanner) Part(w scanners.Work, units []int) scanners.Work {
	items, _ := w.Items.([]item)
	part := make([]item, len(units))
	for i, u := range units {
		part[i] = items[u]
	}
	w.Items = part
	return w
}
