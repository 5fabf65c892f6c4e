package secret

// anchorSet finds all of many strings in one pass over a text, whatever the
// case of ASCII letters: an automaton in the way of Aho and Corasick.
type anchorSet struct {
	class   [256]uint8
	classes int
	next    []uint32 // by state and class; a state is the index of its row
	final   uint32   // rows from here on end a string
	ends    [][]int  // by state: the strings that end there
	lengths []int
}

// newAnchorSet takes different strings in lower case.
func newAnchorSet(words []string) *anchorSet {
	a := &anchorSet{classes: 1}
	for _, w := range words {
		a.lengths = append(a.lengths, len(w))
		for i := range len(w) {
			if c := w[i]; a.class[c] == 0 {
				a.class[c] = uint8(a.classes)
				if 'a' <= c && c <= 'z' {
					a.class[c-'a'+'A'] = uint8(a.classes)
				}
				a.classes++
			}
		}
	}
	type node struct {
		next []int // by class; 0: none
		fail int
		ends []int
	}
	nodes := []node{{next: make([]int, a.classes)}}
	for id, w := range words {
		at := 0
		for i := range len(w) {
			c := a.class[w[i]]
			if nodes[at].next[c] == 0 {
				nodes[at].next[c] = len(nodes)
				nodes = append(nodes, node{next: make([]int, a.classes)})
			}
			at = nodes[at].next[c]
		}
		nodes[at].ends = append(nodes[at].ends, id)
	}
	// Breadth first, each node knows all that its suffix knows.
	queue := []int{}
	for _, n := range nodes[0].next {
		if n != 0 {
			queue = append(queue, n)
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		fail := nodes[at].fail
		nodes[at].ends = append(nodes[at].ends, nodes[fail].ends...)
		for c, n := range nodes[at].next {
			if n == 0 {
				nodes[at].next[c] = nodes[fail].next[c]
			} else {
				nodes[n].fail = nodes[fail].next[c]
				queue = append(queue, n)
			}
		}
	}
	// States at which something ends come last, so that one comparison tells.
	row := make([]uint32, len(nodes))
	rows := uint32(0)
	for _, ending := range []bool{false, true} {
		if ending {
			a.final = rows
		}
		for i, n := range nodes {
			if len(n.ends) > 0 == ending {
				row[i] = rows
				rows += uint32(a.classes)
				a.ends = append(a.ends, n.ends)
			}
		}
	}
	a.next = make([]uint32, rows)
	for i, n := range nodes {
		for c, to := range n.next {
			a.next[row[i]+uint32(c)] = row[to]
		}
	}
	return a
}

// each calls found for every occurrence, in the order of their ends, until it
// returns false.
func (a *anchorSet) each(text string, found func(word, at int) bool) {
	state := uint32(0)
	for i := range len(text) {
		state = a.next[state+uint32(a.class[text[i]])]
		if state < a.final {
			continue
		}
		for _, word := range a.ends[int(state)/a.classes] {
			if !found(word, i+1-a.lengths[word]) {
				return
			}
		}
	}
}
