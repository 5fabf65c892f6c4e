package verify

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// reply is what a provider says, and what it means.
type reply struct {
	status int
	body   string
	want   Result
}

// provider speaks as its documentation says. "Memory" marks bodies that were
// written down without the documentation at hand; the statuses are documented.
type provider struct {
	rule, secret, around string
	request              string // method, host and path
	header, value        string // where the secret is
	replies              []reply
}

func basic(user, password string) string {
	req, _ := http.NewRequest(http.MethodGet, "https://example.com", nil)
	req.SetBasicAuth(user, password)
	return req.Header.Get("Authorization")
}

func documented() []provider {
	var (
		pat      = gitHubPAT(1)
		fine     = "github_pat_" + random(2, 82, alnum)
		app      = "ghs_" + random(3, 36, alnum)
		user     = "ghu_" + random(4, 36, alnum)
		gitLab   = "glpat-" + random(5, 20, alnum)
		routable = "glpat-" + random(6, 30, alnum) + "." + random(7, 9, digits+lower)
		npm      = "npm_" + random(8, 36, alnum)
		slack    = "xoxb-" + random(9, 12, digits) + "-" + random(10, 12, digits) + "-" + random(11, 24, alnum)
		hook     = "T" + random(12, 10, upper) + "/B" + random(13, 10, upper) + "/" + random(14, 24, alnum)
		telegram = random(15, 10, digits) + ":A" + random(16, 34, alnum)
		sendGrid = "SG." + random(17, 66, alnum)
		mailgun  = "key-" + random(18, 32, hexes)
		stripe   = "sk_live_" + random(19, 24, alnum)
		ocean    = "dop_v1_" + random(20, 64, hexes)
		cloud    = random(21, 40, alnum)
		openAI   = "sk-" + "proj-" + random(22, 74, alnum) + "T3Blbk" + "FJ" + random(23, 74, alnum)
		claude   = "sk-ant-" + "api03-" + random(24, 93, alnum) + "AA"
		admin    = "sk-ant-" + "admin01-" + random(25, 93, alnum) + "AA"
		hugging  = "hf_" + random(26, 34, lower+upper)
		notion   = "ntn_" + random(27, 11, digits) + random(28, 35, alnum)
		postman  = "PMAK-" + random(29, 24, hexes) + "-" + random(30, 34, hexes)
	)
	const (
		json401    = `{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}`
		forbidden  = `{"message":"Resource not accessible by integration"}`
		anthropic  = `{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}`
		anthropic3 = `{"type":"error","error":{"type":"permission_error","message":"no"}}`
	)
	// https://docs.github.com/en/rest/users/users#get-the-authenticated-user and
	// https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api
	gitHubUser := []reply{{200, `{"login":"octocat","id":1}`, Active}, {401, json401, Inactive}, {403, forbidden, Unknown}, {200, `{"login":""}`, Unknown}}
	// https://docs.gitlab.com/api/personal_access_tokens/#self-inform ; the 401 of revoked
	// tokens is quoted in many issues, as in mattermost/mattermost-plugin-gitlab#142.
	gitLabSelf := []reply{
		{200, `{"id":4,"name":"Test Token","revoked":false,"scopes":["api"],"user_id":24,"active":true,"expires_at":null}`, Active},
		{200, `{"id":4,"name":"Test Token","revoked":true,"active":false}`, Inactive},
		{401, `{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`, Inactive},
		{401, `{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}`, Inactive}, // Memory
		{401, `{"message":"401 Unauthorized"}`, Unknown},
		{403, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}`, Active}, // RFC 6750; Memory
		{403, `{"message":"403 Forbidden"}`, Unknown},
	}
	return []provider{
		{"github-pat", pat, "", "GET api.github.com/user", "Authorization", "Bearer " + pat, gitHubUser},
		{"github-fine-grained-pat", fine, "", "GET api.github.com/user", "Authorization", "Bearer " + fine, gitHubUser},
		{"github-app-token", user, "", "GET api.github.com/user", "Authorization", "Bearer " + user, gitHubUser},
		// https://docs.github.com/en/rest/apps/installations#list-repositories-accessible-to-the-app-installation
		{"github-app-token", app, "", "GET api.github.com/installation/repositories?per_page=1", "Authorization", "Bearer " + app,
			[]reply{{200, `{"total_count":0,"repositories":[]}`, Active}, {401, json401, Inactive}, {403, forbidden, Unknown}}},
		{"gitlab-pat", gitLab, "", "GET gitlab.com/api/v4/personal_access_tokens/self", "Private-Token", gitLab, gitLabSelf},
		{"gitlab-pat-routable", routable, "", "GET gitlab.com/api/v4/personal_access_tokens/self", "Private-Token", routable, gitLabSelf},
		// Not documented; what npm/cli's "whoami" asks. 200 as in bleenco/morose#3, the 401 is Memory.
		{"npm-access-token", npm, "", "GET registry.npmjs.org/-/whoami", "Authorization", "Bearer " + npm,
			[]reply{{200, `{"username":"jane"}`, Active}, {200, `{}`, Unknown}, {401, `{}`, Inactive}, {401, `Unauthorized`, Unknown}, {403, `{}`, Unknown}}},
		// https://docs.slack.dev/reference/methods/auth.test
		{"slack-bot-token", slack, "", "GET slack.com/api/auth.test", "Authorization", "Bearer " + slack, []reply{
			{200, `{"ok":true,"url":"https://x.slack.com/","team":"x","user":"bot","team_id":"T0G9PQBBK","user_id":"W23456789"}`, Active},
			{200, `{"ok":false,"error":"invalid_auth"}`, Inactive}, {200, `{"ok":false,"error":"account_inactive"}`, Inactive},
			{200, `{"ok":false,"error":"token_revoked"}`, Inactive}, {200, `{"ok":false,"error":"token_expired"}`, Inactive},
			{200, `{"ok":false,"error":"ratelimited"}`, Unknown}, {200, `{"ok":false,"error":"not_allowed_token_type"}`, Unknown}, {200, `{"ok":true}`, Unknown},
		}},
		// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors ;
		// missing_text_or_fallback_or_attachments and invalid_token are Memory.
		{"slack-webhook-url", "https://hooks.slack.com/services/" + hook, "", "POST hooks.slack.com/services/" + hook, "Content-Type", "application/json", []reply{
			{400, "no_text", Active}, {400, "missing_text_or_fallback_or_attachments", Active}, {404, "no_service", Inactive}, {404, "no_team", Inactive}, {403, "invalid_token", Inactive}, {410, "no_active_hooks", Inactive},
			{400, "invalid_payload", Unknown}, {410, "channel_is_archived", Unknown}, {403, "action_prohibited", Unknown}, {200, "ok", Unknown},
		}},
		// https://core.telegram.org/bots/api#making-requests and #getme; the 401 is Memory.
		{"telegram-bot-api-token", telegram, "", "GET api.telegram.org/bot" + telegram + "/getMe", "User-Agent", "scangate", []reply{
			{200, `{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"b"}}`, Active}, {401, `{"ok":false,"error_code":401,"description":"Unauthorized"}`, Inactive},
			{404, `{"ok":false,"error_code":404,"description":"Not Found"}`, Unknown}, {200, `{"ok":true,"result":{"is_bot":false}}`, Unknown},
		}},
		// https://www.twilio.com/docs/sendgrid/api-reference/api-key-permissions/retrieve-a-list-of-scopes-for-which-this-user-has-access ;
		// the 401 as in sendgrid/sendgrid-php#793.
		{"sendgrid-api-token", sendGrid, "", "GET api.sendgrid.com/v3/scopes", "Authorization", "Bearer " + sendGrid, []reply{
			{200, `{"scopes":["mail.send"]}`, Active}, {401, `{"errors":[{"field":null,"message":"The provided authorization grant is invalid, expired, or revoked"}]}`, Inactive},
			{403, `{"errors":[{"message":"access forbidden"}]}`, Unknown},
		}},
		// https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/domains/get-v3-domains ; the 401 is Memory.
		{"mailgun-private-api-token", mailgun, "", "GET api.mailgun.net/v3/domains?limit=1", "Authorization", basic("api", mailgun), []reply{
			{200, `{"total_count":1,"items":[]}`, Active}, {401, "Forbidden", Unknown}, {401, `{"message":"Invalid private key"}`, Unknown},
		}},
		// https://docs.stripe.com/api/errors and https://docs.stripe.com/api/balance/balance_retrieve
		{"stripe-access-token", stripe, "", "GET api.stripe.com/v1/balance", "Authorization", basic(stripe, ""), []reply{
			{200, `{"object":"balance","available":[]}`, Active},
			{401, `{"error":{"message":"Invalid API Key provided: sk_live_****","type":"invalid_request_error"}}`, Inactive},
			{401, `{"error":{"code":"api_key_expired","type":"invalid_request_error"}}`, Inactive},
			{403, `{"error":{"message":"The provided key does not have the required permissions for this endpoint","type":"invalid_request_error"}}`, Active}, // Memory
			{402, `{"error":{"type":"invalid_request_error"}}`, Unknown},
		}},
		// https://docs.digitalocean.com/reference/api/digitalocean/#tag/Account ; the 401 in tayzlor/vagrant-puppet-mesosphere#8, lower case.
		{"digitalocean-pat", ocean, "", "GET api.digitalocean.com/v2/account", "Authorization", "Bearer " + ocean, []reply{
			{200, `{"account":{"uuid":"x","status":"active"}}`, Active}, {401, `{"id":"Unauthorized","message":"Unable to authenticate you"}`, Inactive},
			{401, `{"id":"unauthorized","message":"Unable to authenticate you."}`, Inactive},
			{403, `{"id":"Forbidden","message":"You are not authorized to perform this operation"}`, Unknown},
		}},
		// https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/verify
		{"cloudflare-api-key", cloud, "", "GET api.cloudflare.com/client/v4/user/tokens/verify", "Authorization", "Bearer " + cloud, []reply{
			{200, `{"success":true,"errors":[],"messages":[],"result":{"id":"x","status":"active"}}`, Active}, {200, `{"success":true,"result":{"id":"x","status":"expired"}}`, Inactive},
			{200, `{"success":true,"result":{"id":"x","status":"disabled"}}`, Inactive}, {401, `{"success":false,"errors":[{"code":1000,"message":"Invalid API Token"}]}`, Unknown},
		}},
		// https://platform.openai.com/docs/api-reference/models/list and /docs/guides/error-codes; the bodies of errors are Memory.
		{"openai-api-key", openAI, "", "GET api.openai.com/v1/models", "Authorization", "Bearer " + openAI, []reply{
			{200, `{"object":"list","data":[{"id":"m","object":"model"}]}`, Active}, {401, `{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`, Inactive},
			{403, `{"error":{"message":"You have insufficient permissions for this operation. Missing scopes: api.model.read"}}`, Unknown},
		}},
		// https://docs.anthropic.com/en/api/models-list and /en/api/errors
		{"anthropic-api-key", claude, "", "GET api.anthropic.com/v1/models?limit=1", "X-Api-Key", claude,
			[]reply{{200, `{"data":[{"type":"model","id":"m"}],"has_more":true}`, Active}, {401, anthropic, Inactive}, {403, anthropic3, Unknown}}},
		// https://docs.anthropic.com/en/api/admin-api/organization/get-me
		{"anthropic-admin-api-key", admin, "", "GET api.anthropic.com/v1/organizations/me", "X-Api-Key", admin,
			[]reply{{200, `{"id":"x","type":"organization","name":"n"}`, Active}, {401, anthropic, Inactive}, {403, anthropic3, Unknown}}},
		// https://huggingface.co/docs/hub/api#get-apiwhoami-v2 ; the 401 as in huggingface/huggingface_hub#2765.
		{"huggingface-access-token", hugging, "", "GET huggingface.co/api/whoami-v2", "Authorization", "Bearer " + hugging,
			[]reply{{200, `{"type":"user","id":"x","name":"jane"}`, Active}, {401, `{"error":"Invalid username or password."}`, Inactive}, {200, `{"type":"user"}`, Unknown}}},
		// https://developers.notion.com/reference/get-self and /reference/status-codes
		{"notion-api-token", notion, "", "GET api.notion.com/v1/users/me", "Authorization", "Bearer " + notion,
			[]reply{{200, `{"object":"user","id":"x","type":"bot"}`, Active}, {401, `{"object":"error","status":401,"code":"unauthorized","message":"API token is invalid."}`, Inactive},
				{403, `{"object":"error","code":"restricted_resource"}`, Unknown}}},
		// https://www.postman.com/postman/postman-public-workspace/documentation/12959542 (GET /me)
		{"postman-api-token", postman, "", "GET api.getpostman.com/me", "X-Api-Key", postman,
			[]reply{{200, `{"user":{"id":1}}`, Active}, {401, `{"error":{"name":"AuthenticationError","message":"Invalid API Key."}}`, Inactive}}},
	}
}

func TestAnswers(t *testing.T) {
	for _, p := range documented() {
		t.Run(p.rule, func(t *testing.T) {
			var now reply
			s := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
				if got := r.Method + " " + r.Host + r.URL.RequestURI(); got != p.request {
					t.Errorf("asked %s, want %s", got, p.request)
				}
				if got := r.Header.Get(p.header); got != p.value {
					t.Errorf("%s: %s, want %s", p.header, got, p.value)
				}
				if r.UserAgent() != "scangate" || len(r.Cookies()) != 0 || r.Referer() != "" {
					t.Errorf("header %v", r.Header)
				}
				if body, _ := io.ReadAll(r.Body); r.Method == http.MethodGet && len(body) != 0 || r.Method == http.MethodPost && string(body) != `{"text":""}` {
					t.Errorf("sent %q", body)
				}
				w.Header().Set("Set-Cookie", "a=b")
				w.WriteHeader(now.status)
				fmt.Fprint(w, now.body)
			})
			// One verifier for all: it would show cookies that are kept.
			v := s.verifier(t, Options{})
			for _, now = range p.replies {
				v.once = once{} // each answer is news
				o := v.Check(t.Context(), p.rule, p.secret, p.around)
				if o.Result != now.want {
					t.Errorf("%d %s: %s (%s), want %s", now.status, now.body, o.Result, o.Reason, now.want)
				}
				host, _, _ := strings.Cut(strings.Fields(p.request)[1], "/")
				if !strings.HasPrefix(o.Endpoint, "https://"+host+"/") || !strings.Contains(o.Reason, host) {
					t.Errorf("outcome %+v", o)
				}
				noLeak(t, o, p.secret)
			}
		})
	}
}

// TestBlockPages: no status makes an answer of what is not the provider's.
func TestBlockPages(t *testing.T) {
	pages := []string{"", "<html><body>Access denied by policy</body></html>", "<x>", "null", "[]", "{}", `"ok"`, "{", `{"error":`, `{"error":{}}`, "invalid_payload"}
	for _, c := range table() {
		for _, status := range []int{200, 201, 204, 400, 401, 403, 404, 407, 410, 451} {
			for _, page := range pages {
				if c.provider == "npm" && status == 401 && (page == "{}" || page == `{"error":{}}`) {
					continue // all that npm says
				}
				if result, reason := c.judge(status, []byte(page), "h"); result != Unknown || !strings.HasPrefix(reason, "h gave an answer that says neither yes nor no") {
					t.Errorf("%s: %d %q is %s (%s)", c.path, status, page, result, reason)
				}
			}
		}
	}
}
