package secret

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zricethezav/gitleaks/v8/detect/codec"
)

// TestAnchorSet compares with a search for one word at a time.
func TestAnchorSet(t *testing.T) {
	words := []string{"a", "ab", "bab", "bc", "bca", "c", "caa", "key", "api_key", "-----begin"}
	a := newAnchorSet(words)
	for _, text := range []string{"", "abccab", "xBaBCaAy", "API_KEYkey", "------BEGIN-----begin", "a\x00ab\xff", strings.Repeat("ab", 50)} {
		type occurrence struct{ word, at int }
		var got, want []occurrence
		a.each(text, func(word, at int) bool { got = append(got, occurrence{word, at}); return true })
		for w, word := range words {
			for at := 0; at+len(word) <= len(text); at++ {
				if strings.EqualFold(text[at:at+len(word)], word) {
					want = append(want, occurrence{w, at})
				}
			}
		}
		order := func(a, b occurrence) int { return 1000*(a.at-b.at) + a.word - b.word }
		slices.SortFunc(got, order)
		slices.SortFunc(want, order)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(occurrence{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	n := 0
	a.each("aaaa", func(int, int) bool { n++; return n < 2 })
	if n != 2 {
		t.Errorf("went on after %d", n)
	}
}

// TestWalker asserts that no expression matches beyond where the walker says,
// nor where it says that none can.
func TestWalker(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, expr := range []string{`key[ \t]{0,3}=\w{2,5}(?:;|$)`, `(?i)sk.{1,4}[^a]\b`, `a(?s:.){0,3}?b+`, `é[à-ü]*x`, `(?i)kſ`, `a|ab|abc`, `[^b]{2}`, `a*?b`} {
		re := regexp.MustCompile(`\A(?:` + expr + `)`)
		parsed, err := syntax.Parse(expr, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		prog, err := syntax.Compile(parsed.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		w := newWalker(prog)
		m := maker{rng}
		stopped := 0
		for range 3000 {
			text := m.from(parsed)
			for range rng.IntN(3) {
				i := rng.IntN(len(text) + 1)
				text = text[:i] + string([]rune("abkKsS= ;é\u212A\u017F\n")[rng.IntN(13)]) + text[i:]
			}
			text = text[:rng.IntN(len(text)+1)] + []string{"", ";", "\xc3", "zzz"}[rng.IntN(4)]
			end, ok, cost := w.reach(text, 1<<20)
			if loc := re.FindStringIndex(text); loc != nil && (!ok || loc[1] > end) {
				t.Errorf("%s in %q matches to %d: can match %v, end %d", expr, text, loc[1], ok, end)
			}
			if !ok {
				stopped++
			}
			if cost < end {
				t.Errorf("cost %d for %d bytes", cost, end)
			}
		}
		if stopped == 0 {
			t.Errorf("%s: nothing is ever ruled out", expr)
		}
		if _, _, cost := w.reach(strings.Repeat("key = ", 9), 1); cost > 3*stateCost {
			t.Errorf("%s: goes on for %d", expr, cost)
		}
	}
}

// TestDecoding compares with gitleaks' decoder on whole texts, pass by pass.
func TestDecoding(t *testing.T) {
	table := newCharTable()
	m := maker{rand.New(rand.NewPCG(1, 3))}
	decoded := 0
	for i := range 400 {
		var b strings.Builder
		for range 1 + i%4 {
			s := surroundings[m.rng.IntN(len(surroundings))]
			b.WriteString(s.put(m, "key = "+m.word(10+m.rng.IntN(40))+[]string{"", "\n", " U+0041 ", " U+0041\n", " U+0041\r\n", base64Of("a key = U+0041") + "\n"}[i/4%6]))
		}
		text := b.String()
		d := newDecoding(table, text)
		want, segments := text, []*codec.EncodedSegment{}
		decoder := codec.NewDecoder()
		for range maxDecodeDepth {
			want, segments = decoder.Decode(want, segments)
			changed := d.pass()
			if changed != (len(segments) > 0) || d.text != want {
				t.Fatalf("%q: changed %v, want %d segments:\n%s", text, changed, len(segments), cmp.Diff(want, d.text))
			}
			if !changed {
				break
			}
			decoded++
			for range 20 {
				from := m.rng.IntN(len(want))
				s := piece{from, from + m.rng.IntN(len(want)-from)}
				if got := d.touches(s); got != (len(codec.SegmentsWithDecodedOverlap(segments, s.from, s.to)) > 0) {
					t.Fatalf("%q: %v touches: %v", want, s, got)
				}
			}
		}
		// A place between two lines is the same place before and after.
		moved := d.moves()
		for at := range len(text) {
			if d.whole || text[at] != '\n' {
				continue
			}
			now := moved.now(at)
			if back := moved.source(piece{now, now}); d.text[now] != '\n' || back.from > at || back.to < at {
				t.Fatalf("%q: %d becomes %d, and that %v", text, at, now, back)
			}
		}
	}
	if decoded < 200 {
		t.Errorf("only %d passes changed anything", decoded)
	}
}

func TestUnfold(t *testing.T) {
	if got, place := unfold("no such letter: é"); got != "no such letter: é" || place != nil {
		t.Errorf("%q", got)
	}
	text := "\u017Fecret \u212Aey a\u0130b\u017F"
	got, place := unfold(text)
	if got != "secret key aibs" {
		t.Fatalf("%q", got)
	}
	for _, tt := range []struct{ ascii, text string }{{"s", "\u017F"}, {"ecret", "ecret"}, {"key", "\u212Aey"}, {"ey a", "ey a"}, {"ai", "a\u0130"}, {"bs", "b\u017F"}} {
		if at := place(strings.Index(got, tt.ascii)); !strings.HasPrefix(text[at:], tt.text) {
			t.Errorf("%q: at %d", tt.ascii, at)
		}
	}
}

// TestBranches asserts that nearly all rules are looked for by their anchors:
// a change of the rules, or of the code, that costs time shows here.
func TestBranches(t *testing.T) {
	sifted, _ := engines(t)
	var without, own, vague []string
	for _, r := range sifted.filter.rules {
		if r.branches == nil {
			without = append(without, r.RuleID)
		} else if r.own {
			own = append(own, r.RuleID)
		}
		for _, b := range r.branches {
			if b.vague() {
				vague = append(vague, r.RuleID)
			}
			if r.RuleID == "generic-api-key" && !r.judged {
				t.Error("the secrets of generic-api-key are not judged")
			}
		}
	}
	if diff := cmp.Diff([]string{"airtable-personnal-access-token", "facebook-access-token", "sourcegraph-access-token"}, without); diff != "" {
		t.Errorf("without anchors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"sidekiq-sensitive-url", "slack-config-access-token", "slack-webhook-url"}, own); diff != "" {
		t.Errorf("with anchors that are no keywords (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"kubernetes-secret-yaml"}, vague); diff != "" {
		t.Errorf("that can begin anywhere (-want +got):\n%s", diff)
	}
}

func TestWaysThatAreNone(t *testing.T) {
	for expr, want := range map[string]int{
		`a+key=b`: 1, `(?:x*key(a+?)|y*key(b+?))c`: 2, `x(?:key|other)`: 0, `x(?:key)*`: 0, `(?:key)?x`: 0,
		`\d{3}apikeys`: 1, `x\Bkey`: 1, `(?:\bkey|^key)x`: 2, `(?i)KEY`: 1, `[Kk]ey`: 1, `[^k]ey`: 0, `k.y`: 0,
	} {
		re, err := syntax.Parse(expr, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		found := ways(re, beginWith([]string{"key"}))
		if len(found) != want {
			t.Errorf("%s: %d ways, want %d", expr, len(found), want)
		}
		for _, w := range found {
			if opensWithAssertion(w.tail) {
				t.Errorf("%s: the tail %s looks back", expr, expression(w.tail))
			}
		}
	}
}
