// Package openapi turns the description of an API (Swagger 2.0, OpenAPI 3.0 and
// 3.1, in YAML or JSON) into the requests that ask each of its GET and HEAD
// operations once. References to other files are never followed.
package openapi

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/scangate/scangate/scanners/dast/exchange"
	"github.com/scangate/scangate/text"
)

const (
	maxDocument   = 16 << 20 // bytes
	maxOperations = 2000
)

// Request asks one operation.
type Request struct {
	Method    string   // GET or HEAD
	URL       *url.URL // at the target's origin
	Header    exchange.Header
	Operation string // the operation's id, may be empty
	Template  string // its path as in the description, "/pets/{id}"
	Line      int    // where the description has it, from 1
}

// Skipped is an operation that cannot be asked.
type Skipped struct {
	Method    string // empty: the whole path
	Operation string
	Template  string
	Line      int
	Reason    string
}

// Requests is what a description comes to, in its order.
type Requests struct {
	List    []Request
	Skipped []Skipped
	Notes   []string // about what else was left out
}

// Load reads a description, whose name is for messages. The requests go to the
// target in place of the description's servers, below the first path of these:
//
//   - of a server of the description that is at the target's origin,
//   - of the target, if it has one other than /,
//   - of the description's first server.
//
// Optional parameters are left out. Authorization, Cookie, Host and other
// fields that belong to the caller or to the connection are never set, however
// they are described. An error is one line and quotes nothing of the file.
func Load(data []byte, name string, target *url.URL) (Requests, error) {
	name = text.OneLine(name, 200)
	if target == nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return Requests{}, fmt.Errorf("the operations of %s need a target: an http or https address", name)
	}
	if len(data) > maxDocument {
		return Requests{}, fmt.Errorf("%s is over %d MiB: split it", name, maxDocument>>20)
	}
	d, err := read(data)
	if err != nil {
		return Requests{}, failed(name, err)
	}
	p, err := prune(d)
	if err != nil {
		return Requests{}, failed(name, err)
	}
	paths, err := p.load()
	if err != nil {
		return Requests{}, fmt.Errorf("cannot read %s as OpenAPI: %w", name, err)
	}
	out := Requests{Skipped: p.skipped, Notes: p.notes}
	for _, o := range p.operations {
		r, err := o.request(paths[o.path], target)
		if err != nil {
			out.Skipped = append(out.Skipped, Skipped{o.method, o.id, r.Template, o.line, err.Error()})
			continue
		}
		out.List = append(out.List, r)
	}
	slices.SortStableFunc(out.Skipped, func(a, b Skipped) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Template, b.Template), cmp.Compare(a.Method, b.Method))
	})
	return out, nil
}

// lineError is a mistake at a line of the document, 0 if it is not known.
type lineError struct {
	line int
	why  string
}

func (e *lineError) Error() string { return e.why }

// failed words why a document cannot be read.
func failed(name string, err error) error {
	var e *lineError
	if errors.As(err, &e) && e.line > 0 {
		return fmt.Errorf("%s:%d: %s", name, e.line, e.why)
	}
	return fmt.Errorf("cannot read %s: %w", name, err)
}
