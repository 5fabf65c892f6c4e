// Package vers reads version ranges as VEX documents have them: lists of
// comparisons with the name of the scheme by which versions are compared, such
// as vers:npm/>=1.0.0|<1.2.3. Versions are compared as they are when they are
// matched with advisories.
package vers

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/scangate/scangate/text"
)

// The bounds of a range.
const (
	maxRange       = 16 << 10 // bytes
	maxConstraints = 500
	maxVersion     = 200 // bytes of a version
	maxDigits      = 15  // of a number in a version: the comparers count with machine words
)

// Range is a set of versions of packages of one type.
type Range struct {
	scheme  scheme
	all     bool
	equal   []version // versions that are in it
	unequal []version // and those that are not
	spans   []span    // and what is between others
}

// span is what is between two versions.
type span struct {
	from, to         version // nil: it has no beginning, or no end
	withFrom, withTo bool
}

// comparison is a part of a range.
type comparison struct {
	operator string
	version  version
}

// Parse reads a range. What is not quite clear is an error, in a few words: a
// scheme that is not known, versions that are not of it, comparisons that do
// not follow each other as they must.
func Parse(word string) (*Range, error) {
	if len(word) > maxRange {
		return nil, errors.New("the range is too long")
	}
	word = strings.NewReplacer(" ", "", "\t", "").Replace(word)
	rest, ok := strings.CutPrefix(word, "vers:")
	name, list, slash := strings.Cut(rest, "/")
	if !ok || !slash {
		return nil, errors.New("it is not a range such as vers:npm/>=1.0.0|<1.2.3")
	}
	s, ok := schemes()[name]
	if !ok {
		return nil, fmt.Errorf("versions of the scheme %q cannot be compared%s", text.OneLine(name, 40), text.Suggest(name, Schemes()))
	}
	r := &Range{scheme: s}
	if list == "*" {
		r.all = true
		return r, nil
	}
	var all []comparison
	for part := range strings.SplitSeq(list, "|") {
		if part == "" {
			continue
		}
		if len(all) == maxConstraints {
			return nil, fmt.Errorf("the range has more than %d parts", maxConstraints)
		}
		c, err := s.comparison(part)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return r, r.read(all)
}

// comparison reads a part of a range.
func (s scheme) comparison(part string) (comparison, error) {
	c := comparison{operator: "="}
	for _, o := range []string{">=", "<=", "!=", "<", ">", "="} {
		if rest, ok := strings.CutPrefix(part, o); ok {
			c.operator, part = o, rest
			break
		}
	}
	word, err := url.PathUnescape(part)
	if err != nil || strings.ContainsAny(part, "<>=!*|") {
		return c, fmt.Errorf("%q is no version", text.OneLine(part, 40))
	}
	if c.version, err = s.version(word); err != nil {
		return c, fmt.Errorf("%q is no version that can be compared", text.OneLine(word, 40))
	}
	return c, nil
}

// read takes in the parts of a range, and sees that they make one.
func (r *Range) read(all []comparison) error {
	slices.SortStableFunc(all, func(a, b comparison) int { return a.version.compare(b.version) })
	var open *span
	var last string // the operator before, but for !=
	for i, c := range all {
		if i > 0 && c.version.compare(all[i-1].version) == 0 {
			return errors.New("it names a version twice")
		}
		up, down := c.operator[0] == '>', c.operator[0] == '<'
		with := strings.HasSuffix(c.operator, "=")
		switch {
		case c.operator == "!=":
			r.unequal = append(r.unequal, c.version)
			continue
		case last != "" && last[0] == '>' && !down, last != "" && last[0] != '>' && down:
			return errors.New("its parts, sorted, do not follow each other: want >= and < in turns")
		case down && open == nil:
			r.spans = append(r.spans, span{to: c.version, withTo: with})
		case down:
			open.to, open.withTo = c.version, with
			r.spans = append(r.spans, *open)
			open = nil
		case up:
			open = &span{from: c.version, withFrom: with}
		default:
			r.equal = append(r.equal, c.version)
		}
		last = c.operator
	}
	if open != nil {
		r.spans = append(r.spans, *open)
	}
	if len(r.spans)+len(r.equal) == 0 {
		return errors.New("it does not say which versions are in it")
	}
	return nil
}

// For reports whether the range is about packages of a type, as package URLs
// have it.
func (r *Range) For(kind string) bool { return r.scheme.kind == kind }

// Contains reports whether a version is in the range. It is not known of one
// that the scheme cannot read.
func (r *Range) Contains(word string) (in, known bool) {
	if r.all {
		return true, true
	}
	v, err := r.scheme.version(word)
	if err != nil {
		return false, false
	}
	same := func(o version) bool { return v.compare(o) == 0 }
	switch {
	case slices.ContainsFunc(r.equal, same):
		return true, true
	case slices.ContainsFunc(r.unequal, same):
		return false, true
	}
	return slices.ContainsFunc(r.spans, func(s span) bool { return s.contains(v) }), true
}

func (s span) contains(v version) bool {
	if s.from != nil {
		if c := v.compare(s.from); c < 0 || c == 0 && !s.withFrom {
			return false
		}
	}
	if s.to != nil {
		if c := v.compare(s.to); c > 0 || c == 0 && !s.withTo {
			return false
		}
	}
	return true
}
