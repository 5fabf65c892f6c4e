package secret

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"regexp/syntax"
	"strings"
	"unicode"
)

// maker makes texts that an expression matches.
type maker struct{ rng *rand.Rand }

func (m maker) from(re *syntax.Regexp) string {
	var b strings.Builder
	m.write(&b, re)
	return b.String()
}

func (m maker) write(b *strings.Builder, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase != 0 && m.rng.IntN(2) == 0 {
				r = unicode.ToUpper(r)
			}
			b.WriteRune(r)
		}
	case syntax.OpCharClass:
		b.WriteRune(m.among(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte("abcdefghi jklmno=pqrstuv:wxyz"[m.rng.IntN(29)])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		low, high := re.Min, re.Max
		switch re.Op {
		case syntax.OpStar:
			low, high = 0, 4
		case syntax.OpPlus:
			low, high = 1, 4
		case syntax.OpQuest:
			low, high = 0, 1
		}
		if high < 0 || high > low+30 {
			high = low + 30
		}
		for range low + m.rng.IntN(high-low+1) {
			m.write(b, re.Sub[0])
		}
	case syntax.OpAlternate:
		m.write(b, re.Sub[m.rng.IntN(len(re.Sub))])
	default:
		for _, sub := range re.Sub {
			m.write(b, sub)
		}
	}
}

// among picks a character of a class: mostly a letter or digit, if it has any.
func (m maker) among(ranges []rune) rune {
	for range 40 {
		i := 2 * m.rng.IntN(len(ranges)/2)
		r := ranges[i] + rune(m.rng.IntN(int(min(ranges[i+1]-ranges[i], 126))+1))
		if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
	}
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i] >= '\t' {
			return ranges[i]
		}
	}
	return ranges[len(ranges)-1]
}

// filler makes lines of code in which keywords of the rules are common.
func (m maker) filler(lines int) string {
	words := []string{"func", "key", "return", "token = value", "api", "if err != nil {", "author", "secrets[i]", "client.access(", "https://example.invalid/a/b?x=1", "password:", "task_list", "path", "curl -s", "größe", "-----BEGIN", "kind: Secret", "data:", "%02d", `\n`, "facebook", "key: \"" + m.word(3) + "\"", m.word(24)}
	var b strings.Builder
	for range lines {
		for range 1 + m.rng.IntN(5) {
			b.WriteString(words[m.rng.IntN(len(words))])
			b.WriteByte(' ')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (m maker) word(n int) string {
	const chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var b strings.Builder
	for range n {
		b.WriteByte(chars[m.rng.IntN(len(chars))])
	}
	return b.String()
}

// surrounding puts a secret somewhere.
type surrounding struct {
	name string
	put  func(m maker, s string) string
}

func percentOf(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

func escapesOf(s, format string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

// surroundings are all ways in which the tests hide a secret. In some of them
// it is none any more.
var surroundings = []surrounding{
	{"alone", func(m maker, s string) string { return s }},
	{"a line", func(m maker, s string) string { return m.filler(3) + s + "\n" + m.filler(3) }},
	{"in a line", func(m maker, s string) string { return m.filler(3) + "x := \"" + s + "\" // y\n" + m.filler(3) }},
	{"last", func(m maker, s string) string { return m.filler(4) + "x = " + s }},
	{"CRLF", func(m maker, s string) string {
		return strings.ReplaceAll(m.filler(2)+s+"\n"+m.filler(2), "\n", "\r\n")
	}},
	{"long line", func(m maker, s string) string {
		return m.filler(1) + strings.ReplaceAll(m.filler(20), "\n", ";") + s + ";" + strings.ReplaceAll(m.filler(20), "\n", " ") + "\n" + m.filler(1)
	}},
	{"UTF-8", func(m maker, s string) string { return "héllo 世界 «" + s + "» \xff\xfe ünd\n" + m.filler(2) }},
	{"letters that fold", func(m maker, s string) string {
		return m.filler(2) + strings.NewReplacer("s", "\u017F", "K", "\u212A", "i", "\u0130").Replace(s) + "\n" + s + "\n"
	}},
	{"base64", func(m maker, s string) string {
		return m.filler(2) + "x: \"" + base64.StdEncoding.EncodeToString([]byte(s)) + "\"\n" + m.filler(1)
	}},
	{"base64 of a line", func(m maker, s string) string {
		return m.filler(1) + base64.RawURLEncoding.EncodeToString([]byte("x="+s+"\n")) + "\n" + m.filler(3)
	}},
	{"base64 twice", func(m maker, s string) string {
		return m.filler(2) + base64Of(base64Of("a "+s+" b")) + "\n" + s + "\n"
	}},
	{"hex", func(m maker, s string) string {
		return m.filler(2) + hex.EncodeToString([]byte(s+" ")) + "\n" + m.filler(2)
	}},
	{"percent", func(m maker, s string) string {
		return m.filler(2) + "?q=" + percentOf(s) + "&x=" + s + "\n" + m.filler(1)
	}},
	{"partly percent", func(m maker, s string) string {
		return m.filler(2) + s[:len(s)/3] + percentOf(s[len(s)/3:len(s)/2]) + s[len(s)/2:] + "\n" + m.filler(1)
	}},
	{"escapes", func(m maker, s string) string {
		return m.filler(1) + "\"" + escapesOf(s, `\u%04x`) + "\"\n" + m.filler(2)
	}},
	{"code points", func(m maker, s string) string {
		return m.filler(1) + escapesOf(s, "U+%04X ") + "\n" + s + "\n" + m.filler(2)
	}},
	{"code points at line ends", func(m maker, s string) string {
		return m.filler(1) + strings.ReplaceAll(escapesOf(s, "U+%04X "), "3 ", "3\n") + "\n" + s + "\n" + m.filler(2)
	}},
	{"hidden code points", func(m maker, s string) string {
		return m.filler(1) + percentOf("U+0061") + "\n" + base64Of(s) + "\n" + s + "\n"
	}},
	{"allowed", func(m maker, s string) string { return m.filler(1) + s + " # gitleaks" + ":allow\n" + m.filler(1) }},
	{"cut", func(m maker, s string) string { return m.filler(2) + s[:len(s)-1-len(s)/20] + "\n" + m.filler(1) }},
	{"twice", func(m maker, s string) string { return m.filler(1) + s + " " + s + "\n" + s + "\n" + m.filler(1) }},
	{"broken", func(m maker, s string) string { return m.filler(1) + s[:len(s)/2] + "\n" + s[len(s)/2:] + "\n" }},
}
