package secret

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

const (
	// maxStates bounds the states that a walker keeps.
	maxStates = 4096
	// stateCost is what making a state counts for, in steps.
	stateCost = 64
)

// walker says how far from the start of a text an expression can go there,
// and whether it can match at all. It takes every empty-width assertion for
// true and every character outside ASCII that an expression accepts for any
// other of them, so it may only err by going too far. It is a deterministic
// automaton whose states are made when they are met, and not safe for
// concurrent use.
type walker struct {
	prog    *syntax.Prog
	class   [256]uint8
	sample  []byte // of each class
	known   map[string]int32
	sets    [][]uint32
	accepts []bool
	next    []int32 // by state and class; unmade where not known
	seen    []bool  // instructions that the set being made has, or went through
	touched []uint32
	stack   []uint32
}

const (
	unmade = -1
	dead   = 0
)

func newWalker(prog *syntax.Prog) *walker {
	w := &walker{prog: prog, seen: make([]bool, len(prog.Inst))}
	var border [utf8.RuneSelf + 1]bool
	mark := func(lo, hi rune) {
		if lo < utf8.RuneSelf {
			border[lo] = true
			border[min(hi+1, utf8.RuneSelf)] = true
		}
	}
	for _, in := range prog.Inst {
		switch in.Op {
		case syntax.InstRuneAnyNotNL:
			mark('\n', '\n')
		case syntax.InstRune, syntax.InstRune1:
			if len(in.Rune) == 1 {
				r := in.Rune[0]
				mark(r, r)
				if up := r &^ 0x20; 'A' <= up && up <= 'Z' {
					mark(up, up)
					mark(up|0x20, up|0x20)
				}
			}
			for i := 0; i+1 < len(in.Rune); i += 2 {
				mark(in.Rune[i], in.Rune[i+1])
			}
		}
	}
	for b := range 256 {
		if b == 0 || b <= utf8.RuneSelf && (border[b] || b == utf8.RuneSelf) {
			w.sample = append(w.sample, byte(b))
		}
		w.class[b] = uint8(len(w.sample) - 1)
	}
	w.reset()
	return w
}

func (w *walker) reset() {
	w.known = map[string]int32{}
	w.sets, w.accepts, w.next = nil, nil, nil
	w.state(nil) // dead
	w.state(w.settle(w.follow(nil, uint32(w.prog.Start))))
}

// reach walks over text. No match of the expression at its start is longer
// than end; ok says whether there can be one. The walk gives up after so many
// steps, and then returns the cost it had without an answer: cost > budget.
func (w *walker) reach(text string, budget int) (end int, ok bool, cost int) {
	state := int32(1)
	for i := range len(text) {
		ok = ok || w.accepts[state]
		class := int(w.class[text[i]])
		to := w.next[int(state)*len(w.sample)+class]
		if to == unmade {
			if len(w.sets) >= maxStates {
				set := w.sets[state]
				w.reset()
				state = w.state(set)
			}
			to = w.step(state, class)
			cost += stateCost
		}
		if state = to; state == dead {
			return i, ok, cost + i
		}
		if cost+i > budget {
			return i, ok, cost + i
		}
	}
	return len(text), ok || w.accepts[state], cost + len(text)
}

// state returns the number of a set of instructions.
func (w *walker) state(set []uint32) int32 {
	key := make([]byte, 0, 4*len(set))
	for _, pc := range set {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	if id, ok := w.known[string(key)]; ok {
		return id
	}
	id := int32(len(w.sets))
	w.known[string(key)] = id
	w.sets = append(w.sets, set)
	w.accepts = append(w.accepts, slices.ContainsFunc(set, func(pc uint32) bool { return w.prog.Inst[pc].Op == syntax.InstMatch }))
	for range w.sample {
		w.next = append(w.next, unmade)
	}
	return id
}

func (w *walker) step(state int32, class int) int32 {
	b := w.sample[class]
	var set []uint32
	for _, pc := range w.sets[state] {
		in := &w.prog.Inst[pc]
		if in.Op == syntax.InstMatch {
			continue
		}
		if b < utf8.RuneSelf {
			if in.MatchRune(rune(b)) {
				set = w.follow(set, in.Out)
			}
		} else if beyondASCII(in) {
			set = w.follow(set, in.Out)
			set = w.follow(set, pc) // more bytes of the same character
		}
	}
	to := w.state(w.settle(set))
	w.next[int(state)*len(w.sample)+class] = to
	return to
}

// follow adds to set what is reached from pc without a character:
// instructions that take one, and the end.
func (w *walker) follow(set []uint32, pc uint32) []uint32 {
	w.stack = append(w.stack[:0], pc)
	for len(w.stack) > 0 {
		pc := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		if w.seen[pc] {
			continue
		}
		w.seen[pc] = true
		w.touched = append(w.touched, pc)
		in := &w.prog.Inst[pc]
		switch in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			w.stack = append(w.stack, in.Arg, in.Out)
		case syntax.InstCapture, syntax.InstEmptyWidth, syntax.InstNop:
			w.stack = append(w.stack, in.Out)
		case syntax.InstFail:
		default:
			set = append(set, pc)
		}
	}
	return set
}

// settle ends a set that follow made.
func (w *walker) settle(set []uint32) []uint32 {
	for _, pc := range w.touched {
		w.seen[pc] = false
	}
	w.touched = w.touched[:0]
	slices.Sort(set)
	return set
}

// beyondASCII reports whether an instruction takes a character outside ASCII.
// What is not valid UTF-8 is read as U+FFFD.
func beyondASCII(in *syntax.Inst) bool {
	switch in.Op {
	case syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	}
	if len(in.Rune) == 1 && syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
		return in.Rune[0] >= utf8.RuneSelf || unicode.SimpleFold(unicode.SimpleFold(in.Rune[0])) != in.Rune[0]
	}
	return len(in.Rune) > 0 && in.Rune[len(in.Rune)-1] >= utf8.RuneSelf
}
