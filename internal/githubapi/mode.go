package githubapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Mode is a way in which GitHub does not do as it is asked.
type Mode string

const (
	Normal           Mode = ""
	NoLicence        Mode = "no-licence"        // Code Security is not enabled: 403
	Archived         Mode = "archived"          // 403
	ReadOnly         Mode = "read-only"         // the token may not write: 403
	NoAccess         Mode = "no-access"         // nor read: 403
	NotFound         Mode = "not-found"         // the token may not even know of the repository: 404
	BadToken         Mode = "bad-token"         // 401
	TooLarge         Mode = "too-large"         // every upload is: 413
	RateLimited      Mode = "rate-limited"      // the first try of each endpoint: 429, with Retry-After
	SecondaryLimit   Mode = "secondary-limit"   // the first try of each endpoint: 403, with Retry-After
	Exhausted        Mode = "exhausted"         // the hour's requests are used up: 403, for an hour
	BadGateway       Mode = "bad-gateway"       // the first try of each endpoint: 502, with a page of HTML
	Down             Mode = "down"              // 503, always
	ProcessingFailed Mode = "processing-failed" // what was taken is refused later
	NeverFinished    Mode = "never-finished"    // what was taken stays pending
	NoIdentity       Mode = "no-identity"       // 200 in place of 202, with nothing in it
	NotAPI           Mode = "not-api"           // 200, with a page of HTML
)

// Modes lists them all.
func Modes() []Mode {
	return []Mode{
		Normal, NoLicence, Archived, ReadOnly, NoAccess, NotFound, BadToken, TooLarge, RateLimited, SecondaryLimit, Exhausted,
		BadGateway, Down, ProcessingFailed, NeverFinished, NoIdentity, NotAPI,
	}
}

// What a token is asked for.
const (
	scopeSecurity = "security-events"
	scopeIssues   = "issues"
	scopeChecks   = "checks"
	scopeMetadata = "metadata"
	scopeNone     = "" // it is not about a repository
)

// interfere answers in place of an endpoint, if the mode wants it.
func (s *Server) interfere(to route, c *call) bool {
	write := c.r.Method != http.MethodGet && to.scope != scopeNone // queries are posted
	first := false
	switch s.options.Mode {
	case RateLimited, SecondaryLimit, BadGateway:
		s.passed[to.pattern]++
		first = s.passed[to.pattern] == 1
	}
	after := strconv.Itoa(s.options.RetryAfter)
	switch mode := s.options.Mode; {
	case mode == NoLicence && to.scope == scopeSecurity:
		c.fail(http.StatusForbidden, "Code Security must be enabled for this repository to use code scanning.")
	case mode == Archived && write:
		c.fail(http.StatusForbidden, "Repository was archived so is read-only.")
	case mode == ReadOnly && write, mode == NoAccess:
		c.fail(http.StatusForbidden, "Resource not accessible by integration")
	case mode == NotFound:
		c.fail(http.StatusNotFound, "Not Found")
	case mode == BadToken:
		c.fail(http.StatusUnauthorized, "Bad credentials")
	case mode == TooLarge && write && strings.HasSuffix(to.pattern, "/sarifs"):
		c.fail(http.StatusRequestEntityTooLarge, "SARIF ZIP upload is too large")
	case mode == RateLimited && first:
		c.w.Header().Set("Retry-After", after)
		c.fail(http.StatusTooManyRequests, "API rate limit exceeded")
	case mode == SecondaryLimit && first:
		c.w.Header().Set("Retry-After", after)
		c.answer(http.StatusForbidden, map[string]any{
			"message":           "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
			"documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
		})
	case mode == Exhausted:
		c.w.Header().Set("X-RateLimit-Limit", "1000")
		c.w.Header().Set("X-RateLimit-Remaining", "0")
		c.w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
		c.fail(http.StatusForbidden, "API rate limit exceeded for installation ID 1.")
	case mode == BadGateway && first:
		c.html(http.StatusBadGateway)
	case mode == Down:
		c.fail(http.StatusServiceUnavailable, "Service unavailable")
	case mode == NotAPI:
		c.html(http.StatusOK)
	case mode == NoIdentity && write:
		c.answer(http.StatusOK, map[string]any{})
	default:
		return false
	}
	return true
}

func (c *call) html(status int) {
	c.w.Header().Set("Content-Type", "text/html")
	c.w.WriteHeader(status)
	c.w.Write([]byte("<html><body>This page is taking too long to load.</body></html>"))
}
