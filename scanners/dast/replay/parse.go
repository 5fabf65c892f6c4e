package replay

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// recording is a line of the input.
type recording struct {
	ID       json.RawMessage `json:"id"`
	Requests []request       `json:"requests"`
}

type request struct {
	Method  string     `json:"method"`
	URL     string     `json:"url"`
	Headers [][]string `json:"headers"`
	content
	Response *response `json:"response"`
}

type response struct {
	Status  int        `json:"status"`
	Headers [][]string `json:"headers"`
	content
}

// content is a body in one of two forms.
type content struct {
	Body   *string `json:"body"`
	Base64 []byte  `json:"bodyBase64"`
}

func (c content) bytes() ([]byte, error) {
	switch {
	case c.Body != nil && c.Base64 != nil:
		return nil, errors.New("both body and bodyBase64 are given")
	case c.Body != nil:
		return []byte(*c.Body), nil
	}
	return c.Base64, nil
}

// errEmpty is a line without anything on it.
var errEmpty = errors.New("empty line")

// parse reads a line. Its errors quote nothing but unknown keys: a recording
// may hold secrets.
func parse(line []byte) (json.RawMessage, []*exchange.Exchange, error) {
	line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(line)) == 0 {
		return nil, nil, errEmpty
	}
	var rec recording
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&rec); err != nil {
		return nil, nil, explain(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, nil, errors.New("something follows the JSON object")
	}
	if err := checkID(rec.ID); err != nil {
		return nil, nil, err
	}
	if rec.Requests == nil {
		return nil, nil, errors.New("no requests")
	}
	out := make([]*exchange.Exchange, len(rec.Requests))
	for i, r := range rec.Requests {
		x, err := r.exchange()
		if err != nil {
			return nil, nil, fmt.Errorf("requests[%d]: %w", i, err)
		}
		out[i] = x
	}
	return rec.ID, out, nil
}

func checkID(id json.RawMessage) error {
	switch {
	case len(id) == 0 || string(id) == "null":
		return errors.New("no id")
	case id[0] == '"', id[0] == '-', id[0] >= '0' && id[0] <= '9':
		return nil
	}
	return errors.New("id: want a string or a number")
}

func (r request) exchange() (*exchange.Exchange, error) {
	switch {
	case r.Method == "":
		return nil, errors.New("no method")
	case r.Response == nil:
		return nil, errors.New("no response")
	case r.Response.Status < 100 || r.Response.Status > 999:
		return nil, errors.New("response: want a status of three digits")
	}
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return nil, errors.New("url: want an address that begins with http:// or https://")
	}
	x := exchange.Exchange{Method: r.Method, URL: u, Status: r.Response.Status}
	if x.RequestHeader, err = header(r.Headers); err != nil {
		return nil, err
	}
	if x.RequestBody, err = r.bytes(); err != nil {
		return nil, err
	}
	if x.Header, err = header(r.Response.Headers); err != nil {
		return nil, fmt.Errorf("response: %w", err)
	}
	if x.Body, err = r.Response.bytes(); err != nil {
		return nil, fmt.Errorf("response: %w", err)
	}
	return exchange.New(x), nil
}

func header(list [][]string) (exchange.Header, error) {
	out := make(exchange.Header, len(list))
	for i, pair := range list {
		if len(pair) != 2 || pair[0] == "" {
			return nil, fmt.Errorf("headers[%d]: want [name, value]", i)
		}
		out[i] = exchange.Field{Name: pair[0], Value: pair[1]}
	}
	return out, nil
}

// explain rewrites what encoding/json says.
func explain(err error) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	var encoding base64.CorruptInputError
	if key, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return errors.New("unknown key " + key)
	}
	switch {
	case errors.As(err, &kind) && kind.Field == "":
		return errors.New("want a JSON object")
	case errors.As(err, &kind):
		return fmt.Errorf("%s: a JSON %s is not what belongs there", kind.Field, kind.Value)
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON, from byte %d on", syntax.Offset)
	case errors.As(err, &encoding):
		return errors.New("bodyBase64: not base64")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("not JSON: it ends too early")
	}
	return errors.New("not JSON, or not of the form that is wanted")
}
