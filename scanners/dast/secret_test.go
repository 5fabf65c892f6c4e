package dast

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/sarif"
)

// canary is what must not be seen anywhere.
const canary = "canary/4f1Aq=="

const signedIn = "robots: ignore, headers: [{name: X-Token, from: TOKEN}, {name: Authorization, from: AUTH}], cookies: [{name: sid, from: SID}]"

var secrets = map[string]string{"TOKEN": canary + "token", "AUTH": "Bearer " + canary + "auth", "SID": "canary-cookie-1"}

// leaky repeats what it is sent wherever rules and the crawler look.
func leaky(t *testing.T) *site {
	other := newSite(t, nil)
	other.html("/{$}", "x")
	other.mux.HandleFunc("/{any}", func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s", r.URL) })
	s := newSite(t, nil)
	s.mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("sid")
		if err != nil || r.Header.Get("X-Token") != secrets["TOKEN"] || r.Header.Get("Authorization") != secrets["AUTH"] {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		h := w.Header()
		for _, v := range []string{r.Header.Get("X-Token"), r.Header.Get("Authorization"), cookie.Value} {
			h.Add("Server", "web/1.2 "+v)
			h.Add("X-Powered-By", v)
			h.Add("X-Debug-Token", v)
			h.Add("Set-Cookie", "back="+v)
			h.Add("Link", "</link/"+v+">; rel=next")
			h.Set("Content-Security-Policy", "default-src "+v)
			h.Set("Content-Type", "text/html")
			page := `<a href="/go?x=` + v + `">a</a><a href="` + other.URL + "/" + v + `">b</a><script src="https://cdn.example/` + v + `.js?` + v + `"></script>` +
				`<a target=_blank rel=opener href="https://other.example/` + v + `">t</a>` +
				`<form method=post action="/` + v + `"><input name="` + v + `"></form> at Object.` + v + ` (/srv/app.js:1:2) 10.0.0.1 Warning: mysql_connect() ` + v
			w.Write([]byte(page + strings.ReplaceAll(page, "/4f", `\/4f`)))
		}
	})
	s.mux.HandleFunc("/go", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/?"+r.Header.Get("X-Token"), http.StatusFound)
	})
	return s
}

// The values of headers and cookies are sent to the target, and stand in
// nothing that comes of the scan. What does is fit for code scanning.
func TestSecretsAreSentAndNeverShown(t *testing.T) {
	s := leaky(t)
	runs := bench{env: secrets}.scan(t, t.Context(), signedIn+", targets: ['"+s.URL+"']")
	if runs[0].Status != finding.Completed || len(runs[0].Findings) < 10 {
		t.Fatalf("%s", short(runs[0]))
	}
	res := finding.Results{Tool: finding.Engine{Name: "scangate"}, Runs: runs}
	finding.MarkSame(&res)
	rep := report.Report{Results: res, Verdict: policy.Policy{Facts: policy.Facts{Now: time.Now()}}.Judge(res)}
	for _, f := range report.Formats() {
		var out bytes.Buffer
		if err := f.Write(&out, rep); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"canary", "4f1Aq"} {
			if at := strings.Index(out.String(), secret); at >= 0 {
				t.Errorf("%s: …%s", f.Name, out.String()[max(0, at-200):min(out.Len(), at+50)])
			}
		}
		if !strings.HasPrefix(f.Name, "sarif") {
			continue
		}
		problems, err := sarif.Lint(&out)
		if err != nil || len(problems) > 0 {
			t.Errorf("%s: %v %v", f.Name, err, problems)
		}
	}
	prints := map[string]string{}
	for _, f := range runs[0].Findings {
		if other, ok := prints[f.Fingerprint]; ok || f.Location.Path != "c.yaml" {
			t.Errorf("%s and %s are one to code scanning", other, f.Key)
		}
		prints[f.Fingerprint] = f.Key
	}
}

// A variable that is not set fails this scan and no other one.
func TestUnsetVariable(t *testing.T) {
	s := newSite(t, map[string]string{"/": "x"})
	other := bench{targets: []string{s.URL}}
	all, _, err := other.make(t, "robots: ignore")
	if err != nil {
		t.Fatal(err)
	}
	runs := bench{targets: []string{s.URL}}.scan(t, t.Context(), signedIn, all[0])
	if runs[0].Status != finding.Failed || !strings.Contains(runs[0].Reason, "headers: X-Token: the environment variable TOKEN is not set") || runs[1].Status != finding.Completed {
		t.Errorf("%s %s", short(runs[0]), short(runs[1]))
	}
	broken := map[string]string{"TOKEN": "x\ny" + canary, "AUTH": "a", "SID": "b"}
	r := bench{targets: []string{s.URL}, env: broken}.one(t, signedIn)
	if r.Status != finding.Failed || !strings.Contains(r.Reason, "the value of the header X-Token cannot be sent") || strings.Contains(r.Reason, "canary") {
		t.Errorf("%s", short(r))
	}
}

// What the program prints of a secret is in its log, and not in an error.
func TestSecretsInTheLog(t *testing.T) {
	t.Setenv(helperName, "1")
	r := bench{env: secrets}.one(t, signedIn+", targets: ['http://ADDRESS'], start: [EXE, ADDRESS, dies]")
	if r.Status == finding.Completed || strings.Contains(asJSON(t, r), "canary") {
		t.Errorf("%s", asJSON(t, r))
	}
	wantLine(t, r, "gap", "the program ended before the scan did", "panic: header is [redacted]")
}

// fill puts the test binary, and an address where nobody listens, into a
// section.
func fill(t testing.TB, section string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("EXE", exe, "ADDRESS", freeAddress(t)).Replace(section)
}
