package secret

import (
	"slices"
	"strings"
)

// reading is a text as gitleaks reads it at some depth of decoding.
type reading struct {
	text  string
	leads []lead
	moves moves // from the text as it is
}

// verdict is what the detector has to look at.
type verdict struct {
	all     bool    // everything, with all rules
	rules   []int   // else with these; none: nothing can be found
	windows []piece // parts of the text that are enough; none: the whole text
}

// sift judges a text.
func (s *sifter) sift(text, path string) verdict {
	if path != s.path {
		s.setPath(path)
	}
	leads, ok := s.leads(text)
	if !ok {
		return verdict{all: true}
	}
	readings := []reading{{text: text, leads: leads}}
	decoded := newDecoding(s.table, text)
	for range maxDecodeDepth {
		if !decoded.pass() {
			break
		}
		leads, ok := s.leads(decoded.text)
		if !ok {
			return verdict{all: true}
		}
		for i := range leads {
			leads[i].open = leads[i].open && decoded.touches(leads[i].piece)
		}
		readings = append(readings, reading{decoded.text, leads, decoded.moves()})
	}
	var v verdict
	for _, r := range readings {
		for _, l := range r.leads {
			if l.open {
				v.rules = append(v.rules, l.rule)
			}
		}
	}
	slices.Sort(v.rules)
	v.rules = slices.Compact(v.rules)
	if len(v.rules) > 0 && !decoded.whole && s.separable(text, readings, v.rules) {
		v.windows = s.windows(text, readings, v.rules)
	}
	return v
}

// separable reports whether the text can be looked at in parts: what lets
// gitleaks apply a rule must be in each part, or hold for all of them.
func (s *sifter) separable(text string, readings []reading, rules []int) bool {
	if _, folded := unfold(text); folded != nil {
		return false
	}
	return len(readings) == 1 || !slices.ContainsFunc(rules, func(r int) bool { return s.rules[r].remote() })
}

// windows returns pieces of the text, whole lines with the line break before
// them, in which each of the rules matches exactly what it matches there in
// the whole text. It returns nil if there are none, or they are most of it.
//
// No match, found or not, has only a part of itself in a window: that is seen
// to for all leads, and every match is within one. So a match in the whole
// text is one in a window. The converse could fail only for a match that takes
// the end of the window for the end of the text; those are looked for. Decoding
// goes line by line, and so to the same lines in both.
func (s *sifter) windows(text string, readings []reading, rules []int) []piece {
	var all, open []piece // leads of the rules, as places in text
	for _, r := range readings {
		for _, l := range r.leads {
			if _, in := slices.BinarySearch(rules, l.rule); !in {
				continue
			}
			place := r.moves.source(l.piece)
			all = append(all, place)
			if l.open {
				open = append(open, place)
			}
		}
	}
	// Of a match in a last line without an end gitleaks takes the whole text for
	// the line, and an allowlist may look at that.
	if last := strings.LastIndexByte(text, '\n'); last < len(text)-1 && slices.ContainsFunc(open, func(p piece) bool { return p.to > last+1 }) {
		return nil
	}
	windows := join(text, open)
	for range 8 {
		n := len(open)
		for _, l := range all {
			if cutBy(l, windows, text) {
				open = append(open, l)
			}
		}
		if len(open) == n {
			break
		}
		windows = join(text, open)
	}
	size := 0
	for _, w := range windows {
		size += w.to - w.from
	}
	if size >= len(text) || slices.ContainsFunc(all, func(l piece) bool { return cutBy(l, windows, text) }) {
		return nil
	}
	for _, w := range windows {
		for _, r := range readings {
			if !s.sound(r.text, piece{r.moves.now(w.from), r.moves.now(w.to)}, rules) {
				return nil
			}
		}
	}
	return windows
}

// cutBy reports whether a place is in one of the windows, and not within it.
func cutBy(place piece, windows []piece, text string) bool {
	i, _ := slices.BinarySearchFunc(windows, place.from, func(w piece, from int) int {
		if w.to <= from {
			return -1
		}
		return 1
	})
	return i < len(windows) && windows[i].from < place.to && !within(place, windows[i], text)
}

// sound reports that no match of the rules in a window touches an edge that
// is not one of the text.
func (s *sifter) sound(text string, w piece, rules []int) bool {
	for _, rule := range rules {
		for _, m := range s.rules[rule].Regex.FindAllStringIndex(text[w.from:w.to], -1) {
			if !within(piece{w.from + m[0], w.from + m[1]}, w, text) {
				return false
			}
		}
	}
	return true
}

// within reports whether a window holds a place and what is on both sides of
// it.
func within(s, w piece, text string) bool {
	return (w.from < s.from || w.from == 0) && (s.to < w.to || w.to == len(text))
}

// join widens places to whole lines, and to the line break before them, and
// merges what overlaps.
func join(text string, places []piece) []piece {
	wide := make([]piece, 0, len(places))
	for _, p := range places {
		w := piece{max(strings.LastIndexByte(text[:p.from], '\n'), 0), len(text)}
		if i := strings.IndexByte(text[p.to:], '\n'); i >= 0 {
			w.to = p.to + i + 1
		}
		wide = append(wide, w)
	}
	slices.SortFunc(wide, func(a, b piece) int { return a.from - b.from })
	var out []piece
	for _, w := range wide {
		if n := len(out); n > 0 && w.from < out[n-1].to {
			out[n-1].to = max(out[n-1].to, w.to)
			continue
		}
		out = append(out, w)
	}
	return out
}
