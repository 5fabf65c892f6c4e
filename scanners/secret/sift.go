package secret

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zricethezav/gitleaks/v8/config"
)

const (
	// stepsPerByte bounds the work on a text. One that needs more is made to,
	// and goes to the detector, whose work does not grow with what is in it.
	stepsPerByte = 512
	minSteps     = 64 << 10
	// matchCost is what a byte counts for that an expression is tried on.
	matchCost = 8
)

// lead is a place where a rule matches, or may match.
type lead struct {
	rule  int
	piece      // takes in every match that goes by there
	open  bool // gitleaks may make a finding of it
}

// try is a place where the tail of a rule that is judged was tried.
type try struct {
	at, end int // end is how far it could go
	matched bool
}

// sifter is what one goroutine needs to sift a text, and keeps for the next.
type sifter struct {
	*prefilter
	walkers []*walker // by branch, made when first needed
	last    []int     // by branch: where it was tried last
	tries   [][]try   // by rule
	path    string    // that applies is about
	applies []bool    // by rule
	steps   int       // left for this text
}

func (p *prefilter) sifter() *sifter {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.idle); n > 0 {
		s := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return s
	}
	s := &sifter{prefilter: p, walkers: make([]*walker, len(p.branches)), last: make([]int, len(p.branches)),
		tries: make([][]try, len(p.rules)), applies: make([]bool, len(p.rules))}
	s.setPath("")
	return s
}

func (s *sifter) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, s)
}

func (s *sifter) setPath(path string) {
	s.path = path
	for i, r := range s.rules {
		s.applies[i] = r.Path == nil || r.Path.MatchString(path)
	}
}

// leads returns where rules may match in a text. It returns false if that
// takes too long to find out.
func (s *sifter) leads(text string) (leads []lead, ok bool) {
	s.steps = minSteps + stepsPerByte*len(text)
	for i := range s.last {
		s.last[i] = -1
	}
	for i := range s.tries {
		s.tries[i] = s.tries[i][:0]
	}
	ok = true
	var whole []int // rules that are tried on the whole text
	ascii, place := unfold(text)
	s.anchors.each(ascii, func(word, at int) bool {
		if place != nil {
			at = place(at)
		}
		for _, rule := range s.keywords[word] {
			if s.applies[rule] && !slices.Contains(whole, rule) {
				whole = append(whole, rule)
			}
		}
		for _, b := range s.starts[word] {
			rule := s.branches[b].rule
			if s.last[b] == at || !s.applies[rule] {
				continue
			}
			s.last[b] = at
			l, found := s.try(b, text, at)
			switch {
			case found && s.branches[b].vague():
				if !slices.Contains(whole, rule) {
					whole = append(whole, rule)
				}
			case found:
				leads = append(leads, l)
			}
		}
		ok = s.steps >= 0
		return ok
	})
	if !ok {
		return nil, false
	}
	if slices.ContainsFunc(leads, func(l lead) bool { return s.rules[l.rule].own }) {
		low := strings.ToLower(text)
		leads = slices.DeleteFunc(leads, func(l lead) bool {
			r := s.rules[l.rule]
			return r.own && !slices.ContainsFunc(r.Keywords, func(k string) bool { return strings.Contains(low, k) })
		})
	}
	for _, rule := range whole {
		for _, m := range s.rules[rule].Regex.FindAllStringIndex(text, -1) {
			leads = append(leads, lead{rule, piece{m[0], m[1]}, true})
		}
	}
	return leads, true
}

