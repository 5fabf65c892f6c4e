package dependabot

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/scangate/scangate/github/rest"
	"github.com/scangate/scangate/text"
)

// permission is what a token needs. That of code scanning, security-events,
// does not open Dependabot's alerts to a workflow's token.
const permission = "`vulnerability-alerts: read` (in a workflow's permissions), \"Dependabot alerts: read\" (a fine-grained token or an app) or security_events (a classic token)"

var errNoAlerts = errors.New("its answer holds no alerts")

// explain words why a request failed, in one line with the remedy. Words of
// the server are recognised, and never repeated: nobody knows what they hold.
func explain(resp *github.Response, err error, repository string, api *url.URL) error {
	host := text.OneLine(api.Host, maxID)
	for _, known := range []error{rest.ErrTooLarge, rest.ErrOtherHost, rest.ErrManyRedirects, errNoAlerts} {
		if errors.Is(err, known) {
			return fmt.Errorf("%s: %w", host, known)
		}
	}
	if resp == nil || resp.Response == nil || resp.StatusCode == http.StatusOK {
		return fmt.Errorf("%s %s", host, rest.Connection(err))
	}
	said := ""
	var e *github.ErrorResponse
	if errors.As(err, &e) {
		said = strings.ToLower(e.Message)
	}
	switch code := resp.StatusCode; code {
	case http.StatusUnauthorized:
		return fmt.Errorf("%s does not accept the token (status 401): it is wrong or has expired", host)
	case http.StatusForbidden:
		switch {
		case strings.Contains(said, "disabled"):
			return fmt.Errorf("%s has Dependabot alerts disabled (status 403): enable them in the repository's settings, under Advanced Security", repository)
		case strings.Contains(said, "archived"):
			return fmt.Errorf("%s is archived, and GitHub has no Dependabot alerts of archived repositories (status 403): leave dependabot out with --scanners", repository)
		case resp.Header.Get("X-GitHub-SSO") != "":
			return fmt.Errorf("the token is not authorised for the single sign-on of the owner of %s (status 403): authorise it in the settings of the token", repository)
		}
		return fmt.Errorf("the token may not read the Dependabot alerts of %s (status 403): it needs %s", repository, permission)
	case http.StatusNotFound:
		hint := ""
		if api.Path == "/" && api.Host != "api.github.com" && !strings.HasSuffix(api.Host, ".ghe.com") {
			hint = "; the API of a GitHub Enterprise Server is at https://HOST/api/v3"
		}
		return fmt.Errorf("%s has no Dependabot alerts of %s for this token (status 404): check the repository's name, and that the token has %s%s", host, repository, permission, hint)
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		return fmt.Errorf("%s refuses the request (status %d): a GitHub Enterprise Server may be too old for it", host, code)
	default:
		return fmt.Errorf("%s answers with status %d", host, code)
	}
}
