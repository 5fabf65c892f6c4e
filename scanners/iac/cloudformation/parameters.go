package cloudformation

import (
	"errors"
	"fmt"
	"strings"

	"github.com/scangate/scangate/scanners/iac/jsondoc"
)

// Options are what a template is given from outside.
type Options struct {
	// Parameters are values for the template's parameters by their names, in
	// place of the defaults: strings, numbers or bools.
	Parameters map[string]any
}

// ReadParameters reads a file of parameters in any of the documented forms:
// [{"ParameterKey": …, "ParameterValue": …}] and ["Key=Value"] of the AWS
// command line, and {"Parameters": {…}} of CodePipeline. Values are strings.
// Errors name a line, and quote nothing.
func ReadParameters(data []byte) (map[string]any, error) {
	root, err := jsondoc.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("cannot be parsed: %w", err)
	}
	out := map[string]any{}
	switch root.Kind {
	case jsondoc.Object:
		list := root.Get("Parameters")
		if list == nil {
			return nil, errors.New("there is no key Parameters")
		}
		if list.Kind != jsondoc.Object {
			return nil, fmt.Errorf("line %d: Parameters is not an object", list.Start)
		}
		for _, m := range list.Members {
			if out[m.Name], err = parameterText(m.Value); err != nil {
				return nil, err
			}
		}
	case jsondoc.Array:
		for _, item := range root.Items {
			name, value, err := parameterItem(item)
			if err != nil {
				return nil, err
			}
			if value != nil {
				out[name] = *value
			}
		}
	default:
		return nil, errors.New("is neither a list nor an object")
	}
	return out, nil
}

// parameterItem reads an element of a list of parameters; the value is nil
// where the one that is in force already is kept.
func parameterItem(item *jsondoc.Node) (name string, value *string, err error) {
	if item.Kind == jsondoc.String {
		name, text, ok := strings.Cut(item.Text, "=")
		if !ok {
			return "", nil, fmt.Errorf("line %d: is not of the form Key=Value", item.Start)
		}
		return name, &text, nil
	}
	key := item.Get("ParameterKey")
	if key == nil || key.Kind != jsondoc.String {
		return "", nil, fmt.Errorf("line %d: there is no ParameterKey", item.Start)
	}
	v := item.Get("ParameterValue")
	if v == nil {
		if keep := item.Get("UsePreviousValue"); keep != nil {
			return key.Text, nil, nil
		}
		return "", nil, fmt.Errorf("line %d: there is no ParameterValue", item.Start)
	}
	text, err := parameterText(v)
	return key.Text, &text, err
}

func parameterText(n *jsondoc.Node) (string, error) {
	switch n.Kind {
	case jsondoc.String, jsondoc.Number, jsondoc.Bool:
		return n.Text, nil
	}
	return "", fmt.Errorf("line %d: the value of a parameter is not a string", n.Start)
}
