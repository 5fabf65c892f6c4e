package main

import (
	"strings"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/scanners/external"
	"github.com/scangate/scangate/scanners/iac"
)

// sectionWords is what the schema says of a scanner's section beside the keys
// that the scanner decodes.
type sectionWords struct {
	about string
	keys  map[string]config.Word
	also  config.Schema
}

// address is an http:// or https:// address, as far as a pattern can tell.
func address() config.Schema {
	return config.Schema{"type": "string", "pattern": `^` + config.CasePattern("http") + `[sS]?://\S+$`}
}

// addresses is a list of them.
func addresses() config.Schema { return config.Schema{"items": address()} }

// names of files, images and the like are not empty.
func someTexts() config.Schema { return config.Schema{"items": config.Some()} }

// scannerWords has a word for each key of each scanner's section; a test fails
// for one that is missing.
func scannerWords() map[string]sectionWords {
	out := ownWords()
	for name, w := range toolWords() {
		out[name] = w
	}
	// What the tools themselves list, and the first sentence of their own.
	for key, words := range external.Words() {
		tool, name, _ := strings.Cut(key, ".")
		w := out[tool].keys[name]
		w.Words = words
		out[tool].keys[name] = w
	}
	for _, a := range external.Known() {
		w := out[a.Name]
		w.about = "What it adds: " + strings.ReplaceAll(a.Adds, "`", "") + " (docs/external-tools.md)."
		out[a.Name] = w
	}
	return out
}

// ownWords are those of the scanners that are part of the program.
func ownWords() map[string]sectionWords {
	return map[string]sectionWords{
		"dependency": {about: "Known vulnerabilities of what lockfiles name.", keys: map[string]config.Word{
			"dev": {About: "Look at development dependencies as well.", Default: false},
		}},
		"image": {about: "Container images: packages, secrets, settings, signatures (docs/images.md).", keys: map[string]config.Word{
			"images":     {About: "What to scan, as --image has it.", Example: []string{"oci:dist/image", "registry.example.com/team/shop:1.0"}, Also: config.Schema{"items": config.Some(), "uniqueItems": true}},
			"platform":   {About: "Which one of an image for several platforms; this machine's when it is left out.", Example: "linux/arm64"},
			"no-secrets": {About: "Leave out the search for secrets.", Default: false},

			"require-signature":                   {About: "Who must have signed each image.", Also: requireSignature()},
			"require-signature.key":               {About: "The file of a public key in PEM.", Example: "cosign.pub"},
			"require-signature.identity":          {About: "The exact name in the certificate of a keyless signature: a workflow's address or an e-mail address."},
			"require-signature.identity-regexp":   {About: "A regular expression (RE2) that must match that whole name."},
			"require-signature.issuer":            {About: "The OpenID Connect issuer that vouches for the identity.", Example: "https://token.actions.githubusercontent.com"},
			"require-signature.issuer-regexp":     {About: "A regular expression (RE2) that must match the whole issuer."},
			"require-signature.trusted-root":      {About: "The file of a Sigstore trusted root; that of the public instance when it is left out."},
			"require-signature.transparency-log":  {About: "Ask for an entry in a transparency log also for a signature with a key.", Default: false},
			"require-signature.attestations":      {About: "Predicate types that the same signer must have attested.", Example: []string{"https://slsa.dev/provenance/v1"}, Also: config.Schema{"items": config.Filled(), "maxItems": 32}},
			"require-signature.attestations-only": {About: "Ask for the attestations and for no signature beside them.", Default: false},
		}},
		"secret": {about: "Leaked secrets, in files and in the git history (docs/secrets.md).", keys: map[string]config.Word{
			"history":   {About: "How much of the git history is scanned: all of it, what is new against --since, or none.", Words: []string{"full", "range", "none"}, Default: "full"},
			"prefilter": {About: "Tell apart beforehand what no rule can match, which changes no finding and saves most of the time.", Default: true},
			"config":    {About: "The file of the repository's own rules, as gitleaks reads it.", Default: ".gitleaks.toml"},
			"baseline":  {About: "A report of gitleaks' in JSON, whose findings are known.", Default: ".gitleaks-baseline.json"},
			"cache":     {About: "Build on earlier scans of the history.", Default: true},
			"archives":  {About: "How deep archives in archives are looked into.", Default: 0, Also: config.Schema{"minimum": 0, "maximum": 10}},
			"verify":    {About: "Ask providers whether what was found still works (docs/secrets-verification.md).", Default: false},
		}},
		"iac": {about: "Infrastructure code: Terraform, Kubernetes, Dockerfiles and more (docs/iac.md). Paths are relative to the scanned directory, and in it.", keys: map[string]config.Word{
			"frameworks":                {About: "What to look at; all when it is left out.", Words: iac.Frameworks()},
			"checks":                    {About: "Directories of your own checks (docs/iac-custom-checks.md).", Example: []string{"policy/checks"}, Also: someTexts()},
			"tfvars":                    {About: "Files of values for Terraform's root modules; later ones win.", Also: someTexts()},
			"workspace":                 {About: "The workspace of Terraform.", Default: "default"},
			"helm-values":               {About: "Files of values for charts; later ones win.", Also: someTexts()},
			"cloudformation-parameters": {About: "Files of values for templates; later ones win.", Also: someTexts()},
		}},
		"dast": {about: "Running applications: a crawl, and what their answers tell (docs/dast.md).", also: dastTogether(), keys: map[string]config.Word{
			"targets":      {About: "Addresses of what is scanned.", Example: []string{"http://localhost:8080"}, Also: addresses()},
			"openapi":      {About: "A description of the API, below the scanned directory.", Example: "api/openapi.yaml"},
			"rules":        {About: "A rules file of ZAP's, below the scanned directory.", Example: ".zap/rules.tsv"},
			"start":        {About: "The program under test, and its arguments.", Example: []string{"bin/shop", "--port", "8080"}},
			"wait-for":     {About: "The address that answers when the program is up; the first target when it is left out.", Example: "http://localhost:8080/health", Also: config.Schema{"anyOf": []config.Schema{address(), {"enum": []any{"", nil}}}}},
			"within":       {About: "How long it may take until then.", Default: "1m"},
			"headers":      {About: "Headers that are sent to the target alone.", Example: []config.Schema{{"name": "Authorization", "from": "SHOP_TOKEN"}}, Also: variables()},
			"headers.name": {About: "Its name."},
			"headers.from": {About: "The environment variable with its value."},
			"cookies":      {About: "Cookies that are sent to the target alone.", Also: variables()},
			"cookies.name": {About: "Its name."},
			"cookies.from": {About: "The environment variable with its value."},
			"depth":        {About: "How many links away from the target a page may be.", Default: 5, Also: config.Schema{"minimum": 0}},
			"pages":        {About: "How many pages are asked for.", Default: 200, Also: config.Schema{"minimum": 0}},
			"rate":         {About: "Requests per second, or unlimited.", Default: "10", Also: rate()},
			"time":         {About: "How long a target may take.", Default: "1m"},
			"robots":       {About: "Whether robots.txt is obeyed.", Words: []string{"obey", "ignore"}, Default: "obey"},
			"exclude":      {About: "Regular expressions of addresses that are left alone, matched from their start.", Example: []string{"http://localhost:8080/logout"}, Also: config.Schema{"maxItems": 100}},
			"ca":           {About: "Certificates to trust, in PEM, below the scanned directory."},
			"source":       {About: "The file of the repository that findings are reported in.", Example: "web/server.go"},
		}},
	}
}

