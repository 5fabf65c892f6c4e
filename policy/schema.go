package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
)

// Schema is that of the section policy. What it refers to is added to defs, as
// limit, rule and threshold. known are the names that are there without
// plug-ins, which have names that a schema cannot know: KnownSchema is for
// configurations that declare none.
func Schema(known Known, defs config.Schema) (config.Schema, error) {
	rule, err := ruleSchema(known)
	if err != nil {
		return nil, err
	}
	limits, err := limitSchemas()
	if err != nil {
		return nil, err
	}
	defs["limit"] = config.AnyCase(LimitNames()...)
	defs["rule"] = rule
	defs["threshold"] = closed(limits)
	thresholds := config.Schema{}
	for _, name := range known.names() {
		own := config.Schema{}
		for key := range limits {
			own[key] = config.Schema{"$ref": "#/$defs/threshold/properties/" + key}
		}
		for _, f := range known[name] {
			own[f] = config.Ref("threshold")
		}
		if len(known[name]) == 0 {
			thresholds[name] = config.Ref("threshold")
		} else {
			thresholds[name] = closed(own)
		}
	}
	return config.SchemaOf(reflect.TypeFor[rawPolicy](), map[string]config.Word{
		"thresholds": {About: "For each scanner the least severity that fails the build and that is worth a warning; below a scanner also for each of its frameworks. The default is fail-on: high, warn-on: any.",
			Example: config.Schema{"secret": config.Schema{"fail-on": "any"}, "iac": config.Schema{"kubernetes": config.Schema{"warn-on": "any"}}},
			Also:    config.Schema{"type": []string{"object", "null"}, "properties": thresholds, "additionalProperties": config.Ref("threshold")}},
		"rules": {About: "They come before the thresholds: the first one that matches a finding decides it.",
			Also: config.Schema{"items": config.Ref("rule"), "maxItems": maxRules}},
		"require": {About: "The scanners that must complete; every one that was planned and applies when it is left out.",
			Example: []string{"dependency", "secret"}, Also: config.Schema{"items": config.Filled()}},
		"severity": {About: "Whose severity counts when several scanners found the same: each scanner's own, the highest, or that of the first one of a list.",
			Default: "own", Example: []string{"dependency", "trivy"},
			Also: config.Schema{"anyOf": []config.Schema{
				config.OneOf("own", "highest"), {"type": "array", "uniqueItems": true, "items": config.Filled()}, config.Null(),
			}}},
		"baseline": {About: "A file that lists known findings, which do not fail: beside the configuration or below (docs/baseline.md).",
			Example: ".scangate-baseline.json", Also: config.Maybe(config.Some())},
		"added-marks": {About: "What a mark beside a new finding, such as scangate:ignore, is worth in the pull request that adds it: a warning, nothing, or what it asks for (docs/pull-requests.md).",
			Default: addedMarks[MarksWarn], Also: config.Maybe(config.OneOf(addedMarks...))},
	})
}

// KnownSchema is what the section has to keep to besides when no plug-in brings
// a name. name is the schema of a scanner's.
func KnownSchema(name config.Schema) config.Schema {
	return config.Schema{"properties": config.Schema{
		"thresholds": config.Schema{"propertyNames": name},
		"require":    config.Schema{"items": name},
		"severity":   config.Schema{"items": name},
		"rules": config.Schema{"items": config.Schema{"properties": config.Schema{
			"match": config.Schema{"properties": config.Schema{"scanner": config.OneOrMore(orGlob(name))}},
		}}},
	}}
}

