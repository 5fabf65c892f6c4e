package dependabot

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/scangate/scangate/text"
)

// defaultAPI is the API of github.com.
const defaultAPI = "https://api.github.com"

// Options is the section dependabot of the configuration, and what only the
// command line and the environment may say: a configuration comes with the
// scanned repository, and must not choose who gets the token.
type Options struct {
	Repository string `yaml:"repository"` // "owner/name"

	// Token is what GitHub is asked with. It is sent to APIURL and nowhere
	// else, and is part of no message.
	Token string `yaml:"-"`
	// APIURL is the root of the API, "https://HOST/api/v3" for a GitHub
	// Enterprise Server; empty: that of github.com. It must be https, but for
	// this machine itself.
	APIURL string `yaml:"-"`
	// Asked says that the configuration or the command line names the scanner:
	// that something is missing for it is then a failure, else a skip.
	Asked   bool `yaml:"-"`
	Offline bool `yaml:"-"`
	// Client is what requests are made with; nil: one with time limits. Its
	// way to follow redirects is replaced.
	Client *http.Client `yaml:"-"`
}

// FromEnvironment fills in what is empty from what a job of GitHub Actions, or
// a user of GitHub's command line, has in the environment: GITHUB_REPOSITORY,
// GITHUB_API_URL, and GH_TOKEN before GITHUB_TOKEN, as the former is only
// there when somebody meant it.
func (o Options) FromEnvironment(getenv func(string) string) Options {
	o.Repository = cmp.Or(o.Repository, getenv("GITHUB_REPOSITORY"))
	o.APIURL = cmp.Or(o.APIURL, getenv("GITHUB_API_URL"))
	o.Token = cmp.Or(o.Token, getenv("GH_TOKEN"), getenv("GITHUB_TOKEN"))
	return o
}

var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9._-]{1,100}$`)

// check finds what can be wrong with the options, and returns the API's root
// with a slash at its end.
func (o *Options) check() (*url.URL, error) {
	if o.Repository != "" {
		_, name, _ := strings.Cut(o.Repository, "/")
		if !repositoryForm.MatchString(o.Repository) || name == "." || name == ".." {
			return nil, fmt.Errorf("repository: %q is not of the form owner/name", text.OneLine(o.Repository, maxID))
		}
	}
	o.Token = strings.TrimSpace(o.Token)
	if strings.ContainsFunc(o.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the token in the environment holds characters that no token has: set GH_TOKEN or GITHUB_TOKEN anew")
	}
	// An address that cannot be parsed is not quoted: it may hold a password.
	u, err := url.Parse(cmp.Or(o.APIURL, defaultAPI))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the address of GitHub's API (GITHUB_API_URL) is not one: want https://api.github.com or https://HOST/api/v3")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fmt.Errorf("the address of GitHub's API (GITHUB_API_URL) at %s is not https: a token is not sent in the clear", text.OneLine(u.Host, maxID))
	}
	u.Path = strings.TrimRight(u.Path, "/") + "/"
	u.RawPath = ""
	u.Host = strings.ToLower(u.Host)
	return u, nil
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