// requireSignature is which keys of image.require-signature go together.
func requireSignature() config.Schema {
	given, either := config.Given, func(a, b string) config.Schema {
		return config.Schema{"oneOf": []config.Schema{config.Given(a), config.Given(b)}}
	}
	none := func(s ...config.Schema) config.Schema { return config.Schema{"not": config.Schema{"anyOf": s}} }
	return config.Schema{
		"if": config.Schema{"type": "object"},
		"then": config.Schema{"allOf": []config.Schema{
			{"oneOf": []config.Schema{
				{"allOf": []config.Schema{given("key"), none(given("identity"), given("identity-regexp"), given("issuer"), given("issuer-regexp")),
					{"anyOf": []config.Schema{none(given("trusted-root")), config.Fixed("transparency-log", true)}}}},
				{"allOf": []config.Schema{none(given("key")), either("identity", "identity-regexp"), either("issuer", "issuer-regexp")}},
			}},
			{"if": config.Fixed("attestations-only", true), "then": config.Listed("attestations")},
		}},
	}
}

// dastTogether is which keys of dast go together.
func dastTogether() config.Schema {
	return config.Schema{"anyOf": []config.Schema{
		config.Listed("start"),
		{"properties": config.Schema{"wait-for": config.Schema{"enum": []any{"", nil}}, "within": config.Schema{"anyOf": []config.Schema{
			{"enum": []any{0, nil}}, {"type": "string", "pattern": `^\+?0`},
		}}}},
	}}
}

// variables are headers or cookies.
func variables() config.Schema {
	return config.Schema{"maxItems": 50, "items": config.Schema{
		"type": "object", "required": []string{"name", "from"}, "additionalProperties": false, "properties": config.Schema{
			"name": described("Its name.", config.Schema{"type": []string{"string", "number", "boolean"}, "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"}),
			"from": described("The environment variable with its value.", config.Some()),
		},
	}}
}

func described(about string, s config.Schema) config.Schema {
	s["description"] = about
	return s
}

// rate is a number of requests per second.
func rate() config.Schema {
	return config.Schema{"type": []string{"string", "number", "null"}, "pattern": `^(unlimited|\+?[0-9.]+([eE][+-]?[0-9]+)?)?$`, "minimum": 0.01, "maximum": 1000000}
}
