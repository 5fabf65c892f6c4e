package secret

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/secret/verify"
	"github.com/zricethezav/gitleaks/v8/report"
)

// TestVerify: what works is critical and says so, what is rejected stays as it
// was, and what is open is a note. Nobody is asked unless that is wanted.
func TestVerify(t *testing.T) {
	var asked atomic.Int32
	status, body := 0, ""
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("Authorization") == "" {
			t.Error("asked without the secret")
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	defer s.Close()
	w := newWorld(t)
	w.put("a.txt", "token = "+githubPAT+"\n")
	w.write("b.txt", "again = "+githubPAT+"\n")
	w.write("c.txt", "key = "+awsKey+"\n")
	for _, tt := range []struct {
		name            string
		status          int
		body            string
		verify, offline bool
		message, note   string
		asked           int32
	}{
		{"works", 200, `{"login": "octocat", "id": 1}`, true, false, "It works: ", "1 secret: whether they still work is not known", 1},
		{"rejected", 401, `{"message": "Bad credentials"}`, true, false, "It does not work any more", "1 secret", 1},
		{"no answer", 503, "", true, false, "", "secret: whether they still work is not known", 2},
		{"not wanted", 200, `{"login": "octocat", "id": 1}`, false, false, "", "", 0},
		{"offline", 200, `{"login": "octocat", "id": 1}`, true, true, "", "nobody was asked", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked.Store(0)
			status, body = tt.status, tt.body
			v, err := verify.New(verify.Options{Transport: s.Client().Transport, Endpoints: map[string]string{"github": s.URL}, Limit: verify.Limit{Every: 1}})
			if err != nil {
				t.Fatal(err)
			}
			r, err := scan(t.Context(), t, newScanner(t, Options{Verify: tt.verify, Offline: tt.offline, Verifier: v, CacheDir: t.TempDir()}), w.dir, 2)
			if err != nil {
				t.Fatal(err)
			}
			noSecrets(t, r)
			var message string
			for _, f := range r.Findings {
				if f.RuleID == "github-pat" {
					message = f.Message
					if f.Severity != finding.Critical {
						t.Errorf("severity %s", f.Severity)
					}
				}
			}
			if message == "" || tt.message == "" && (strings.Contains(message, "works") || strings.Contains(message, "work any more")) || !strings.Contains(message, tt.message) {
				t.Errorf("message %q", message)
			}
			if n := asked.Load(); n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
			if tt.note != "" && notes(r, finding.Information, tt.note) == 0 {
				t.Errorf("notes %v", r.Notes)
			}
		})
	}
}

func TestVaultIsBounded(t *testing.T) {
	v := &vault{supports: func(string) bool { return true }, held: map[string]*held{}}
	for i := range maxHeld + 5 {
		for j := range maxAround + 3 {
			h := hit{key: fmt.Sprint(i)}
			v.put(fragment{text: fmt.Sprintf("%d x-secret-x", j)}, found("x-secret-x"), h)
		}
		if i == 0 && len(v.held["0"].around) != maxAround {
			t.Fatalf("%d surroundings", len(v.held["0"].around))
		}
	}
	if len(v.held) != maxHeld || v.more == 0 {
		t.Errorf("%d held, %d more", len(v.held), v.more)
	}
}

func found(secret string) report.Finding { return report.Finding{RuleID: "r", Secret: secret} }