// closed is a mapping with these keys, or nothing.
func closed(properties config.Schema) config.Schema {
	return config.Schema{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
}

// limitSchemas are the keys of a threshold.
func limitSchemas() (config.Schema, error) {
	described := func(about string, s config.Schema) config.Schema {
		s["description"] = about
		return s
	}
	severities := severityNames()
	all := config.Schema{
		"fail-on": described("The least severity that fails the build.", config.Ref("limit")),
		"warn-on": described("The least severity that is worth a warning. Without a fail-on beside it nothing fails.", config.Ref("limit")),
		"fixable": described("Only findings with a known fix cross the limits (true), only those without (false), or both.",
			config.Schema{"enum": []any{true, false, "any", "true", "false"}, "default": "any"}),
		"max": described("How many findings of a severity there may be below fail-on before all of them fail.", config.Schema{
			"type": "object", "examples": []any{config.Schema{"high": 5, "medium": 20}},
			// Properties are what editors offer, and names what counts.
			"properties":           countsOf(severities),
			"propertyNames":        config.AnyCase(severities...),
			"additionalProperties": count(),
		}),
	}
	if len(all) != len(limitKeys) || slices.ContainsFunc(limitKeys, func(k string) bool { return all[k] == nil }) {
		return nil, fmt.Errorf("schema: a threshold has the keys %s, and not all of them are described", strings.Join(limitKeys, ", "))
	}
	return all, nil
}

func count() config.Schema {
	return config.Schema{"anyOf": []config.Schema{{"type": "integer", "minimum": 0}, {"type": "string", "pattern": `^(\+?[0-9]+|-0+)$`}}}
}

func countsOf(names []string) config.Schema {
	out := config.Schema{}
	for _, n := range names {
		out[n] = count()
	}
	return out
}

// ruleSchema is that of a rule, with a key of match for each line of the keys'
// table.
func ruleSchema(known Known) (config.Schema, error) {
	match := config.Schema{}
	for _, k := range matchKeys() {
		value, err := valueSchema(&k, known)
		if err != nil {
			return nil, err
		}
		value["description"] = k.about
		match[k.name] = value
	}
	s, err := config.SchemaOf(reflect.TypeFor[rawRule](), map[string]config.Word{
		"name":    {About: "A name for reports.", Also: config.Maybe(config.Text())},
		"because": {About: "Why, for reports.", Also: config.Maybe(config.Text())},
		"action":  {About: "What becomes of a finding that the rule matches.", Also: config.OneOf(actionNames()...)},
		"match": {About: "What a finding must be like: all keys must hold, and of a list one. {} matches everything.",
			Also: config.Schema{"type": "object", "properties": match, "additionalProperties": false}},
		"after": {About: "A grace period, in days (14d) or weeks (2w): until the advisory has been public for so long, what would fail is a warning.",
			Example: "14d", Also: config.Maybe(config.Schema{"type": "string", "pattern": "^" + daysPattern + "$"})},
		"since": {About: "What the days of after are counted from: the day on which the advisory was published, or on which the finding was first seen.",
			Default: "published", Also: config.Maybe(config.OneOf("published", firstSeenKey))},
	})
	if err != nil {
		return nil, err
	}
	s["type"] = "object"
	s["required"] = []string{"match", "action"}
	s["if"], s["then"] = config.Given("since"), config.Given("after")
	s["not"] = config.Schema{ // what is ignored has no grace period
		"required":   []string{"action", "after"},
		"properties": config.Schema{"action": config.Schema{"const": "ignore"}, "after": config.Schema{"type": "string"}},
	}
	return s, nil
}

const (
	daysPattern     = `[0-9]+[dw]`
	operatorPattern = `((>|<) *=? *|= *)?`
)

// valueSchema is what a key of match takes: a value or a list of them.
func valueSchema(k *matchKey, known Known) (config.Schema, error) {
	var one config.Schema
	example := any(nil)
	switch k.takes {
	case scannerNames:
		one, example = config.Filled(), []string{"dependency", "image"}
	case frameworkNames:
		one, example = orGlob(config.OneOf(known.frameworks(nil)...)), "terraform"
	case patterns:
		one = config.Some()
	case paths:
		one, example = config.Text(), []string{"docs/", "**/testdata/**"}
		one["pattern"] = "^[^!]"
	case words:
		one = config.Some()
		if k.name == "relationship" {
			one = config.OneOf(relationshipNames()...)
		}
	case weaknesses:
		one, example = config.Schema{"type": []string{"string", "integer"}, "minimum": 1, "pattern": "^(" + config.CasePattern("cwe") + "-)?0*[1-9][0-9]*$"}, "CWE-79"
	case severities:
		one, example = severitySchema(), ">=medium"
	case scores:
		one, example = comparisonSchema(10, `(0*(10(\.0*)?|[0-9](\.[0-9]*)?)|\.[0-9]+)`), ">=7.0"
	case chances:
		one, example = comparisonSchema(1, `(0*(1(\.0*)?|0(\.[0-9]*)?)|\.[0-9]+)`), ">=0.1"
	case ages:
		one, example = config.Schema{"type": "string", "pattern": comparisonPattern(daysPattern)}, ">=30d"
	case flag:
		one = config.Schema{"enum": []any{true, false, "true", "false"}}
	default:
		return nil, fmt.Errorf("schema: no schema for what %s takes: %s", k.name, k.takes)
	}
	out := config.OneOrMore(one)
	if example != nil {
		out["examples"] = []any{example}
	}
	return out, nil
}

// orGlob is a name, or a pattern, which a schema cannot compare with names.
func orGlob(name config.Schema) config.Schema {
	return config.Schema{"anyOf": []config.Schema{name, {"type": "string", "pattern": `[*?\[\\]`}}}
}

// severitySchema is a severity or a comparison with one that something can be.
func severitySchema() config.Schema {
	all := severityNames()
	word := "(" + config.CasePattern(all...) + ")"
	least, most := config.CasePattern(finding.Unknown.String()), config.CasePattern(finding.Critical.String())
	return config.Schema{"anyOf": []config.Schema{
		config.OneOf(all...),
		{
			"type": "string", "pattern": `^((>=|<=|=|>|<)\s*` + word + `\s*|` + word + `)$`,
			"not": config.Schema{"pattern": `^(<\s*` + least + `|>\s*` + most + `)\s*$`},
		},
	}}
}

// comparisonSchema is a number from 0 to most, or comparisons with some.
func comparisonSchema(most int, pattern string) config.Schema {
	return config.Schema{"type": []string{"string", "number"}, "minimum": 0, "maximum": most, "pattern": comparisonPattern(pattern)}
}

func comparisonPattern(number string) string {
	return `^\s*` + operatorPattern + number + `(\s+` + operatorPattern + number + `)*\s*$`
}
