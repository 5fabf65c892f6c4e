package crawl

import (
	"cmp"
	"slices"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// Page is an answer of the application.
type Page struct {
	*exchange.Exchange
	Depth int  // links away from the target
	Cut   bool // the body is not all that the server has to send
}

// Reason is why an address was not asked for.
type Reason string

const (
	OtherScheme Reason = "other scheme"        // javascript:, mailto:, file:
	Malformed   Reason = "malformed"           // nothing that could be asked for
	LongAddress Reason = "too long"            // more than 2048 bytes
	OffScope    Reason = "off scope"           // another scheme, host or port
	OutOfScope  Reason = "out of scope"        // by Options.OutOfScope
	Harmful     Reason = "logs out or deletes" // by its words, or by what its element says
	Form        Reason = "form"                // sent with another method than GET
	Secret      Reason = "holds a secret"      // a value that only a header may carry
	Robots      Reason = "robots.txt"          // forbidden there
	TooDeep     Reason = "depth"               // Options.Depth
	Endless     Reason = "endless"             // a path that grows with every link
	Alike       Reason = "alike"               // Options.Alike
	TooMany     Reason = "number"              // Options.Pages, or more links than are looked at
	TimeUp      Reason = "time"                // Options.Time
	Redirects   Reason = "redirects"           // a chain of more than ten
	Gone        Reason = "server gone"         // it had stopped to answer
)

// Problem is an address that was asked for without an answer.
type Problem struct {
	Address string // without parameters
	Why     string
}

// maxProblems bounds Report.Problems; Failed counts them all.
const maxProblems = 100

// Report is what a crawl came to.
type Report struct {
	Seen     int            // different addresses in scope, asked for or not
	Fetched  int            // answers handed on, robots.txt and sitemaps aside
	Status   map[int]int    // answers by status
	Skipped  map[Reason]int // addresses not asked for
	Sitemap  int            // addresses that only a sitemap named at first
	Failed   int            // asked for without an answer
	Problems []Problem      // some of the failed ones, sorted
	CutPages int            // pages of which a part is missing
	Cut      []Reason       // which limits ended the crawl early, sorted: TooDeep, TooMany, TimeUp, Gone
}

// Incomplete reports that the application did not answer all that it was asked
// for.
func (r Report) Incomplete() bool { return r.Failed > 0 || slices.Contains(r.Cut, Gone) }

func (r *Report) skip(why Reason) { r.Skipped[why]++ }

// limit records an address that a limit keeps out.
func (r *Report) limit(why Reason) {
	r.skip(why)
	r.cut(why)
}

func (r *Report) cut(why Reason) {
	if !slices.Contains(r.Cut, why) {
		r.Cut = append(r.Cut, why)
	}
}

func (r *Report) fail(address string, err error) {
	r.Failed++
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, Problem{address, explain(err)})
	}
}

func (r *Report) sort() {
	slices.Sort(r.Cut)
	slices.SortStableFunc(r.Problems, func(a, b Problem) int { return cmp.Compare(a.Address, b.Address) })
}
