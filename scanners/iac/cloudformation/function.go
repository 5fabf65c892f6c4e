package cloudformation

import "strings"

// intrinsic are the functions that the engine resolves.
var intrinsic = map[string]bool{
	"Ref": true, "Condition": true, "Fn::Base64": true, "Fn::Equals": true, "Fn::Join": true, "Fn::Split": true,
	"Fn::Sub": true, "Fn::FindInMap": true, "Fn::Select": true, "Fn::GetAtt": true, "Fn::GetAZs": true,
	"Fn::Cidr": true, "Fn::ImportValue": true, "Fn::If": true, "Fn::And": true, "Fn::Or": true, "Fn::Not": true,
	"Fn::Length": true,
}

// function returns the name and the argument of a function in either form:
// {"Fn::Sub": x} and !Sub x.
func function(n *node) (name string, arg *node, ok bool) {
	if short, tagged := strings.CutPrefix(n.tag, "!"); tagged && !strings.HasPrefix(short, "!") {
		name = "Fn::" + short
		if short == "Ref" || short == "Condition" {
			name = short
		}
		if !intrinsic[name] {
			return "", nil, false
		}
		// The engine misses that !Condition is a function; here it may be one.
		bare := *n
		bare.tag = ""
		if bare.kind == scalar {
			bare.tag = "!!str"
		}
		return name, &bare, true
	}
	if n.kind == mapping && len(n.pairs) == 1 && intrinsic[n.pairs[0].name] {
		return n.pairs[0].name, n.pairs[0].value, true
	}
	return "", nil, false
}

// call is a function with its arguments, as far as they are written out.
type call struct {
	name string
	arg  *node
}

// args are the elements of a list of arguments; nil when it is none.
func (c call) args() []*node {
	if !c.arg.is(sequence) {
		return nil
	}
	return c.arg.items
}

// target is what Fn::GetAtt refers to.
func (c call) target() (resource, attribute string, ok bool) {
	var parts []string
	if text, ok := c.arg.literal(); ok {
		parts = strings.Split(text, ".")
	}
	for _, a := range c.args() {
		text, ok := a.literal()
		if !ok {
			return "", "", false
		}
		parts = append(parts, text)
	}
	if len(parts) != 2 {
		// The engine does not resolve it.
		_, written := c.arg.literal()
		return "", "", written || c.arg.is(sequence)
	}
	attribute, _, _ = strings.Cut(parts[1], ".")
	return parts[0], attribute, true
}
