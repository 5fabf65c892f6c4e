package scanners

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// Divisible is an optional extra of a Scanner whose work several jobs can share.
// Together, the parts find what the whole does.
type Divisible interface {
	// Units weighs the units that the work of a plan consists of, in an order
	// that depends on nothing but the plan. Fewer than two: it is done as a
	// whole.
	Units(w Work) []int64
	// Part leaves those units of the work, which are in ascending order. Its
	// What stays that of the whole.
	Part(w Work, units []int) Work
}

// MaxShards is in how many shards a scan can be split at most: as many as a
// matrix of GitHub's has jobs.
const MaxShards = 256

// What scanners weigh, in the time of a small file. Programs and pages take
// their time however little there is to look at.
const (
	weightWhole   = 1_000
	weightProgram = 20_000
)

// Weighty is an optional extra of a Scanner that takes longer than most.
type Weighty interface {
	Weight() int64
}

// Shard is one of the parts that a scan is split in. The zero value is the scan
// as a whole.
type Shard struct{ Index, Of int }

// ParseShard reads "2/7".
func ParseShard(s string) (Shard, error) {
	i, n, ok := strings.Cut(s, "/")
	index, err := number(i)
	of, err2 := number(n)
	switch {
	case !ok || err != nil || err2 != nil:
		return Shard{}, fmt.Errorf("want I/N such as 2/7, not %q", text.Cut(s, 40))
	case of < 1 || of > MaxShards:
		return Shard{}, fmt.Errorf("%q: want from 1 to %d shards", text.Cut(s, 40), MaxShards)
	case index < 1 || index > of:
		return Shard{}, fmt.Errorf("%q: want a shard from 1/%d to %d/%d", text.Cut(s, 40), of, of, of)
	}
	return Shard{index, of}, nil
}

// number reads a number that is written as people write it.
func number(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err == nil && strconv.Itoa(n) != s {
		err = errors.New("not a plain number")
	}
	return n, err
}

// String writes what ParseShard reads; of a whole scan "".
func (s Shard) String() string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Of)
}

// Shares says which shard does which part of a plan. It is a function of the
// plan alone, so that jobs that know nothing of each other come to the same.
type Shares struct {
	n      int
	units  [][]int64 // weights, by scanner
	shards [][]int   // of each unit, by scanner: from 0
	digest string
}

// ShareOut shares the work of a plan out to n shards: the heaviest unit first,
// each to the shard that has least. With whole, no scanner's work is split.
func ShareOut(plan []Planned, n int, whole bool) Shares {
	s := Shares{n: n, units: make([][]int64, len(plan)), shards: make([][]int, len(plan))}
	type unit struct {
		scanner, index int
		weight         int64
	}
	var all []unit
	h := sha256.New()
	fmt.Fprintf(h, "%d %v\n", n, whole)
	for i, p := range plan {
		s.units[i] = unitsOf(p, whole)
		s.shards[i] = make([]int, len(s.units[i]))
		fmt.Fprintf(h, "%q %q %v\n", p.Title(), p.Work.What, s.units[i])
		for j, w := range s.units[i] {
			all = append(all, unit{i, j, w})
		}
	}
	slices.SortStableFunc(all, func(a, b unit) int { return cmp.Compare(b.weight, a.weight) })
	load := make([]int64, n)
	for _, u := range all {
		least := 0
		for i := range load {
			if load[i] < load[least] {
				least = i
			}
		}
		load[least] += u.weight
		s.shards[u.scanner][u.index] = least
	}
	s.digest = hex.EncodeToString(h.Sum(nil)[:16])
	return s
}

// unitsOf weighs the units of a scanner's work; there are none if it does not
// run.
func unitsOf(p Planned, whole bool) []int64 {
	if p.Err != nil || p.Work.Skip != "" {
		return nil
	}
	if d, ok := p.Scanner.(Divisible); ok && !whole {
		if units := d.Units(p.Work); len(units) > 1 {
			for i := range units {
				units[i] = max(units[i], 1)
			}
			return units
		}
	}
	weight := int64(weightWhole)
	if w, ok := p.Scanner.(Weighty); ok {
		weight = w.Weight()
	} else if TargetOf(p.Scanner) != "" {
		weight = weightProgram
	}
	return []int64{weight}
}

// Digest is the same for plans that are shared out in the same way.
func (s Shares) Digest() string { return s.digest }

// Units is how many units of work there are.
func (s Shares) Units() (n int) {
	for _, u := range s.units {
		n += len(u)
	}
	return n
}

