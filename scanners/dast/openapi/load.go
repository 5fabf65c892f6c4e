package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"

	"github.com/scangate/scangate/text"
)

// known is what is known of an operation.
type known struct {
	parameters openapi3.Parameters
	servers    openapi3.Servers
}

// load reads the pruned description, and returns its operations by their path
// in it. Converted from 2.0, resolved and typed, it is kin-openapi's.
func (p *pruned) load() (out map[string]known, err error) {
	defer func() {
		if recover() != nil {
			out, err = nil, errors.New("kin-openapi fails at it")
		}
	}()
	data, err := json.Marshal(p.out)
	if err != nil {
		return nil, errors.New("it cannot be written as JSON")
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = false
	var doc *openapi3.T
	if p.two {
		var two openapi2.T
		if err = json.Unmarshal(data, &two); err == nil {
			doc, err = openapi2conv.ToV3WithLoader(&two, loader, nil)
		}
	} else {
		doc, err = loader.LoadFromData(data)
	}
	if err != nil {
		return nil, reason(err)
	}
	out = map[string]known{}
	for path, item := range doc.Paths.Map() {
		o := item.Get
		if o == nil {
			continue
		}
		k := known{o.Parameters, doc.Servers}
		if o.Servers != nil && len(*o.Servers) > 0 {
			k.servers = *o.Servers
		}
		out[path] = k
	}
	return out, nil
}

// reason words an error of kin-openapi's without what it quotes.
func reason(err error) error {
	why, _, _ := strings.Cut(text.OneLine(err.Error(), 200), `"`)
	return fmt.Errorf("%s", strings.TrimRight(why, ": "))
}
