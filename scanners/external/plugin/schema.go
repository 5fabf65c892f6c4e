package plugin

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/scangate/scangate/config"
)

// Schema is that of the section plugins. reserved are the names of the other
// scanners.
func Schema(reserved []string) (config.Schema, error) {
	major, _, _ := strings.Cut(Contract, ".")
	number, err := strconv.Atoi(major)
	if err != nil {
		return nil, err
	}
	one, err := config.SchemaOf(reflect.TypeFor[declaration](), map[string]config.Word{
		"command": {About: "The program and its arguments; there is never a shell. {root}, {files}, {output} and {config} in arguments are replaced.",
			Example: []string{"./tools/plain-http", "{files}"},
			Also:    config.Schema{"type": "array", "minItems": 1, "maxItems": maxWords, "prefixItems": []config.Schema{config.Some()}}},
		"sha256": {About: "The digest of the program, as sha256sum prints it; or else signature.",
			// One of digits alone is a number to YAML.
			Also: config.Schema{"type": []string{"string", "number", "null"}, "pattern": `^([0-9a-fA-F]{64})?$`}},
		"signature":                  {About: "What signs the program, and whose signature counts; or else sha256."},
		"signature.bundle":           {About: "The file that `cosign sign-blob --bundle` writes.", Example: "tools/x.sigstore.json"},
		"signature.file":             {About: "The file of a signature with a key.", Example: "tools/x.sig"},
		"signature.key":              {About: "The file of a public key, or the key itself in PEM.", Example: "cosign.pub"},
		"signature.identity":         {About: "The exact name in the certificate of a keyless signature: a workflow's address or an e-mail address."},
		"signature.identity-regexp":  {About: "A regular expression (RE2) that must match that whole name."},
		"signature.issuer":           {About: "The OpenID Connect issuer that vouches for the identity.", Example: "https://token.actions.githubusercontent.com"},
		"signature.issuer-regexp":    {About: "A regular expression (RE2) that must match the whole issuer."},
		"signature.trusted-root":     {About: "The file of a Sigstore trusted root; that of the public instance when it is left out."},
		"signature.transparency-log": {About: "Ask for an entry in a transparency log also for a signature with a key.", Default: false},
		"allow-unsigned":             {About: "Run the program without either. Every report says so, and the program must not be beside the configuration.", Default: false},
		"output":                     {About: "What the plug-in writes.", Default: "sarif", Also: config.Schema{"enum": []any{"sarif", nil}}},
		"contract": {About: "The version of the contract that the plug-in is written for.", Example: Contract,
			Also: config.Schema{"anyOf": []config.Schema{
				{"type": "string", "pattern": `^0{0,2}` + major + `\.[0-9]{1,3}$`},
				{"type": "number", "minimum": number, "exclusiveMaximum": number + 1}, // YAML takes 1.0 for one
			}}},
		"network": {About: "It needs the network.", Default: false},
		"timeout": {About: "How long it may take.", Default: defaultTimeout.String()},
		"files": {About: "The files it is for: patterns relative to the scanned root, with * and ? within a directory and ** for any number of them. All when it is left out.",
			Example: []string{"**/*.yaml"}, Also: config.Schema{"maxItems": maxPatterns, "items": config.Some()}},
	})
	if err != nil {
		return nil, err
	}
	signature := one["properties"].(config.Schema)["signature"].(config.Schema)
	keyless := []config.Schema{config.Given("identity"), config.Given("identity-regexp"), config.Given("issuer"), config.Given("issuer-regexp")}
	not := func(s ...config.Schema) config.Schema { return config.Schema{"not": config.Schema{"anyOf": s}} }
	all := func(s ...config.Schema) config.Schema { return config.Schema{"allOf": s} }
	either := func(a, b string) config.Schema {
		return config.Schema{"oneOf": []config.Schema{config.Given(a), config.Given(b)}}
	}
	signature["if"] = config.Schema{"type": "object"}
	signature["then"] = config.Schema{"oneOf": []config.Schema{
		all(config.Given("file"), config.Given("key"), not(append(keyless, config.Given("bundle"))...)),
		all(config.Given("bundle"), config.Given("key"), not(append(keyless, config.Given("file"))...)),
		all(config.Given("bundle"), either("identity", "identity-regexp"), either("issuer", "issuer-regexp"), not(config.Given("file"), config.Given("key"))),
	}}
	signed := config.Schema{"required": []string{"signature"}, "properties": config.Schema{"signature": config.Schema{"type": "object"}}}
	one["type"] = "object"
	one["required"] = []string{"command", "contract"}
	one["oneOf"] = []config.Schema{config.Given("sha256"), signed, config.Fixed("allow-unsigned", true)}
	return config.Schema{
		"type": []string{"object", "null"}, "maxProperties": maxPlugins, "additionalProperties": one,
		"propertyNames": config.Schema{"pattern": `^[a-z][a-z0-9-]{0,39}$`, "not": config.OneOf(reserved...)},
	}, nil
}
