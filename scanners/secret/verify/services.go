package verify

import "net/http"

// services: clouds, payment, models and the rest.
func services() []check {
	anthropicHeader := map[string]string{"anthropic-version": "2023-06-01"}
	anthropicRejects := answer{status: 401, says: is("error.type", "authentication_error"), result: Inactive}
	return []check{{
		// Documented to need no permission at all. The secret key signs and is not sent.
		provider: "aws",
		rules:    []string{"aws-access-token"},
		form:     `A(?:KIA|SIA)[0-9A-Z]{16}`,
		method:   http.MethodPost, base: "https://sts.amazonaws.com", path: "/",
		header: map[string]string{"Accept": "text/xml"},
		body:   "Action=GetCallerIdentity&Version=2011-06-15", media: "application/x-www-form-urlencoded; charset=utf-8", xml: true,
		complete: awsPair, sign: signSTS,
		answers: []answer{
			{status: 200, says: has[string]("GetCallerIdentityResponse.GetCallerIdentityResult.Arn"), result: Active},
			{status: 403, says: is("ErrorResponse.Error.Code", "InvalidClientTokenId", "ExpiredToken"), result: Inactive},
			{status: 403, says: is("ErrorResponse.Error.Code", "SignatureDoesNotMatch"), reason: "it rejects the signature: the secret access key nearby is another's, or this machine's clock is wrong"},
		},
	}, {
		// A restricted key that may not see the balance is refused with 403, and
		// works for what it is for. Stripe documents 401 for keys that are invalid.
		provider: "stripe",
		rules:    []string{"stripe-access-token"},
		form:     `[sr]k_(?:test|live|prod)_[0-9A-Za-z]{10,99}`,
		method:   http.MethodGet, base: "https://api.stripe.com", path: "/v1/balance",
		auth: asUser,
		answers: []answer{
			{status: 200, says: is("object", "balance"), result: Active},
			{status: 403, says: is("error.type", "invalid_request_error"), result: Active},
			{status: 401, says: is("error.type", "invalid_request_error", "authentication_error"), result: Inactive},
		},
	}, {
		provider: "digitalocean",
		rules:    []string{"digitalocean-pat", "digitalocean-access-token"},
		form:     `do[op]_v1_[0-9a-f]{64}`,
		method:   http.MethodGet, base: "https://api.digitalocean.com", path: "/v2/account",
		auth: bearer,
		answers: []answer{
			{status: 200, says: has[map[string]any]("account"), result: Active},
			{status: 401, says: is("id", "unauthorized"), result: Inactive},
		},
	}, {
		// Tokens of accounts, not users, are refused here though they work, and the
		// rule takes much for a token: a refusal says nothing.
		provider: "cloudflare",
		rules:    []string{"cloudflare-api-key"},
		form:     `[\w-]{40}`,
		method:   http.MethodGet, base: "https://api.cloudflare.com", path: "/client/v4/user/tokens/verify",
		auth: bearer,
		answers: []answer{
			{status: 200, says: all(is("success", true), is("result.status", "active")), result: Active},
			{status: 200, says: all(is("success", true), is("result.status", "disabled", "expired")), result: Inactive},
			{status: 400, says: is("success", false), reason: "it does not know it as a token of a user, and it may be one of an account"},
			{status: 401, says: is("success", false), reason: "it does not know it as a token of a user, and it may be one of an account"},
		},
	}, {
		// Keys of administrators cannot list models, and there is nothing so harmless for them.
		provider: "openai",
		rules:    []string{"openai-api-key"},
		form:     `sk-(?:(?:proj|svcacct)-[\w-]{100,180}|[0-9A-Za-z]{48})`,
		method:   http.MethodGet, base: "https://api.openai.com", path: "/v1/models",
		auth: bearer,
		answers: []answer{
			{status: 200, says: all(is("object", "list"), has[[]any]("data")), result: Active},
			{status: 401, says: is("error.code", "invalid_api_key", "account_deactivated"), result: Inactive},
		},
	}, {
		provider: "anthropic",
		rules:    []string{"anthropic-api-key"},
		form:     `sk-ant-api03-[\w-]{93}AA`,
		method:   http.MethodGet, base: "https://api.anthropic.com", path: "/v1/models?limit=1",
		header: anthropicHeader, auth: field("x-api-key"),
		answers: []answer{
			{status: 200, says: has[[]any]("data"), result: Active},
			anthropicRejects,
		},
	}, {
		provider: "anthropic",
		rules:    []string{"anthropic-admin-api-key"},
		form:     `sk-ant-admin01-[\w-]{93}AA`,
		method:   http.MethodGet, base: "https://api.anthropic.com", path: "/v1/organizations/me",
		header: anthropicHeader, auth: field("x-api-key"),
		answers: []answer{
			{status: 200, says: is("type", "organization"), result: Active},
			anthropicRejects,
		},
	}, {
		provider: "huggingface",
		rules:    []string{"huggingface-access-token", "huggingface-organization-api-token"},
		form:     `(?:hf|api_org)_[A-Za-z]{34}`,
		method:   http.MethodGet, base: "https://huggingface.co", path: "/api/whoami-v2",
		auth: bearer,
		answers: []answer{
			{status: 200, says: all(has[string]("type"), has[string]("name")), result: Active},
			{status: 401, says: has[string]("error"), result: Inactive},
		},
	}, {
		provider: "notion",
		rules:    []string{"notion-api-token"},
		form:     `ntn_[0-9]{11}[0-9A-Za-z]{35}`,
		method:   http.MethodGet, base: "https://api.notion.com", path: "/v1/users/me",
		header: map[string]string{"Notion-Version": "2022-06-28"}, auth: bearer,
		answers: []answer{
			{status: 200, says: is("object", "user"), result: Active},
			{status: 401, says: is("code", "unauthorized"), result: Inactive},
		},
	}, {
		provider: "postman",
		rules:    []string{"postman-api-token"},
		form:     `PMAK-[0-9A-Fa-f]{24}-[0-9A-Fa-f]{34}`,
		method:   http.MethodGet, base: "https://api.getpostman.com", path: "/me",
		auth: field("X-API-Key"),
		answers: []answer{
			{status: 200, says: has[map[string]any]("user"), result: Active},
			{status: 401, says: is("error.name", "AuthenticationError"), result: Inactive},
		},
	}}
}

// withoutCheck says why some rules whose providers are common have no check.
func withoutCheck() map[string]string {
	const consumed = "asking about it would use it up"
	return map[string]string{
		"pypi-upload-token":          "PyPI answers nothing about a token but an attempt to upload",
		"github-refresh-token":       consumed,
		"digitalocean-refresh-token": consumed,
		"slack-config-refresh-token": consumed,
		"shopify-access-token":       "the name of the shop is part of the address, and nothing scanned chooses an address",
		"private-key":                "there is no address to ask about a private key",
		"generic-api-key":            "nothing says whose key it is",
	}
}
