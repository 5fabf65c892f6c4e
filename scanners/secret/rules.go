package secret

import (
	"strings"

	"github.com/scangate/scangate/finding"
)

// ruleClass is a group of gitleaks' rules that are equally bad to leak.
type ruleClass struct {
	severity finding.Severity
	what     string // they have in common
	rules    string // ids, separated by white space
}

// ruleClasses puts every default rule into a class; a test asserts that. A new
// version of gitleaks brings new rules, which must be placed here by hand. The
// table in docs/secret-rules.md is made of this one.
var ruleClasses = [...]ruleClass{
	{finding.Critical, "keys to whole systems: private keys, cloud accounts, source hosting, package registries, secret stores, payment", `
	1password-secret-key 1password-service-account-token age-secret-key alibaba-secret-key anthropic-admin-api-key
	artifactory-api-key artifactory-reference-token aws-access-token aws-amazon-bedrock-api-key-long-lived
	azure-ad-client-secret bitbucket-client-secret clojars-api-token cloudflare-api-key cloudflare-global-api-key
	cloudflare-origin-ca-key databricks-api-token digitalocean-access-token digitalocean-pat
	digitalocean-refresh-token doppler-api-token flyio-access-token github-app-token github-fine-grained-pat
	github-oauth github-pat github-refresh-token gitlab-deploy-token gitlab-kubernetes-agent-token
	gitlab-oauth-app-secret gitlab-pat gitlab-pat-routable gitlab-rrt gitlab-runner-authentication-token
	gitlab-runner-authentication-token-routable gitlab-scim-token hashicorp-tf-api-token heroku-api-key
	heroku-api-key-v2 jfrog-api-key jfrog-identity-token npm-access-token octopus-deploy-api-key okta-access-token
	openshift-user-token planetscale-api-token planetscale-oauth-token planetscale-password private-key
	pulumi-api-token pypi-upload-token rubygems-api-token scalingo-api-token square-access-token
	stripe-access-token vault-batch-token vault-service-token yandex-access-token yandex-api-key
	yandex-aws-access-token`},
	{finding.High, "keys to one service", `
	adafruit-api-key adobe-client-secret airtable-api-key airtable-personnal-access-token anthropic-api-key
	asana-client-secret atlassian-api-token authress-service-client-access-key beamer-api-token bittrex-access-key
	bittrex-secret-key cisco-meraki-api-key clickhouse-cloud-api-secret-key cohere-api-token coinbase-access-token
	confluent-access-token confluent-secret-key datadog-access-token defined-networking-api-token
	discord-api-token discord-client-secret droneci-access-token dropbox-api-token dropbox-long-lived-api-token
	duffel-api-token dynatrace-api-token easypost-api-token facebook-access-token facebook-page-access-token
	facebook-secret fastly-api-token finicity-api-token finicity-client-secret flutterwave-encryption-key
	flutterwave-secret-key frameio-api-token freemius-secret-key freshbooks-access-token gcp-api-key gitlab-ptt
	gocardless-api-token grafana-api-key grafana-cloud-api-token grafana-service-account-token harness-api-key
	hubspot-api-key huggingface-access-token huggingface-organization-api-token infracost-api-token
	intercom-api-key intra42-client-secret kraken-access-token kucoin-access-token kucoin-secret-key
	launchdarkly-access-token linear-api-key linear-client-secret linkedin-client-secret lob-api-key
	looker-client-secret mailchimp-api-key mailgun-private-api-token mailgun-signing-key mattermost-access-token
	messagebird-api-token netlify-access-token new-relic-user-api-key notion-api-token nuget-config-password
	openai-api-key perplexity-api-key pkcs12-file plaid-api-token plaid-secret-key postman-api-token
	prefect-api-token privateai-api-token rapidapi-access-token readme-api-token sendbird-access-token
	sendgrid-api-token sendinblue-api-token sentry-access-token sentry-org-token sentry-user-token
	settlemint-application-access-token settlemint-personal-access-token settlemint-service-access-token
	shippo-api-token shopify-access-token shopify-custom-access-token shopify-private-app-access-token
	shopify-shared-secret sidekiq-secret slack-app-token slack-bot-token slack-config-access-token
	slack-config-refresh-token slack-legacy-bot-token slack-legacy-token slack-legacy-workspace-token
	slack-user-token snyk-api-token sonar-api-token sourcegraph-access-token squarespace-access-token
	sumologic-access-token telegram-bot-api-token travisci-access-token twilio-api-key twitch-api-token
	twitter-access-secret twitter-access-token twitter-api-secret twitter-bearer-token zendesk-secret-key`},
	{finding.Medium, "guesses, short-lived or narrow tokens, and addresses that only take mail or messages in", `
	algolia-api-key aws-amazon-bedrock-api-key-short-lived codecov-access-token contentful-delivery-api-token
	curl-auth-header curl-auth-user dropbox-short-lived-api-token easypost-test-api-token etsy-access-token
	finnhub-access-token flickr-access-token generic-api-key gitlab-cicd-job-token
	gitlab-feature-flag-client-token gitlab-feed-token gitlab-incoming-mail-token gitlab-session-cookie
	gitter-access-token hashicorp-tf-password jwt jwt-base64 kubernetes-secret-yaml mapbox-api-token
	maxmind-license-key microsoft-teams-webhook new-relic-browser-api-token new-relic-insert-key
	nytimes-access-token sidekiq-sensitive-url slack-webhook-url twitter-api-key typeform-api-token`},
	{finding.Low, "identifiers and public halves, which open nothing alone", `
	adobe-client-id alibaba-access-key-id asana-client-id bitbucket-client-id discord-client-id
	flutterwave-public-key linkedin-client-id lob-pub-api-key looker-client-id mailgun-pub-key
	messagebird-client-id new-relic-user-api-id plaid-client-id sendbird-access-id sumologic-access-id`},
}

