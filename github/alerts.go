package github

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/sarif"
	"github.com/scangate/scangate/text"
)

const (
	perPage = 100
	// maxAnalyses bounds how many analyses are fetched to tell alerts apart, and
	// analysisPages how long the ones are looked for in their list.
	maxAnalyses   = 60
	analysisPages = 10
)

// Alert is an alert of code scanning that somebody dismissed.
type Alert struct {
	Number   int
	Identity sarif.Identity // without a line hash, it cannot be told from others
	Reason   string         // GitHub's: "false positive", "won't fix", "used in tests"
	By       string         // who dismissed it
	Message  string         // of its result in the last analysis that had it
	Comment  string
}

// source is where an alert was last seen.
type source struct{ ref, category, commit string }

// Dismissed returns the dismissed alerts of scangate's, on the default branch
// and on the ref of an event, in the order of their numbers, and lines about
// what is not known of them. A repository without alerts, or without code
// scanning, has none.
func (c *Client) Dismissed(ctx context.Context, e Event) (all []Alert, notices []string, err error) {
	refs := []string{""} // that is the default branch
	if e.Ref != "" && !e.MergeQueue() && refForm.MatchString(e.Ref) && e.Ref != "refs/heads/"+e.DefaultBranch {
		refs = append(refs, e.Ref)
	}
	found := map[int]Alert{}
	seen := map[source][]int{}
	for _, ref := range refs {
		more, err := c.dismissedOn(ctx, ref, found, seen)
		if err != nil {
			return nil, nil, err
		}
		if more {
			notices = append(notices, "code scanning has more dismissed alerts than are read: what the others are about counts")
		}
	}
	if len(found) == 0 {
		return nil, notices, nil
	}
	if err := c.identify(ctx, found, seen); err != nil {
		return nil, nil, err
	}
	unknown := 0
	for _, a := range found {
		if a.Identity.LineHash == "" {
			unknown++
			continue
		}
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b Alert) int { return cmp.Compare(a.Number, b.Number) })
	if unknown > 0 {
		notices = append(notices, text.Count(unknown, "dismissed alert")+" of code scanning cannot be told from others any more: what they are about counts")
	}
	return all, notices, nil
}

// dismissedOn adds the dismissed alerts of a ref.
func (c *Client) dismissedOn(ctx context.Context, ref string, found map[int]Alert, seen map[source][]int) (more bool, err error) {
	type entry struct {
		Number  int    `json:"number"`
		State   string `json:"state"`
		Reason  string `json:"dismissed_reason"`
		Comment string `json:"dismissed_comment"`
		By      *struct {
			Login string `json:"login"`
		} `json:"dismissed_by"`
		Rule struct {
			ID string `json:"id"`
		} `json:"rule"`
		Tool struct {
			Name string `json:"name"`
		} `json:"tool"`
		Instance struct {
			Ref      string `json:"ref"`
			Category string `json:"category"`
			Commit   string `json:"commit_sha"`
			Location struct {
				Path string `json:"path"`
			} `json:"location"`
		} `json:"most_recent_instance"`
	}
	q := url.Values{"state": {"dismissed"}, "tool_name": {sarif.DriverName}}
	if ref != "" {
		q.Set("ref", ref)
	}
	return pages(ctx, c, "/code-scanning/alerts", q, c.limits.pages, func(list []entry) bool {
		for _, in := range list {
			if _, ok := found[in.Number]; ok || in.State != "dismissed" || in.Number <= 0 || in.Tool.Name != sarif.DriverName {
				continue
			}
			a := Alert{
				Number: in.Number, Reason: c.said(in.Reason), Comment: c.said(in.Comment),
				Identity: sarif.Identity{Category: in.Instance.Category, RuleID: in.Rule.ID, Path: in.Instance.Location.Path},
			}
			if in.By != nil {
				a.By = c.said(in.By.Login)
			}
			found[a.Number] = a
			from := source{cmp.Or(in.Instance.Ref, ref), in.Instance.Category, strings.ToLower(in.Instance.Commit)}
			seen[from] = append(seen[from], a.Number)
		}
		return true
	})
}

// said is what somebody wrote on GitHub, in one line.
func (c *Client) said(s string) string { return text.Cut(c.words(s), 300) }

