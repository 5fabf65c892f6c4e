package finding

import "strings"

// The names of feeds.
const (
	FeedKEV  = "kev"  // CISA's catalogue of known exploited vulnerabilities: Finding.Exploited
	FeedEPSS = "epss" // FIRST's exploit predictions: Finding.EPSS
)

// Feed is a list of facts about vulnerabilities that all findings of the
// results were looked up in. What is not marked is not in it.
type Feed struct {
	Name    string `json:"name"`
	Date    string `json:"date"` // when its source made it, RFC 3339
	Entries int    `json:"entries"`
}

// Feed returns the feed of that name that findings were looked up in, or nil.
func (r *Results) Feed(name string) *Feed {
	for i := range r.Feeds {
		if r.Feeds[i].Name == name {
			return &r.Feeds[i]
		}
	}
	return nil
}

// Forget removes what findings have from a feed. Without the feed nobody knows
// what it means that a finding has nothing.
func (r *Results) Forget(name string) {
	var kept []Feed
	for _, f := range r.Feeds {
		if f.Name != name {
			kept = append(kept, f)
		}
	}
	r.Feeds = kept
	for i := range r.Runs {
		for j := range r.Runs[i].Findings {
			switch f := &r.Runs[i].Findings[j]; name {
			case FeedKEV:
				f.Exploited = ""
			case FeedEPSS:
				f.EPSS = 0
			}
		}
	}
}

// CVEs are the names that f has in feeds: those of its rule and its aliases
// that are CVE ids, in capitals.
func (f *Finding) CVEs() (out []string) {
	add := func(id string) {
		if len(id) > len("CVE-") && strings.EqualFold(id[:len("CVE-")], "CVE-") {
			out = append(out, strings.ToUpper(id))
		}
	}
	add(f.RuleID)
	for _, id := range f.Aliases {
		add(id)
	}
	return out
}

// commonFeeds are those that all results were looked up in. One in which there
// is nothing to look up need not have been.
func commonFeeds(all []Results) (out []Feed) {
	for _, name := range []string{FeedEPSS, FeedKEV} {
		var common *Feed
		agreed := true
		for i := range all {
			switch f := all[i].Feed(name); {
			case f == nil:
				agreed = agreed && !all[i].hasCVE()
			case common == nil:
				common = f
			default:
				agreed = agreed && *common == *f
			}
		}
		if agreed && common != nil {
			out = append(out, *common)
		}
	}
	return out
}

func (r *Results) hasCVE() bool {
	for i := range r.Runs {
		for j := range r.Runs[i].Findings {
			if len(r.Runs[i].Findings[j].CVEs()) > 0 {
				return true
			}
		}
	}
	return false
}
