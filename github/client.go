package github

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/scangate/scangate/github/rest"
	"github.com/scangate/scangate/text"
)

// defaultAPI is the API of github.com.
const defaultAPI = "https://api.github.com"

// ErrNoAccess says that there is nothing to ask GitHub with, or about.
var ErrNoAccess = errors.New("there is no access to GitHub")

// Access is where a Client asks, and with what.
type Access struct {
	// APIURL is the root of the API: "https://HOST/api/v3" for an Enterprise
	// Server, "https://api.TENANT.ghe.com" with data residency; empty: that of
	// github.com. It must be https, but for this machine itself.
	APIURL     string
	Repository string // "owner/name"
	Token      string // sent to APIURL and nowhere else, and part of no message
	// HTTP is what requests are made with; nil: a client with time limits. Its
	// way to follow redirects is replaced.
	HTTP *http.Client
}

// Access is that of the job: GITHUB_API_URL, GITHUB_REPOSITORY and the input
// token.
func (j *Job) Access() Access {
	return Access{APIURL: j.getenv("GITHUB_API_URL"), Repository: j.getenv("GITHUB_REPOSITORY"), Token: j.Input("token")}
}

// Client asks GitHub's API about one repository. It may be used by several
// goroutines at once.
type Client struct {
	api         *url.URL
	owner, name string
	token       string
	http        *http.Client
	limits      limits

	// sleep waits, or returns the context's error; jitter is from 0 to 1.
	sleep  func(context.Context, time.Duration) error
	jitter func() float64
}

var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9._-]{1,100}$`)

// NewClient returns a client. Its error is one line with the remedy, and
// ErrNoAccess when nothing is wrong but that there is no repository or token.
func NewClient(a Access) (*Client, error) {
	switch {
	case a.Repository == "":
		return nil, fmt.Errorf("%w: GITHUB_REPOSITORY is not set, as it is in a workflow", ErrNoAccess)
	case strings.TrimSpace(a.Token) == "":
		return nil, fmt.Errorf("%w: the input token is empty", ErrNoAccess)
	}
	owner, name, _ := strings.Cut(a.Repository, "/")
	if !repositoryForm.MatchString(a.Repository) || name == "." || name == ".." {
		return nil, fmt.Errorf("GITHUB_REPOSITORY: %q is not of the form owner/name", text.OneLine(a.Repository, 200))
	}
	token := strings.TrimSpace(a.Token)
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the input token holds characters that no token has: set it anew")
	}
	// An address that cannot be parsed is not quoted: it may hold a password.
	u, err := url.Parse(cmp.Or(a.APIURL, defaultAPI))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the address of GitHub's API (GITHUB_API_URL) is not one: want https://api.github.com or https://HOST/api/v3")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fmt.Errorf("the address of GitHub's API (GITHUB_API_URL) at %s is not https: a token is not sent in the clear", text.OneLine(u.Host, 200))
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/")+"/", ""
	u.Host = strings.ToLower(u.Host)
	c := &Client{api: u, owner: owner, name: name, token: token, limits: defaultLimits(), sleep: rest.Sleep, jitter: rest.Jitter}
	c.http = c.transport(a.HTTP)
	return c, nil
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// path is that of something of the repository.
func (c *Client) path(format string, args ...any) string {
	return "repos/" + c.owner + "/" + c.name + fmt.Sprintf(format, args...)
}

// get asks for something of the repository, "/code-scanning/alerts?…", and
// decodes the answer into out. It tries again where that can help.
func (c *Client) get(ctx context.Context, path string, out any) (*github.Response, error) {
	return c.getAs(ctx, path, "", out)
}

// getAs is get of a media type.
func (c *Client) getAs(ctx context.Context, path, accept string, out any) (last *github.Response, err error) {
	err = c.try(ctx, func(ctx context.Context, gh *github.Client) (*github.Response, error) {
		req, err := gh.NewRequest(http.MethodGet, c.path("%s", path), nil)
		if err != nil {
			return nil, err
		}
		if accept != "" {
			req.Header.Set("Accept", accept)
		}
		resp, err := gh.BareDo(ctx, req)
		last = resp
		if err != nil {
			return resp, err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return resp, errNoAnswer
		}
		if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
			return resp, decodeError(err)
		}
		return resp, nil
	})
	return last, err
}