// Weight is what all units weigh together.
func (s Shares) Weight() (sum int64) {
	for _, units := range s.units {
		for _, w := range units {
			sum += w
		}
	}
	return sum
}

// Of returns the units of a scanner that a shard has, counted from 0.
func (s Shares) Of(scanner int, shard Shard) (units []int) {
	for unit, at := range s.shards[scanner] {
		if at == shard.Index-1 {
			units = append(units, unit)
		}
	}
	return units
}

// Take leaves of a plan what a shard is to do. The rest is skipped, and says
// which shards do it.
func (s Shares) Take(plan []Planned, shard Shard) []Planned {
	out := slices.Clone(plan)
	for i := range out {
		p := &out[i]
		if len(s.units[i]) == 0 {
			continue
		}
		p.Split = &finding.Split{Shards: s.names(i)}
		switch units := s.Of(i, shard); {
		case len(units) == 0:
			p.Work.Skip = "its work is that of " + shardWords(p.Split.Shards)
		case len(units) < len(s.units[i]):
			p.Work = p.Scanner.(Divisible).Part(p.Work, units)
		}
	}
	return out
}

// names are the shards that have a part of a scanner's work.
func (s Shares) names(scanner int) (names []string) {
	has := make([]bool, s.n)
	for _, at := range s.shards[scanner] {
		has[at] = true
	}
	for i, ok := range has {
		if ok {
			names = append(names, Shard{i + 1, s.n}.String())
		}
	}
	return names
}

// shardWords names shards.
func shardWords(names []string) string {
	const shown = 5
	if len(names) == 1 {
		return "shard " + names[0]
	}
	if more := len(names) - shown; more > 1 {
		return fmt.Sprintf("shards %s and %d more", strings.Join(names[:shown], ", "), more)
	}
	return "shards " + strings.Join(names, ", ")
}

// shared reports that several shards share the work of a run.
func shared(s *finding.Split) bool { return s != nil && len(s.Shards) > 1 }

// ofPart makes the run of a part of a scanner's work look like no more than it
// is: whatever it came to, the scanner has not looked at everything.
func ofPart(run finding.Run, sights []finding.Sight) finding.Run {
	if run.Split == nil {
		return run
	}
	split := *run.Split
	split.Inventory = run.Inventory
	if shared(run.Split) {
		status := run.Status
		split.Status, split.Reason, split.Sights = &status, run.Reason, sights
		if status == finding.Completed {
			run.Status, run.Reason = finding.Partial, "a part of its work: "+shardWords(split.Shards)+" share it"
		}
	}
	run.Split = &split
	return run
}

// Tally is a note with counts, each in braces with the word for what is
// counted: "{3 file} left out". Those of several parts of a scan are added up.
func Tally(level finding.NoteLevel, form string) finding.Note {
	return finding.Note{Level: level, Message: tallied(form), Tally: form}
}

// tallied is the message of a tally.
func tallied(form string) string {
	var b strings.Builder
	eachCount(form, func(plain string) { b.WriteString(plain) }, func(n int, what string) { b.WriteString(text.Count(n, what)) })
	return b.String()
}

// addTallies adds the counts of b to those of a, whose form is the same.
func addTallies(a, b string) string {
	var counts []int
	eachCount(b, func(string) {}, func(n int, _ string) { counts = append(counts, n) })
	var out strings.Builder
	eachCount(a, func(plain string) { out.WriteString(plain) }, func(n int, what string) {
		if len(counts) > 0 {
			n += counts[0]
			counts = counts[1:]
		}
		fmt.Fprintf(&out, "{%d %s}", n, what)
	})
	return out.String()
}

// tallyForm is what is the same in tallies that can be added.
func tallyForm(form string) string {
	var b strings.Builder
	eachCount(form, func(plain string) { b.WriteString(plain) }, func(_ int, what string) { b.WriteString("{" + what + "}") })
	return b.String()
}

// eachCount takes a form apart. Braces that hold no count are words.
func eachCount(form string, plain func(string), count func(n int, what string)) {
	for form != "" {
		before, rest, open := strings.Cut(form, "{")
		inside, after, closed := strings.Cut(rest, "}")
		digits, what, blank := strings.Cut(inside, " ")
		n, err := strconv.Atoi(digits)
		if !open || !closed || !blank || err != nil || n < 0 || n > 1<<40 {
			plain(form)
			return
		}
		plain(before)
		count(n, what)
		form = after
	}
}
