package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/scangate/scangate/github/rest"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/text"
)

// APIError is why GitHub did not do what it was asked.
type APIError struct {
	Status  int    // of the answer; 0: there was none
	Message string // GitHub's own words, on one line and safe to print; they may be missing
	words   string // ours
	limited bool   // it is asked too often
}

// Error says it in one line.
func (e *APIError) Error() string { return e.words }

// errNoAnswer is an answer of another kind than the one that was asked for.
var errNoAnswer = errors.New("what it answers is not GitHub's API: check GITHUB_API_URL")

// maxWords bounds a line of GitHub's words, in characters.
const maxWords = 1000

// explain words why a request failed, with the remedy. The error itself is not
// shown: it holds addresses, which may hold passwords, as those of a proxy do.
func (c *Client) explain(resp *github.Response, err error) *APIError {
	host := c.words(c.api.Host)
	for _, known := range []error{rest.ErrTooLarge, rest.ErrOtherHost, rest.ErrManyRedirects, errNoAnswer} {
		if errors.Is(err, known) {
			return &APIError{words: fmt.Sprintf("%s: %v", host, known)}
		}
	}
	if resp == nil || resp.Response == nil || resp.StatusCode < 300 {
		return &APIError{words: host + " " + rest.Connection(err)}
	}
	e := &APIError{Status: resp.StatusCode}
	var said *github.ErrorResponse
	if errors.As(err, &said) {
		e.Message = c.words(said.Message)
	}
	hint := ""
	switch {
	case e.Status == http.StatusUnauthorized:
		hint = ": the token is wrong or has expired"
	case e.Status == http.StatusForbidden && resp.Header.Get("X-GitHub-SSO") != "":
		hint = ": authorise the token for the single sign-on of the repository's owner"
	case e.Status == http.StatusNotFound && c.api.Path == "/" && c.api.Host != "api.github.com" && !strings.HasSuffix(c.api.Host, ".ghe.com"):
		hint = ": the API of an Enterprise Server is at https://HOST/api/v3 (GITHUB_API_URL)"
	}
	e.words = fmt.Sprintf("%s answers with status %d", host, e.Status)
	if e.Message != "" {
		e.words += fmt.Sprintf(" (%s)", e.Message)
	}
	e.words += hint
	return e
}

// words makes what a server says one line that is safe to print, without the
// token, should it have come back.
func (c *Client) words(s string) string {
	s = s[:min(len(s), 16*maxWords)]
	if c.token != "" {
		s = strings.ReplaceAll(s, c.token, "***")
	}
	// A runner obeys "::name::" at the beginning of a line.
	return strings.TrimLeft(report.Line(text.OneLine(s, maxWords)), ": ")
}

// decodeError tells an answer that broke off from one that is of another kind.
func decodeError(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	if errors.As(err, &syntax) || errors.As(err, &kind) || errors.Is(err, io.EOF) {
		return errNoAnswer
	}
	return err
}

// notEnabled is how GitHub says that a repository has no code scanning.
var notEnabled = regexp.MustCompile(`(?i)(Code Security|Advanced Security|Code Scanning) (must be|is not) enabled|code scanning is not available`)