// identify gives alerts the line hashes by which GitHub tells them from others.
// A list of alerts does not have them: they are in the analyses that were
// uploaded.
func (c *Client) identify(ctx context.Context, found map[int]Alert, seen map[source][]int) error {
	type entry struct {
		ID       int64  `json:"id"`
		Commit   string `json:"commit_sha"`
		Category string `json:"category"`
	}
	byRef := map[string]map[source]int64{}
	for from := range seen {
		if byRef[from.ref] == nil {
			byRef[from.ref] = map[source]int64{}
		}
		byRef[from.ref][from] = 0
	}
	fetched := 0
	for _, ref := range slices.Sorted(maps.Keys(byRef)) {
		wanted := byRef[ref]
		newest := map[string]int64{} // by category, for those whose own one is gone
		open := len(wanted)
		_, err := pages(ctx, c, "/code-scanning/analyses", url.Values{"ref": {ref}, "tool_name": {sarif.DriverName}}, min(analysisPages, c.limits.pages), func(list []entry) bool {
			for _, in := range list {
				from := source{ref, in.Category, strings.ToLower(in.Commit)}
				if newest[in.Category] == 0 {
					newest[in.Category] = in.ID
				}
				if id, ok := wanted[from]; ok && id == 0 {
					wanted[from] = in.ID
					open--
				}
			}
			return open > 0
		})
		if err != nil {
			return err
		}
		ids := map[int64]bool{}
		for from, id := range wanted {
			ids[cmp.Or(id, newest[from.category])] = true
		}
		delete(ids, 0)
		for _, id := range slices.Sorted(maps.Keys(ids)) {
			if fetched >= maxAnalyses {
				break
			}
			fetched++
			if err := c.hashes(ctx, id, found); err != nil {
				return err
			}
		}
	}
	return nil
}

// hashes takes the line hashes of alerts out of an analysis.
func (c *Client) hashes(ctx context.Context, analysis int64, found map[int]Alert) error {
	var in struct {
		Runs []struct {
			Results []struct {
				RuleID  string `json:"ruleId"`
				Message struct {
					Text string `json:"text"`
				} `json:"message"`
				Locations []struct {
					Physical struct {
						Artifact struct {
							URI string `json:"uri"`
						} `json:"artifactLocation"`
					} `json:"physicalLocation"`
				} `json:"locations"`
				Fingerprints struct {
					LineHash string `json:"primaryLocationLineHash"`
				} `json:"partialFingerprints"`
				Properties struct {
					Number int `json:"github/alertNumber"`
				} `json:"properties"`
			} `json:"results"`
		} `json:"runs"`
	}
	_, err := c.getAs(ctx, "/code-scanning/analyses/"+strconv.FormatInt(analysis, 10), "application/sarif+json", &in)
	if missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, run := range in.Runs {
		for _, r := range run.Results {
			a, ok := found[r.Properties.Number]
			if !ok || a.Identity.LineHash != "" || len(r.Locations) == 0 || r.RuleID != "" && r.RuleID != a.Identity.RuleID {
				continue
			}
			a.Identity.Path = sarif.PathOf(r.Locations[0].Physical.Artifact.URI)
			a.Identity.LineHash = r.Fingerprints.LineHash
			a.Message = r.Message.Text
			found[a.Number] = a
		}
	}
	return nil
}

// pages asks for the pages of a list until there is no next one, or each wants
// no more, or there are too many. A list that is not there is empty.
func pages[T any](ctx context.Context, c *Client, path string, q url.Values, limit int, each func([]T) bool) (more bool, err error) {
	q.Set("per_page", strconv.Itoa(perPage))
	for page := 1; page <= limit; page++ {
		q.Set("page", strconv.Itoa(page))
		var list []T
		resp, err := c.get(ctx, path+"?"+q.Encode(), &list)
		if missing(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		// Of the address of the next page nothing is used: where to ask is
		// not for the server to say.
		if !each(list) || resp.NextPage <= page {
			return false, nil
		}
	}
	return true, nil
}

// missing reports whether GitHub has nothing there.
func missing(err error) bool {
	var api *APIError
	return errors.As(err, &api) && (api.Status == http.StatusNotFound || api.Status == http.StatusForbidden && notEnabled.MatchString(api.Message))
}

// escape makes a text one segment of a path.
func escape(s string) string { return strings.ReplaceAll(url.PathEscape(s), ".", "%2E") }
