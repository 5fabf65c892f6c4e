package dependabot

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// maxEntryNotes bounds the notes about alerts that cannot be read.
const maxEntryNotes = 20

// fetched is what GitHub said.
type fetched struct {
	alerts []alert // in the order of their numbers, each once
	notes  []finding.Note
	pages  int
	bytes  int64
}

func (f *fetched) gap(message string) {
	f.notes = append(f.notes, finding.Note{Level: finding.Gap, Message: message})
}

// fetch asks for all pages. It fails if there is not even a first one.
func (s *Scanner) fetch(ctx context.Context, p plan) (*fetched, error) {
	c := s.client()
	defer c.CloseIdleConnections()
	// Oldest first: an alert that comes up meanwhile is then behind the cursor
	// and not before it, where it would push another one over a page's edge.
	query := url.Values{
		"state": {"auto_dismissed,dismissed,open"}, "sort": {"created"}, "direction": {"asc"}, "per_page": {strconv.Itoa(perPage)},
	}
	got := &fetched{}
	budget := s.limits.waiting
	seen := map[string]bool{}
	numbers := map[int]bool{}
	texts := map[string]string{} // each description once: an advisory can make thousands of alerts
	bad := 0
	for query != nil {
		a, err := s.try(ctx, c, p, query, &budget)
		var entries []entry
		if err == nil {
			entries, err = decode(a.body)
		}
		if err != nil {
			if got.pages == 0 {
				return nil, err
			}
			got.gap(fmt.Sprintf("alerts after the first %s could not be imported: %v", text.Count(len(got.alerts), "alert"), err))
			break
		}
		got.pages++
		got.bytes += int64(len(a.body))
		for _, e := range entries {
			switch {
			case e.err != nil:
				if bad++; bad <= maxEntryNotes {
					got.gap(e.err.Error() + ": left out")
				}
			case e.alert.State == "fixed" || numbers[e.alert.Number]:
			default:
				numbers[e.alert.Number] = true
				d := &e.alert.Advisory.Description
				if _, ok := texts[*d]; !ok {
					texts[*d] = *d
				}
				*d = texts[*d]
				got.alerts = append(got.alerts, e.alert)
			}
		}
		seen[query.Encode()] = true
		query = a.next
		if why := s.stop(got, query, seen, a.lost); why != "" {
			got.gap(why)
			break
		}
	}
	if bad > maxEntryNotes {
		got.gap("and " + text.Count(bad-maxEntryNotes, "more alert") + " that cannot be read: left out")
	}
	slices.SortFunc(got.alerts, func(a, b alert) int { return a.Number - b.Number })
	return got, nil
}

// stop says why no further page is asked for although there is one.
func (s *Scanner) stop(got *fetched, query url.Values, seen map[string]bool, lost bool) string {
	switch {
	case lost:
		return "GitHub names a next page of alerts in a way that is not known: there are more than the first " + text.Count(len(got.alerts), "alert")
	case query == nil:
		return ""
	case seen[query.Encode()]:
		return "GitHub names a page of alerts as the next one again: there may be more than the first " + text.Count(len(got.alerts), "alert")
	case got.pages >= s.limits.pages || len(got.alerts) >= s.limits.alerts || got.bytes >= s.limits.total:
		return "the import stopped after the first " + text.Count(len(got.alerts), "alert") + ", and there are more: fix or dismiss some"
	}
	return ""
}

// hasNext reports whether a response names a next page at all.
func hasNext(h http.Header) bool {
	return slices.ContainsFunc(h.Values("Link"), func(l string) bool { return strings.Contains(l, `rel="next"`) })
}
