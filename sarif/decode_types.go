package sarif

import (
	"encoding/json"
	"strconv"
	"strings"
)

// The parts of SARIF that Decode looks at. go-sarif's types hold all of it, at
// several times the memory, and fail on properties of an unforeseen type.

type properties map[string]json.RawMessage

// text returns a property that is a string, or "".
func (p properties) text(key string) string {
	var s string
	if json.Unmarshal(p[key], &s) != nil {
		return ""
	}
	return s
}

// texts returns a property that is an array of strings.
func (p properties) texts(key string) []string {
	var s []string
	if json.Unmarshal(p[key], &s) != nil {
		return nil
	}
	return s
}

// number returns a property that is a number or a string that holds one.
func (p properties) number(key string) float64 {
	var n float64
	if json.Unmarshal(p[key], &n) == nil {
		return n
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(p.text(key)), 64)
	if err != nil {
		return 0
	}
	return n
}

type component struct {
	Name                 string             `json:"name"`
	GUID                 string             `json:"guid"`
	Version              string             `json:"version"`
	SemanticVersion      string             `json:"semanticVersion"`
	Rules                []rule             `json:"rules"`
	GlobalMessageStrings map[string]message `json:"globalMessageStrings"`

	byID, byGUID map[string]int // made when they are first needed
}

type rule struct {
	ID                   string             `json:"id"`
	GUID                 string             `json:"guid"`
	Name                 string             `json:"name"`
	ShortDescription     message            `json:"shortDescription"`
	FullDescription      message            `json:"fullDescription"`
	Help                 message            `json:"help"`
	HelpURI              string             `json:"helpUri"`
	MessageStrings       map[string]message `json:"messageStrings"`
	DefaultConfiguration struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration"`
	Properties properties `json:"properties"`
}

type message struct {
	Text      string   `json:"text"`
	Markdown  string   `json:"markdown"`
	ID        string   `json:"id"`
	Arguments []string `json:"arguments"`
}

type artifactLocation struct {
	URI       string `json:"uri"`
	URIBaseID string `json:"uriBaseId"`
	Index     *int   `json:"index"`
}

type location struct {
	PhysicalLocation struct {
		ArtifactLocation artifactLocation `json:"artifactLocation"`
		Region           regionFacts      `json:"region"`
	} `json:"physicalLocation"`
	LogicalLocations []struct {
		Name               string `json:"name"`
		FullyQualifiedName string `json:"fullyQualifiedName"`
	} `json:"logicalLocations"`
	Message    message    `json:"message"`
	Properties properties `json:"properties"`
}

type ruleReference struct {
	ID            string              `json:"id"`
	GUID          string              `json:"guid"`
	Index         *int                `json:"index"`
	ToolComponent *componentReference `json:"toolComponent"`
}

type componentReference struct {
	Name  string `json:"name"`
	GUID  string `json:"guid"`
	Index *int   `json:"index"`
}

type suppression struct {
	Kind          string     `json:"kind"`
	Status        string     `json:"status"`
	Justification string     `json:"justification"`
	Properties    properties `json:"properties"`
}

type sarifResult struct {
	RuleID              string          `json:"ruleId"`
	RuleIndex           *int            `json:"ruleIndex"`
	Rule                ruleReference   `json:"rule"`
	Kind                string          `json:"kind"`
	Level               string          `json:"level"`
	BaselineState       string          `json:"baselineState"`
	Message             message         `json:"message"`
	Locations           places          `json:"locations"`
	RelatedLocations    places          `json:"relatedLocations"`
	CodeFlows           json.RawMessage `json:"codeFlows"`
	PartialFingerprints properties      `json:"partialFingerprints"`
	Suppressions        []suppression   `json:"suppressions"`
	Properties          properties      `json:"properties"`
}

type invocation struct {
	ExecutionSuccessful        *bool            `json:"executionSuccessful"`
	ExitCodeDescription        string           `json:"exitCodeDescription"`
	WorkingDirectory           artifactLocation `json:"workingDirectory"`
	ToolExecutionNotifications []notification   `json:"toolExecutionNotifications"`
	ToolConfigNotifications    []notification   `json:"toolConfigurationNotifications"`
}

type notification struct {
	Descriptor struct {
		ID string `json:"id"`
	} `json:"descriptor"`
	Level     string     `json:"level"`
	Message   message    `json:"message"`
	Locations []location `json:"locations"`
}

// sarifRun is one run, before it is made sense of: its members may come in any
// order, and the results refer to all of the others.
type sarifRun struct {
	driver      component
	extensions  []component
	invocations []invocation
	automation  struct {
		ID string `json:"id"`
	}
	bases       map[string]artifactLocation
	artifacts   []artifactLocation
	sharedSteps []json.RawMessage // threadFlowLocations
	properties  properties
	results     []sarifResult
	computed    bool // the run has an array of results, if an empty one
}
