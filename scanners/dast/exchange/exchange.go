// Package exchange is the vocabulary of the passive rules: a request and the
// response to it, as data.
package exchange

import (
	"net/url"
	"strings"
	"sync"
	"time"
)

// MaxBody bounds how much of a body is judged, in bytes.
const MaxBody = 5 << 20 / 2

// Exchange is a request and its response. Headers are in the order in which
// they were sent. It must not be changed once a rule has seen it: what is
// derived from it is kept.
type Exchange struct {
	Method        string
	URL           *url.URL // absolute
	RequestHeader Header
	RequestBody   []byte

	Status int
	Header Header // of the response
	Body   []byte // decoded of any Content-Encoding, at most MaxBody

	kind     string // the value of Content-Type in lower case
	elements func() []Element
	cookies  func() []Cookie
	date     func() time.Time
}

// New returns an exchange that is ready to be judged. A nil u stands for an
// empty address.
func New(e Exchange) *Exchange {
	if e.URL == nil {
		e.URL = &url.URL{}
	}
	if len(e.Body) > MaxBody {
		e.Body = e.Body[:MaxBody]
	}
	x := &e
	kind, _ := x.Header.Get("Content-Type")
	x.kind = strings.ToLower(kind)
	x.elements = sync.OnceValue(x.parseElements)
	x.cookies = sync.OnceValue(x.parseCookies)
	x.date = sync.OnceValue(x.parseDate)
	return x
}

// Field is a header field as it was sent.
type Field struct{ Name, Value string }

// Header is a list of header fields in their order.
type Header []Field

// Values returns the values of a field in order; names are compared without
// regard to case.
func (h Header) Values(name string) []string {
	var out []string
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			out = append(out, f.Value)
		}
	}
	return out
}

// Get returns the first value of a field, and whether there is one.
func (h Header) Get(name string) (string, bool) {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value, true
		}
	}
	return "", false
}

// Has reports whether the field is there.
func (h Header) Has(name string) bool { _, ok := h.Get(name); return ok }

// HTTPS reports whether the exchange was encrypted.
func (e *Exchange) HTTPS() bool { return strings.EqualFold(e.URL.Scheme, "https") }

// Redirect, ClientError and ServerError tell the class of the status.
func (e *Exchange) Redirect() bool    { return e.Status/100 == 3 }
func (e *Exchange) ClientError() bool { return e.Status/100 == 4 }
func (e *Exchange) ServerError() bool { return e.Status/100 == 5 }

// Normal reports a response that is neither a redirect nor an error.
func (e *Exchange) Normal() bool { return !e.Redirect() && !e.ClientError() && !e.ServerError() }

// HTML, JSON, XML, CSS, Image and JavaScript tell the kind of the body by a
// substring of its Content-Type, as ZAP's rules do.
func (e *Exchange) HTML() bool  { return strings.Contains(e.kind, "html") }
func (e *Exchange) JSON() bool  { return strings.Contains(e.kind, "json") }
func (e *Exchange) XML() bool   { return strings.Contains(e.kind, "xml") }
func (e *Exchange) CSS() bool   { return strings.Contains(e.kind, "css") }
func (e *Exchange) Image() bool { return strings.Contains(e.kind, "image") }

// JavaScript goes by the path, too: script files are often sent as text.
func (e *Exchange) JavaScript() bool {
	path := strings.ToLower(e.URL.Path)
	return strings.Contains(e.kind, "javascript") || strings.HasSuffix(path, ".js") || strings.HasSuffix(path, ".jsx")
}

// Text reports a body of text: text/*, HTML, JSON, JavaScript or XML.
func (e *Exchange) Text() bool {
	return strings.Contains(e.kind, "text") || e.HTML() || e.JSON() || e.JavaScript() || e.XML()
}

// Elements returns the start tags of an HTML body in order, with the text of
// those that hold raw text. It is empty for another kind of body.
func (e *Exchange) Elements() []Element { return e.elements() }

// Cookies returns what Set-Cookie fields of the response ask to be kept.
func (e *Exchange) Cookies() []Cookie { return e.cookies() }
