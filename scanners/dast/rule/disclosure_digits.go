package rule

// Lengths of card numbers, in digits.
const (
	minCard = 12
	maxCard = 19
)

// eachCard calls found with each number in b that may be a card's, until it
// returns false. Digits may stand together or in groups as cards are printed.
func eachCard(b []byte, found func(card) bool) {
	const stride = 8 // no number hides between two of these, see below
	for at, done := 0, 0; at < len(b); at += stride {
		// Groups are separated by one byte: of two neighbours one is a digit.
		if !isDigit(b[at]) && !(at+1 < len(b) && isDigit(b[at+1])) {
			continue
		}
		start, end := at, at
		if !isDigit(b[at]) {
			start, end = at+1, at+1
		}
		for start > done && (isDigit(b[start-1]) || start-1 > done && separator(b[start-1]) && isDigit(b[start-2])) {
			start--
		}
		for end < len(b) && (isDigit(b[end]) || end+1 < len(b) && separator(b[end]) && isDigit(b[end+1])) {
			end++
		}
		if end-start >= minCard && !cardsIn(b, start, end, found) {
			return
		}
		done = end
		at += (end - at) / stride * stride
	}
}

func separator(c byte) bool { return c == ' ' || c == '-' }

// group is a run of digits and the separator before it, if any.
type group struct {
	start, end int
	sep        byte
}

func (g group) len() int { return g.end - g.start }

// cardsIn looks at a run of digits and single separators. It remembers just
// the groups that one card can have, and one more on either side.
func cardsIn(b []byte, start, end int, found func(card) bool) bool {
	var last [7]group // the newest at the end
	for at := start; at <= end; {
		next := group{start: at, end: at}
		for next.end < end && isDigit(b[next.end]) {
			next.end++
		}
		if at > start {
			next.sep = b[at-1]
		}
		copy(last[:], last[1:])
		last[6] = next
		if !grouped(b, last, found) {
			return false
		}
		if n := next.len(); n >= minCard && n <= maxCard && !tryCard(b, next.start, next.end, b[next.start:next.end], found) {
			return false
		}
		at = next.end + 1
	}
	copy(last[:], last[1:])
	last[6] = group{}
	return grouped(b, last, found)
}

// grouped tries the cards whose last group is the one before the newest.
func grouped(b []byte, last [7]group, found func(card) bool) bool {
	for n := 3; n <= 5; n++ {
		word := last[6-n : 6]
		if !printed(word) {
			continue
		}
		// Five groups of four digits are a column of numbers, not a card.
		sep, before, after := word[1].sep, last[5-n], last[6]
		if n == 4 && (before.len() == 4 && word[0].sep == sep || after.len() == 4 && after.sep == sep) {
			continue
		}
		number := make([]byte, 0, maxCard)
		for _, g := range word {
			number = append(number, b[g.start:g.end]...)
		}
		if !tryCard(b, word[0].start, word[n-1].end, number, found) {
			return false
		}
	}
	return true
}

// printed reports groups as they are embossed on cards, with the same
// separator throughout: 4-4-4-4, 4-6-5, 4-6-4 and 4-4-4-4-3.
func printed(word []group) bool {
	for _, g := range word[1:] {
		if g.sep == 0 || g.sep != word[1].sep {
			return false
		}
	}
	if len(word) == 3 {
		return word[0].len() == 4 && word[1].len() == 6 && (word[2].len() == 5 || word[2].len() == 4)
	}
	for _, g := range word[:4] {
		if g.len() != 4 {
			return false
		}
	}
	return len(word) == 4 || word[4].len() == 3
}

// tryCard calls found if the number at b[start:end] stands by itself, and is
// one that an issuer would give out.
func tryCard(b []byte, start, end int, number []byte, found func(card) bool) bool {
	if start > 0 {
		switch c := b[start-1]; {
		case isWord(c), c == '.': // part of a name, or the digits of a fraction
			return true
		case c == '-' && start > 1 && isWord(b[start-2]):
			return true
		}
	}
	if end < len(b) {
		switch c := b[end]; {
		case isWord(c):
			return true
		case (c == '.' || c == '-') && end+1 < len(b) && isWord(b[end+1]) && (c == '-' || isDigit(b[end+1])):
			return true
		}
	}
	s := string(number)
	who := issuerOf(s)
	if who == nil || !luhn(s) {
		return true
	}
	return found(card{number: s, at: start, issuer: who})
}