// try looks whether the tail of a branch matches at a place.
func (s *sifter) try(id int, text string, at int) (l lead, ok bool) {
	b := s.branches[id]
	w := s.walkers[id]
	if w == nil {
		b.compile()
		w = newWalker(b.prog)
		s.walkers[id] = w
	}
	rest := text[at:]
	end, ok, cost := w.reach(rest, s.steps)
	s.steps -= cost
	if s.steps < 0 {
		return lead{}, false
	}
	if ok {
		var looked int
		ok, looked = b.approached(text, at)
		s.steps -= matchCost * looked
	}
	r := s.rules[b.rule]
	if !ok {
		if r.judged {
			s.tries[b.rule] = append(s.tries[b.rule], try{at: at, end: at + end})
		}
		return lead{}, false
	}
	// Nothing goes beyond end, and no assertion looks further than behind it.
	rest = rest[:min(end+utf8.UTFMax, len(rest))]
	loc := b.pattern.FindStringIndex(rest)
	if loc != nil {
		rest = rest[:loc[1]]
	}
	s.steps -= matchCost * len(rest)
	if r.judged {
		s.tries[b.rule] = append(s.tries[b.rule], try{at, at + end, loc != nil})
	}
	if loc == nil {
		return lead{}, false
	}
	from := 0
	if !b.lines {
		from = strings.LastIndexByte(text[:at], '\n') + 1
	}
	if b.back != unbounded {
		from = max(from, at-b.back)
	}
	l = lead{rule: b.rule, piece: piece{from, at + loc[1]}, open: true}
	if r.judged {
		l.open = !s.rejected(b, text, at, l.to)
	}
	return l, true
}

// rejected reports that gitleaks makes no finding of a match of which the tail
// is text[at:to], wherever the match begins. Gitleaks takes the secret out of
// the match by matching it again, on its own and without the line ends around
// it; so does this.
func (s *sifter) rejected(b *branch, text string, at, to int) bool {
	alone := strings.TrimRight(text[at:to], "\n")
	groups := b.pattern.FindStringSubmatch(alone)
	if groups == nil {
		return false
	}
	// On its own the match might be split earlier, where the tail does not
	// match in the text: only at the end of a text.
	tries := s.tries[b.rule]
	for i := len(tries) - 1; i >= 0 && (b.back == unbounded || tries[i].at >= at-b.back); i-- {
		t := tries[i]
		if t.at < at && !t.matched && t.end >= at+len(alone) && b.pattern.MatchString(text[t.at:at+len(alone)]) {
			return false
		}
	}
	r := s.rules[b.rule]
	secret := ""
	if r.SecretGroup > 0 {
		if r.SecretGroup < len(groups) {
			secret = groups[r.SecretGroup]
		}
	} else if i := slices.IndexFunc(groups[1:], func(g string) bool { return g != "" }); i >= 0 {
		secret = groups[1+i]
	}
	if secret == "" {
		return false
	}
	if r.Entropy != 0 && entropy(secret) < r.Entropy-1e-9 {
		return true
	}
	return allowed(secret, r.Allowlists) || allowed(secret, s.global)
}

// allowed reports that an allowlist passes over the secret whatever is around
// it.
func allowed(secret string, lists []*config.Allowlist) bool {
	for _, a := range lists {
		if a.MatchCondition != config.AllowlistMatchOr {
			continue
		}
		if a.RegexTarget == "" && a.RegexAllowed(secret) {
			return true
		}
		if stop, _ := a.ContainsStopWord(secret); stop {
			return true
		}
	}
	return false
}

// entropy is Shannon's, as gitleaks has it: characters over bytes. The order
// of the sum is not gitleaks', which is random, so the last digits may differ.
func entropy(s string) (bits float64) {
	var ascii [utf8.RuneSelf]int
	var others map[rune]int
	for _, r := range s {
		if r < utf8.RuneSelf {
			ascii[r]++
			continue
		}
		if others == nil {
			others = map[rune]int{}
		}
		others[r]++
	}
	add := func(n int) {
		if n > 0 {
			f := float64(n) / float64(len(s))
			bits -= f * math.Log2(f)
		}
	}
	for _, n := range ascii {
		add(n)
	}
	for _, n := range others {
		add(n)
	}
	return bits
}
