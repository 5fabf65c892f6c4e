package main

import "github.com/scangate/scangate/config"

// toolWords are those of the programs of others.
func toolWords() map[string]sectionWords {
	directory := func(about, example string) config.Word { return config.Word{About: about, Example: example} }
	keys := func(k map[string]config.Word) sectionWords { return sectionWords{keys: k} }
	return map[string]sectionWords{
		"npm-audit": keys(map[string]config.Word{
			"paths": {About: "Directories with a lockfile; all that there are when it is left out.", Example: []string{"api", "client"}, Also: someTexts()},
			"dev":   {About: "Whether development dependencies count.", Default: true},
		}),
		"cargo-audit": keys(map[string]config.Word{"db": directory("A checkout of the RustSec advisory database, which is used as it is.", "/opt/rustsec")}),
		"govulncheck": keys(map[string]config.Word{
			"db": {About: "A vulnerability database instead of vuln.go.dev: an address, or file:/// and the directory of a copy.", Example: "file:///opt/vulndb",
				Also: config.Schema{"type": []string{"string", "null"}, "pattern": `^(https?://.+|file:///.*)?$`}},
		}),
		"osv-scanner": keys(map[string]config.Word{"db": directory("A directory with a copy of OSV's databases, as `osv-scanner --download-offline-databases` makes it.", "/opt/osv")}),
		"grype":       keys(map[string]config.Word{"db": directory("A directory with Grype's database, as `grype db update` fills its cache.", "/opt/grype")}),
		"trivy": {also: config.Schema{"if": config.Fixed("command", "image"), "then": config.Listed("images")}, keys: map[string]config.Word{
			"command":  {About: "What to scan: the tree, its infrastructure code alone, or nothing but the images.", Default: "fs"},
			"scanners": {About: "What to look for in the tree; all when it is left out."},
			"cache":    directory("A directory as Trivy's --cache-dir, which is used as it is.", "/opt/trivy"),
			"images":   {About: "Images to scan as well.", Example: []string{"oci:dist/image"}, Also: config.Schema{"items": config.Some(), "uniqueItems": true}},
		}},
		"gitleaks": {keys: map[string]config.Word{}},
		"checkov":  keys(map[string]config.Word{"frameworks": {About: "What to look at, as Checkov names it; all when it is left out."}}),
		"bandit":   keys(map[string]config.Word{"config": {About: "A file of the tree with Bandit's settings.", Example: "pyproject.toml"}}),
		"semgrep": keys(map[string]config.Word{
			"config": {About: "Files or directories with rules in the tree, or names of Semgrep's registry; .semgrep.yml and .semgrep when it is left out.", Example: []string{"p/default", "rules"},
				Also: config.Schema{"items": config.Schema{"type": []string{"string", "number", "boolean"}, "minLength": 1, "not": config.Schema{"const": "auto"}}}},
		}),
		"hadolint": {keys: map[string]config.Word{}},
		"zizmor":   keys(map[string]config.Word{"persona": {About: "For whom it looks: pedantic adds smells, auditor everything.", Default: "regular"}}),
		"nuclei": {
			keys: map[string]config.Word{
				"targets":   {About: "Addresses of what is scanned.", Example: []string{"http://localhost:8080"}, Also: addresses()},
				"templates": {About: "Files or directories with templates in the tree.", Example: []string{"templates"}, Also: config.Schema{"items": config.Schema{"type": []string{"string", "number", "boolean"}, "pattern": "^[^,]+$"}}},
			},
			also: config.Schema{
				"if": config.Listed("targets"), "then": config.Listed("templates"),
			},
		},
		"zap": keys(map[string]config.Word{
			"targets": {About: "Addresses of what is scanned.", Example: []string{"http://localhost:8080"}, Also: addresses()},
			"rules":   {About: "A rules file of ZAP's in the tree.", Example: ".zap/rules.tsv"},
			"minutes": {About: "How long to crawl.", Default: 1, Also: config.Schema{"minimum": 0, "maximum": 24 * 60}},
			"image": {About: "ZAP's image by its digest, for where zap.sh is not installed and a container engine is.",
				Also: config.Schema{"type": []string{"string", "null"}, "pattern": `^([a-z0-9][A-Za-z0-9._:/-]{0,250}@sha256:[0-9a-f]{64})?$`}},
		}),
		"codeql": {
			keys: map[string]config.Word{
				"sarif":     {About: "A pattern of files that CodeQL wrote before.", Example: "codeql-results/*.sarif"},
				"languages": {About: "Run CodeQL on these languages.", Example: []string{"python", "javascript-typescript"}},
				"suite":     {About: "The query suite of a run.", Default: "code-scanning"},
			},
			also: config.Schema{
				"not": config.Schema{"allOf": []config.Schema{config.Given("sarif"), config.Listed("languages")}},
				"anyOf": []config.Schema{config.Listed("languages"), {"properties": config.Schema{
					"suite": config.Schema{"enum": []any{"", nil}},
				}}},
			},
		},
		"sarif": keys(map[string]config.Word{
			"files": {About: "Patterns of SARIF files below the scanned directory.", Example: []string{"results/*.sarif"}, Also: config.Schema{"items": config.Some(), "maxItems": 100}},
		}),
		"dependabot": {about: "What GitHub's Dependabot knows of the repository (docs/external-tools.md).", keys: map[string]config.Word{
			"repository": {About: "owner/name; what GITHUB_REPOSITORY says when it is left out.", Example: "octo/shop",
				Also: config.Schema{"type": []string{"string", "null"}, "pattern": `^([A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9._-]{1,100})?$`}},
		}},
	}
}
