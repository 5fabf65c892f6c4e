package crawl

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// maxSegments and maxRepeats tell a path that grows with every link followed:
// a relative link on a page that is served under any address.
const (
	maxSegments = 24
	maxRepeats  = 3
)

var uuid = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

var months = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
	"january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december"}

// endless tells a path that is likely the work of a trap.
func endless(u *url.URL) bool {
	segments := strings.Split(u.EscapedPath(), "/")
	if len(segments) > maxSegments {
		return true
	}
	times := map[string]int{}
	for _, s := range segments {
		if times[s]++; times[s] > maxRepeats {
			return true
		}
	}
	return false
}

// Template is the form that addresses of one kind share: numbers, dates, UUIDs
// and hashes of the path become {n}, so that /post/1 and /post/2 are alike.
func Template(u *url.URL) string { return fold(u.EscapedPath()) }

// forms returns the form of an address with the values of its parameters
// folded, and the form without the values.
func forms(u *url.URL) (fine, coarse string) {
	path := Template(u)
	if u.RawQuery == "" {
		return path, path
	}
	var pairs, names []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		pairs = append(pairs, fold(name)+"="+fold(value))
		names = append(names, fold(name))
	}
	slices.Sort(pairs) // so that a change of order alone is no new form
	slices.Sort(names)
	names = slices.Compact(names)
	return path + "?" + strings.Join(pairs, "&"), path + "?" + strings.Join(names, "&") + "#"
}

// fold replaces what counts, dates or identifies by {n}.
func fold(s string) string {
	const mark = "{n}"
	s = uuid.ReplaceAllString(s, mark)
	var b strings.Builder
	for len(s) > 0 {
		if strings.HasPrefix(s, mark) {
			b.WriteString(mark)
			s = s[len(mark):]
			continue
		}
		if len(s) >= 3 && s[0] == '%' { // a byte of a letter, and no number
			b.WriteString(s[:3])
			s = s[3:]
			continue
		}
		n := 0
		for n < len(s) && alphanumeric(s[n]) {
			n++
		}
		if n == 0 {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		b.WriteString(foldRun(s[:n], mark))
		s = s[n:]
	}
	return b.String()
}

// foldRun folds a run of letters and digits.
func foldRun(s, mark string) string {
	digits, hex := 0, 0
	for i := range len(s) {
		switch c := s[i] | 0x20; {
		case s[i] >= '0' && s[i] <= '9':
			digits++
			hex++
		case 'a' <= c && c <= 'f':
			hex++
		}
	}
	identifies := digits > 0 && (len(s) >= 8 && hex == len(s) || len(s) >= 20)
	if identifies || slices.Contains(months, strings.ToLower(s)) {
		return mark
	}
	if digits == 0 || digits <= 2 && digits == len(s)-1 && s[0] == 'v' { // v1 is another API than v2
		return s
	}
	var b strings.Builder
	number := false
	for i := range len(s) {
		if digit := s[i] >= '0' && s[i] <= '9'; !digit {
			b.WriteByte(s[i])
			number = false
		} else if !number {
			b.WriteString(mark)
			number = true
		}
	}
	return b.String()
}

func alphanumeric(c byte) bool { return unreserved(c) && strings.IndexByte("-._~", c) < 0 }
