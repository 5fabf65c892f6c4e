package dependabot

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/scangate/scangate/github/rest"
)

// limits bound what GitHub, or what poses as it, can make a scan do.
type limits struct {
	body    int64         // bytes of a response
	total   int64         // bytes of all of them
	pages   int           // requests that succeed
	alerts  int           // kept
	request time.Duration // from sending a request to the end of its response
	tries   int           // of one request, when it is the server that fails
	waiting time.Duration // for rate limits to pass, in all
	backoff time.Duration // before the second try; it doubles with each
}

func defaultLimits() limits {
	return limits{
		body: 32 << 20, total: 1 << 30, pages: 1000, alerts: 100_000,
		request: time.Minute, tries: 5, waiting: 5 * time.Minute, backoff: time.Second,
	}
}

// perPage is the most alerts that GitHub sends at once.
const perPage = 100

// client returns a client that stays with one host.
func (s *Scanner) client() *http.Client {
	c := rest.NewClient(s.options.Client, s.api, rest.Bounds{Body: s.limits.body, Header: 30 * time.Second})
	stay := c.CheckRedirect
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		err := stay(req, via)
		if err == nil && req.URL.RawQuery == "" {
			req.URL.RawQuery = via[0].URL.RawQuery // else it is the first page for ever
		}
		return err
	}
	return c
}

// answer is what a page of alerts brings.
type answer struct {
	body []byte
	next url.Values // of the next page; nil: there is none
	lost bool       // there is a next page, and no way to ask for it
}

// get makes one request.
func (s *Scanner) get(ctx context.Context, c *http.Client, p plan, query url.Values) (answer, *github.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.request)
	defer cancel()
	// A client of its own for each request: one that lives on answers by
	// itself while it believes a rate limit to last. It is not given the token
	// either: it would add it to every request, whatever host a redirect
	// leads to.
	gh := github.NewClient(c)
	gh.BaseURL = s.api
	gh.UserAgent = "scangate"
	req, err := gh.NewRequest(http.MethodGet, "repos/"+p.owner+"/"+p.name+"/dependabot/alerts?"+query.Encode(), nil)
	if err != nil {
		return answer{}, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.options.Token)
	resp, err := gh.BareDo(ctx, req)
	if err != nil {
		return answer{}, resp, err
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		return answer{}, resp, err
	}
	if resp.StatusCode != http.StatusOK {
		return answer{}, resp, errNoAlerts
	}
	a := answer{body: body.Bytes()}
	a.next, a.lost = next(resp, query)
	return a, resp, nil
}

// next is the query of the page after one. Of the address in the Link header
// only the cursor is used: where to ask is not for the server to say.
func next(resp *github.Response, query url.Values) (url.Values, bool) {
	q := url.Values{}
	for key, values := range query {
		q[key] = values
	}
	switch {
	case resp.After != "":
		q.Set("after", resp.After)
	case resp.NextPage > 1: // an older GitHub Enterprise Server
		q.Set("page", strconv.Itoa(resp.NextPage))
	default:
		return nil, hasNext(resp.Header)
	}
	return q, false
}
