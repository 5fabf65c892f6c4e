package verify

import (
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNew(t *testing.T) {
	for base, want := range map[string]string{
		"https://github.example.com/api/v3/": "", "https://127.0.0.1:8443": "",
		"http://github.example.com": "https address", "https://": "https address", "github.example.com": "https address", "https://u:p@x": "https address",
		"https://x/?a=b": "https address", "https://x/#a": "https address", "https://x\n": "https address", "": "https address",
	} {
		_, err := New(Options{Endpoints: map[string]string{"github": base}})
		if got := ""; err != nil {
			got = err.Error()
			if want == "" || !strings.Contains(got, want) || strings.Contains(got, "u:p") {
				t.Errorf("%q: %s", base, got)
			}
		} else if want != "" {
			t.Errorf("%q is taken", base)
		}
	}
	_, err := New(Options{Endpoints: map[string]string{"githup": "https://x"}})
	if want := `no provider is called "githup"; did you mean "github"?`; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// TestAServerOfOnesOwn: a path of the base stays, and the host is told.
func TestAServerOfOnesOwn(t *testing.T) {
	s := newStandIn(t, accepts)
	v := s.verifier(t, Options{Endpoints: map[string]string{"github": "https://github.example.com/api/v3/"}})
	o := v.Check(t.Context(), "github-pat", gitHubPAT(700), "")
	want := Outcome{Active, "github.example.com accepts it", "https://github.example.com/api/v3/user"}
	if o != want || s.seen[0].Host != "github.example.com" || s.seen[0].URL.Path != "/api/v3/user" {
		t.Errorf("outcome %+v, asked %s%s", o, s.seen[0].Host, s.seen[0].URL)
	}
}

func TestWithoutACheck(t *testing.T) {
	v, err := New(Options{Transport: failing{os.ErrClosed}})
	if err != nil {
		t.Fatal(err)
	}
	reasons := withoutCheck()
	reasons["a-rule-of-ones-own"] = "there is no check for secrets of this rule"
	for rule, want := range reasons {
		if got := v.Check(t.Context(), rule, "x", ""); v.Supports(rule) || got != (Outcome{Reason: want}) {
			t.Errorf("%s: %+v", rule, got)
		}
	}
}

func TestResultNames(t *testing.T) {
	if got := []string{Unknown.String(), Active.String(), Inactive.String(), Result(9).String()}; !slices.Equal(got, []string{"unknown", "active", "inactive", "unknown"}) {
		t.Errorf("got %v", got)
	}
}

// TestTable: addresses are fixed, over https, and no secret is in a host.
func TestTable(t *testing.T) {
	tested := map[string]bool{"aws-access-token": true, "github-oauth": true, "slack-user-token": true, "slack-legacy-bot-token": true, "slack-legacy-token": true,
		"slack-legacy-workspace-token": true, "digitalocean-access-token": true, "huggingface-organization-api-token": true} // the last seven share a row with one that is tested
	for _, p := range documented() {
		tested[p.rule] = true
	}
	for _, c := range table() {
		u, err := url.Parse(c.base)
		if err != nil || u.Scheme != "https" || u.Path != "" || u.Port() != "" || !regexp.MustCompile(`^[a-z.]+\.[a-z]+$`).MatchString(u.Host) {
			t.Errorf("%s: base %q", c.provider, c.base)
		}
		if !strings.HasPrefix(c.path, "/") || c.auth == nil && c.sign == nil && !strings.Contains(c.path, placeholder) || len(c.answers) == 0 {
			t.Errorf("%s: row %+v", c.provider, c)
		}
		for _, rule := range c.rules {
			if !tested[rule] {
				t.Errorf("%s has no test", rule)
			}
			if withoutCheck()[rule] != "" {
				t.Errorf("%s has a check and a reason for having none", rule)
			}
		}
		for _, a := range c.answers {
			if a.result == Unknown && a.reason == "" {
				t.Errorf("%s: an answer that settles nothing needs a reason", c.path)
			}
		}
	}
}

// TestDocumentation: the page lists what is asked, of whom, and for which rules: all of it and nothing else.
func TestDocumentation(t *testing.T) {
	b, err := os.ReadFile("../../../docs/secrets-verification.md")
	if err != nil {
		t.Fatal(err)
	}
	cell := regexp.MustCompile("`([^`]+)`")
	var have, want []string
	for line := range strings.Lines(string(b)) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !strings.Contains(cells[3], "https://") {
			continue
		}
		ask, rules := cell.FindStringSubmatch(cells[3]), []string{}
		for _, m := range cell.FindAllStringSubmatch(cells[2], -1) {
			rules = append(rules, m[1])
		}
		name := cell.FindStringSubmatch(cells[1])
		if ask == nil || name == nil {
			t.Fatalf("row %q", line)
		}
		slices.Sort(rules)
		have = append(have, name[1]+" "+ask[1]+" "+strings.Join(rules, " "))
	}
	for _, c := range table() {
		slices.Sort(c.rules)
		want = append(want, c.provider+" "+c.method+" "+c.base+c.path+" "+strings.Join(c.rules, " "))
	}
	slices.Sort(have)
	slices.Sort(want)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("docs/secrets-verification.md and the table differ (-table +page):\n%s", diff)
	}
	for _, address := range Endpoints() {
		if !strings.Contains(string(b), address+"`") {
			t.Errorf("%s is not on the page", address)
		}
	}
	for rule := range withoutCheck() {
		if !strings.Contains(string(b), "`"+rule+"`") {
			t.Errorf("the page does not say why %s has no check", rule)
		}
	}
}
