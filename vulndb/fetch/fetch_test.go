package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPersist(t *testing.T) {
	cut := NetworkError{io.ErrUnexpectedEOF}
	for name, tt := range map[string]struct {
		gains  bool
		errs   []error // of the tries, in turn; then it works
		tries  int
		pauses int
		fails  bool
	}{
		"at once":         {tries: 1},
		"the third time":  {errs: []error{StatusError{Status: 500}, cut}, tries: 3, pauses: 2},
		"never":           {errs: []error{cut, cut, cut, cut}, tries: 3, pauses: 2, fails: true},
		"not found":       {errs: []error{StatusError{Status: 404}}, tries: 1, fails: true},
		"a short wait":    {errs: []error{StatusError{Status: 429, After: time.Second}}, tries: 2, pauses: 1},
		"a long wait":     {errs: []error{StatusError{Status: 429, After: time.Minute}}, tries: 1, fails: true},
		"bit by bit":      {gains: true, errs: []error{cut, cut, cut, cut}, tries: 5, pauses: 4},
		"never to an end": {gains: true, errs: slowly(cut), tries: maxTriesInAll, pauses: maxTriesInAll, fails: true},
	} {
		tries, pauses := 0, 0
		err := Persist(t.Context(), func(_ context.Context, d time.Duration) error {
			if pauses++; d < FirstPause/2 {
				t.Errorf("%s: a pause of %s", name, d)
			}
			return nil
		}, func() (bool, error) {
			if tries++; tries <= len(tt.errs) {
				return tt.gains, tt.errs[tries-1]
			}
			return false, nil
		})
		if (err != nil) != tt.fails || tries != tt.tries || pauses != tt.pauses {
			t.Errorf("%s: %v after %d tries and %d pauses", name, err, tries, pauses)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := Persist(ctx, nil, func() (bool, error) { cancel(); return false, cut }); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cancelled: %v", err)
	}
	if err := Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func slowly(err error) (out []error) {
	for range maxTriesInAll + 1 {
		out = append(out, err)
	}
	return out
}

// TestClassify: nothing of an address or of what a server says is passed on.
func TestClassify(t *testing.T) {
	inURL := func(err error) error { return &url.Error{Op: "Get", URL: "https://example.com/?token=abc", Err: err} }
	type answer struct {
		Text      string
		Temporary bool
	}
	for _, tt := range []struct {
		err  error
		want answer
	}{
		{inURL(&net.DNSError{IsNotFound: true, Name: "example.com"}), answer{"its name cannot be resolved", false}},
		{inURL(&tls.CertificateVerificationError{Err: errors.New("x")}), answer{"its TLS certificate cannot be trusted", false}},
		{inURL(inURL(io.ErrUnexpectedEOF)), answer{"unexpected EOF", true}},
		{inURL(&net.OpError{Op: "dial", Err: errors.New("connection refused")}), answer{"connection refused", true}},
		{errors.New("Set-Cookie: abc"), answer{"the connection was cut, or the answer cannot be understood", true}},
	} {
		got := Classify(t.Context(), tt.err)
		if d := cmp.Diff(tt.want, answer{got.Error(), Temporary(got)}); d != "" {
			t.Error(d)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if err := Classify(ctx, inURL(io.EOF)); err.Error() != "enough" {
		t.Error(err)
	}
	for status, want := range map[int]answer{
		429: {"blob: too many requests (HTTP 429)", true}, 403: {"blob: access denied (HTTP 403)", false}, 408: {"blob: HTTP 408", true},
		500: {"blob: HTTP 500", true}, 404: {"blob: HTTP 404", false},
	} {
		err := StatusError{What: "blob", Status: status}
		if d := cmp.Diff(want, answer{err.Error(), Temporary(err)}); d != "" {
			t.Error(d)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, "-5": 0, "soon": 0, "99999999999": 0, now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		if got := RetryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: %s", value, got)
		}
	}
}