// guesses are the rules that go by the words around a string more than by the
// string itself, and their precision. All others have a fixed form. Of a
// repository's own rules nothing is known.
var guesses = map[string]string{
	"generic-api-key":        "low",
	"curl-auth-header":       "medium",
	"curl-auth-user":         "medium",
	"hashicorp-tf-password":  "medium",
	"jwt":                    "medium",
	"jwt-base64":             "medium",
	"kubernetes-secret-yaml": "medium",
	"sidekiq-secret":         "medium",
}

// severityOf returns the severity of a rule, and whether it is in a class. A
// repository's own rule counts as a key to one service.
func severityOf(rule string) (finding.Severity, bool) {
	for _, class := range ruleClasses {
		for id := range strings.FieldsSeq(class.rules) {
			if id == rule {
				return class.severity, true
			}
		}
	}
	return finding.High, false
}

// help says what to do about any secret, in the order in which it matters.
const help = `A credential is stored in the repository. Everyone who can read the repository, a fork, a clone or a build log can use it.

1. **Rotate it**: revoke it at its provider and issue a new one. This is the only step that makes it harmless.
2. Look through the provider's audit log for use that was not yours.
3. Remove it from the file. Keep the new one in a secret store or in the secrets of the CI system.
4. Rewriting the history is optional and comes last: it does not reach existing clones, forks and caches.

If it is no secret (a test value, a public identifier), put the comment ` + "`" + allowMark + "`" + ` on its line, or add an ignore with a reason to the configuration.`

// ruleOf describes a rule of the engine.
func ruleOf(e engine, id string) finding.Rule {
	title, description := e.title(id)
	severity, known := severityOf(id)
	precision := "high"
	if !known {
		precision = "medium"
	}
	if p, ok := guesses[id]; ok {
		precision = p
	}
	return finding.Rule{
		ID:          id,
		Name:        id,
		Title:       title,
		Description: description,
		Help:        help,
		References:  []string{"https://cwe.mitre.org/data/definitions/798.html"},
		Severity:    severity,
		Tags:        []string{"security", "secret", "external/cwe/cwe-798"},
		Precision:   precision,
	}
}
