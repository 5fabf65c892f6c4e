// Package vex reads statements on whether vulnerabilities affect a product, in
// OpenVEX, CycloneDX and CSAF, and applies them to findings. It also writes
// OpenVEX. It is pure: bytes in, no files and no clock.
//
// Everything that is unclear counts as affected: a statement takes a finding
// out of the verdict only when it names the advisory and the package, gives a
// reason, and nothing newer or in another document says otherwise.
package vex

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/package-url/packageurl-go"

	"github.com/scangate/scangate/policy/vex/vers"
	"github.com/scangate/scangate/text"
)

// status is what a statement says of a vulnerability in a product.
type status int

const (
	unclear status = iota // it says something that is not understood
	affected
	underInvestigation
	notAffected
	fixed
)

// String returns the name in words.
func (s status) String() string {
	return [...]string{"something that is not understood", "affected", "under investigation", "not affected", "fixed"}[s]
}

// exempts reports whether a finding of that status does not count.
func (s status) exempts() bool { return s == notAffected || s == fixed }

// Bounds of a document.
const (
	MaxSize    = 16 << 20 // bytes
	maxEntries = 500_000  // vulnerabilities times products
	maxNotices = 20       // of a document, and of results
	maxIDs     = 100      // names of one vulnerability
	maxSame    = 10_000   // statements on one vulnerability of one package
	maxWord    = 200      // runes of a text that is quoted
)

// statement is what a document says of some vulnerabilities in some products.
type statement struct {
	line          int // in its document
	status        status
	justification string // a label of the format
	words         string // its impact statement, on one line
	when          time.Time
}

// by says on whose word a finding does not count.
func (s *statement) by(file string) string {
	by := s.status.String()
	if s.justification != "" {
		by += ": " + s.justification
	}
	by += ", " + file
	if s.words != "" {
		by += ": " + s.words
	}
	return by
}

// entry is a statement's word on one product.
type entry struct {
	*statement
	target
}

// A Document is a VEX document as far as it was understood.
type Document struct {
	Name    string // of its file, for messages
	Format  string // "OpenVEX", "CycloneDX", "CSAF"
	notices []string
	hidden  int // notices beyond the bound
	entries map[string][]entry
	ids     map[string]bool // vulnerabilities it has entries of
	count   int
	claims  int    // statements in the document
	usable  int    // those that were understood and can apply to something
	first   string // why the first of the others is not
}

// claim is a statement as its format's reader found it.
type claim struct {
	line          int
	ids           []string
	targets       []target
	status        status
	justification string
	known         []string // the labels that a justification may be
	words         string
	stamps        []string // when it was made; the first that is there counts
}

// notice records what a reader of the verdict should know.
func (d *Document) notice(line int, format string, args ...any) {
	msg := fmt.Sprintf("%s:%d: ", d.Name, line) + text.OneLine(fmt.Sprintf(format, args...), 2*maxWord)
	if d.first == "" {
		d.first = msg
	}
	if len(d.notices) == maxNotices {
		d.hidden++
		return
	}
	d.notices = append(d.notices, msg)
}

// add checks a claim and makes it a statement. One that would take findings out
// of the verdict and is not as it should be is refused; any other one is kept,
// since it can only stand against such a statement.
func (d *Document) add(c claim) error {
	ids := idsOf(c.ids)
	name := text.OneLine(cmp.Or(c.ids...), 60)
	s := &statement{line: c.line, status: c.status, justification: c.justification, words: text.OneLine(c.words, maxWord)}
	switch {
	case len(ids) == 0:
		d.notice(c.line, "the statement names no vulnerability: give it a name such as CVE-2024-1234")
		return nil
	case c.status == notAffected && c.justification == "" && s.words == "":
		d.notice(c.line, "%s: not affected, but not why: give a justification or an impact statement", name)
		return nil
	case c.status == notAffected && c.justification != "" && !slices.Contains(c.known, c.justification):
		d.notice(c.line, "%s: unknown justification %q%s", name, text.OneLine(c.justification, 60), text.Suggest(c.justification, c.known))
		return nil
	}
	var ok bool
	if s.when, ok = parseTime(c.stamps, c.status.exempts()); !ok {
		d.notice(c.line, "%s: the timestamp is none such as 2026-01-31T12:00:00Z", name)
		if c.status.exempts() {
			return nil
		}
	}
	if c.status == unclear {
		d.notice(c.line, "%s: the status is not known, so it counts as affected", name)
	}
	used := false
	for _, t := range c.targets {
		if c.status == fixed && !t.versioned() {
			d.notice(c.line, "%s: fixed, but not in which version: give the package URL a version", name)
			continue
		}
		used = true
		for _, id := range ids {
			if err := d.spend(1); err != nil {
				return err
			}
			key := t.key(id)
			d.ids[id] = true
			if d.entries[key] = append(d.entries[key], entry{s, t}); len(d.entries[key]) > maxSame {
				return fmt.Errorf("%s: over the limit of %s on %s in one package: keep the newest", d.Name, text.Count(maxSame, "statement"), name)
			}
		}
	}
	if used && c.status != unclear {
		d.usable++
	}
	return nil
}

// spend counts products, against what blows up from few bytes.
func (d *Document) spend(n int) error {
	if d.count += n; d.count > maxEntries {
		return fmt.Errorf("%s: over the limit of %s in a VEX document: split it", d.Name, text.Count(maxEntries, "product"))
	}
	return nil
}

// idsOf are the names of a vulnerability, in one case, each once.
func idsOf(ids []string) []string {
	var out []string
	for _, id := range ids {
		if id = strings.ToUpper(strings.TrimSpace(id)); id != "" && len(id) <= maxWord && !strings.Contains(id, "\x00") && !slices.Contains(out, id) && len(out) < maxIDs {
			out = append(out, id)
		}
	}
	return out
}

// parseTime returns the time of the first stamp that is there. Without one that
// can be read, a statement that exempts is older than all others, and one that
// does not is newer.
func parseTime(stamps []string, exempts bool) (t time.Time, ok bool) {
	stamp := cmp.Or(stamps...)
	t, err := time.Parse(time.RFC3339, stamp)
	if err == nil {
		return t, true
	}
	if exempts {
		return time.Time{}, stamp == ""
	}
	return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), stamp == ""
}

// target is what a statement is about: a package, perhaps in a product, an
// image as a whole, or files of a repository.
type target struct {
	in  *packageurl.PackageURL // the image or repository that holds the package; nil: any
	pkg *packageurl.PackageURL // nil: the image itself, or files of the repository

	versions *vers.Range // of the package; nil: all that pkg stands for
	doubt    bool        // versions that cannot be compared are meant, too
}
