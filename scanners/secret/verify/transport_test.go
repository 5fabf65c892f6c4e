package verify

import (
	"crypto/tls"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// TestConnections: one for each request, which asks for no compression.
func TestConnections(t *testing.T) {
	s := newStandIn(t, accepts)
	v := s.verifier(t, Options{})
	for i := range 3 {
		if o := v.Check(t.Context(), "github-pat", gitHubPAT(uint64(800+i)), ""); o.Result != Active {
			t.Errorf("outcome %+v", o)
		}
	}
	if len(s.dialed) != 3 {
		t.Errorf("%d connections for three requests", len(s.dialed))
	}
	for _, r := range s.seen {
		if got := r.Header.Get("Accept-Encoding"); got != "" {
			t.Errorf("asks for %s", got)
		}
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	for version, want := range map[uint16]int{tls.VersionTLS11: 0, tls.VersionTLS12: 1} {
		s := newStandIn(t, accepts)
		s.TLS.NextProtos, s.TLS.MinVersion, s.TLS.MaxVersion = []string{"http/1.1"}, tls.VersionTLS10, version
		if o := s.verifier(t, Options{}).Check(t.Context(), "github-pat", gitHubPAT(810), ""); s.requests() != want {
			t.Errorf("%s: outcome %+v after %d requests", tls.VersionName(version), o, s.requests())
		}
	}
}

func TestTheProxyIsTheEnvironments(t *testing.T) {
	got := reflect.ValueOf(newTransport().(*http.Transport).Proxy).Pointer()
	if got != reflect.ValueOf(http.ProxyFromEnvironment).Pointer() {
		t.Error("another proxy is used")
	}
}

// endless counts what is read of it.
type endless struct {
	read   int
	closed bool
}

func (e *endless) Read(b []byte) (int, error) {
	e.read += len(b)
	return len(b), nil
}

func (e *endless) Close() error {
	e.closed = true
	return nil
}

type answering struct{ body io.ReadCloser }

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: a.body, Request: r}, nil
}

func TestNoMoreIsReadThanIsKept(t *testing.T) {
	body := &endless{}
	v, err := New(Options{Transport: answering{body}})
	if err != nil {
		t.Fatal(err)
	}
	o := v.Check(t.Context(), "github-pat", gitHubPAT(811), "")
	if o.Reason != "the answer of api.github.com (status 200) is longer than 64 KiB" || body.read > maxBody+1 || !body.closed {
		t.Errorf("outcome %+v, %d bytes read, closed: %v", o, body.read, body.closed)
	}
}

// TestAnswersOfAnySize: what just fits is read.
func TestAnswersOfAnySize(t *testing.T) {
	for size, want := range map[int]Result{maxBody: Active, maxBody + 1: Unknown} {
		body := `{"login":"x","a":""}`
		body = strings.Replace(body, `""`, `"`+strings.Repeat("y", size-len(body))+`"`, 1)
		v, err := New(Options{Transport: answering{io.NopCloser(strings.NewReader(body))}})
		if err != nil {
			t.Fatal(err)
		}
		if o := v.Check(t.Context(), "github-pat", gitHubPAT(812), ""); len(body) != size || o.Result != want {
			t.Errorf("%d bytes: %+v", len(body), o)
		}
	}
}

func TestDepth(t *testing.T) {
	for depth, want := range map[int]bool{maxDepth: true, maxDepth + 1: false, 1 << 14: false} {
		in := strings.Repeat(`{"a":[`, depth/2) + strings.Repeat("[]", depth%2) + strings.Repeat("]}", depth/2)
		if got := parse([]byte(in), false).tree != nil; got != want {
			t.Errorf("depth %d: read %v, want %v", depth, got, want)
		}
	}
}
