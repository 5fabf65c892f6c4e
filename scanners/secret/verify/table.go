package verify

import "net/http"

// table is every check there is. Each asks for what anyone who holds the
// secret may know, and changes nothing. The answers are those that providers
// document; where an answer is not in their documentation, the row says so.
//
// A status alone is never enough: a proxy's 403 and a captive portal's 200
// must not be taken for the provider's.
func table() []check {
	return append(append(codeHosts(), messengers()...), services()...)
}

// codeHosts: who keeps source code and packages.
func codeHosts() []check {
	const gitHub = "https://api.github.com"
	gitHubHeader := map[string]string{"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
	badCredentials := answer{status: 401, says: is("message", "Bad credentials"), result: Inactive}
	return []check{{
		provider: "github",
		rules:    []string{"github-pat", "github-fine-grained-pat", "github-oauth", "github-app-token"},
		form:     `gh[pou]_[0-9A-Za-z]{36}|github_pat_\w{82}`,
		method:   http.MethodGet, base: gitHub, path: "/user",
		header: gitHubHeader, auth: bearer,
		answers: []answer{
			{status: 200, says: has[string]("login"), result: Active},
			badCredentials,
		},
	}, {
		// The token of an installation has no user; it can list what it was installed on.
		provider: "github",
		rules:    []string{"github-app-token"},
		form:     `ghs_[0-9A-Za-z]{36}`,
		method:   http.MethodGet, base: gitHub, path: "/installation/repositories?per_page=1",
		header: gitHubHeader, auth: bearer,
		answers: []answer{
			{status: 200, says: has[float64]("total_count"), result: Active},
			badCredentials,
		},
	}, {
		provider: "gitlab",
		rules:    []string{"gitlab-pat", "gitlab-pat-routable"},
		form:     `glpat-[\w.-]{20,320}`,
		method:   http.MethodGet, base: "https://gitlab.com", path: "/api/v4/personal_access_tokens/self",
		auth: field("PRIVATE-TOKEN"),
		answers: []answer{
			{status: 200, says: is("active", true), result: Active},
			{status: 200, says: is("active", false), result: Inactive},
			// RFC 6750: the token is good, and may do other things than this.
			{status: 403, says: is("error", "insufficient_scope"), result: Active},
			// These two words are in GitLab's code, not in its documentation.
			{status: 401, says: all(is("error", "invalid_token"), either(
				begins("error_description", "Token was revoked"), begins("error_description", "Token is expired"))), result: Inactive},
			// Tokens of every GitLab look alike, and most companies have one of their own.
			{status: 401, says: is("message", "401 Unauthorized"), reason: "it does not know the token, which may belong to another GitLab"},
		},
	}, {
		// Not documented as an API: what "npm whoami" asks.
		provider: "npm",
		rules:    []string{"npm-access-token"},
		form:     `npm_[0-9A-Za-z]{36}`,
		method:   http.MethodGet, base: "https://registry.npmjs.org", path: "/-/whoami",
		auth: bearer,
		answers: []answer{
			{status: 200, says: has[string]("username"), result: Active},
			{status: 401, says: object, result: Inactive},
		},
	}}
}

// messengers: who carries messages. Nothing is ever sent to anybody.
func messengers() []check {
	gone := plain("invalid_token", "no_active_hooks", "no_service", "no_team")
	return []check{{
		provider: "slack",
		rules:    []string{"slack-bot-token", "slack-user-token", "slack-legacy-bot-token", "slack-legacy-token", "slack-legacy-workspace-token"},
		form:     `xox[abeoprs]-[0-9A-Za-z-]{8,250}`,
		method:   http.MethodGet, base: "https://slack.com", path: "/api/auth.test",
		auth: bearer,
		answers: []answer{
			{status: 200, says: all(is("ok", true), has[string]("team_id")), result: Active},
			{status: 200, says: all(is("ok", false), is("error", "account_inactive", "invalid_auth", "token_expired", "token_revoked")), result: Inactive},
		},
	}, {
		// A message without text is refused, so nothing is posted. That a webhook
		// which is gone answers otherwise is from experience, not documented in full.
		// Triggers and workflows are left alone: they start with any payload.
		provider: "slack-webhook",
		rules:    []string{"slack-webhook-url"},
		form:     `(?:https://)?hooks\.slack\.com/services/(T[0-9A-Z]{6,14}/B[0-9A-Z]{6,14}/[0-9A-Za-z]{18,32})`,
		method:   http.MethodPost, base: "https://hooks.slack.com", path: "/services/" + placeholder,
		body: `{"text":""}`, media: "application/json",
		answers: []answer{
			{status: 400, says: plain("no_text", "missing_text_or_fallback_or_attachments"), result: Active},
			{status: 403, says: gone, result: Inactive},
			{status: 404, says: gone, result: Inactive},
			{status: 410, says: gone, result: Inactive},
		},
	}, {
		provider: "telegram",
		rules:    []string{"telegram-bot-api-token"},
		form:     `[0-9]{5,16}:A[0-9A-Za-z_-]{34}`,
		method:   http.MethodGet, base: "https://api.telegram.org", path: "/bot" + placeholder + "/getMe",
		answers: []answer{
			{status: 200, says: all(is("ok", true), is("result.is_bot", true)), result: Active},
			{status: 401, says: all(is("ok", false), is("error_code", 401.0)), result: Inactive},
		},
	}, {
		provider: "sendgrid",
		rules:    []string{"sendgrid-api-token"},
		form:     `SG\.[\w=.-]{66}`,
		method:   http.MethodGet, base: "https://api.sendgrid.com", path: "/v3/scopes",
		auth: bearer,
		answers: []answer{
			{status: 200, says: has[[]any]("scopes"), result: Active},
			{status: 401, says: has[[]any]("errors"), result: Inactive},
		},
	}, {
		provider: "mailgun",
		rules:    []string{"mailgun-private-api-token"},
		form:     `key-[0-9a-f]{32}`,
		method:   http.MethodGet, base: "https://api.mailgun.net", path: "/v3/domains?limit=1",
		auth: asPassword("api"),
		answers: []answer{
			{status: 200, says: has[float64]("total_count"), result: Active},
			{status: 401, says: either(plain("Forbidden"), has[string]("message")), reason: "it rejects the key, which may belong to another of Mailgun's regions"},
		},
	}}
}
