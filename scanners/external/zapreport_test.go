package external

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/dast/alert"
	"github.com/scangate/scangate/scanners/dast/rule"
)

func zapTestScan(t testing.TB, rules string) zapScan {
	t.Helper()
	known := map[int]*rule.Rule{}
	for _, id := range []int{10010, 10020, 10036, 10055, 10062, 10105} {
		known[id] = &rule.Rule{ID: id, Name: "Own name", Text: "Own text.", Fix: "Own remedy.", References: []string{"https://example.org/own"}, CWE: 1, WASC: 2}
	}
	return zapScan{target: must(zapTarget(zapTestTarget))(t), rules: rules, minutes: 1, known: known}
}

// The format is the documented one: see testdata/README.md.
func TestZAPReads(t *testing.T) {
	const rules = "10036\tIGNORE\t(Server)\tour version is public\n10055\tFAIL\n10109\tINFO\n*\tOUTOFSCOPE\t.*/old/.*\n"
	tr := tree(t, map[string]string{".zap/rules.tsv": rules})
	s := zapTestScan(t, ".zap/rules.tsv")
	data := recorded(t, "zap/report.json", func() []byte { return nil })
	r, err := read(t, s.tool(), tr, Unit{Dir: "."}, data)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.findings {
		got = append(got, fmt.Sprintf("%s %s %s | %s | %s | %v", f.Location.Path, f.Severity, f.Key, f.Message, f.Fix, f.Suppressions))
		if !f.KeyOnly || f.SeveritySource == "" {
			t.Errorf("%+v", f)
		}
	}
	want := []string{
		"dast/localhost low 10036-2 GET /  | Server Leaks Version Information via \"Server\" HTTP Response Header Field; GET http://localhost:8080/; seen: nginx/1.18.0 | Own remedy. | [{.zap/rules.tsv:1 our version is public false false}]",
		"dast/localhost info 10109 GET /  | Modern Web Application; GET http://localhost:8080/ | This is an informational alert & no changes are required. | []",
		"dast/localhost/account/1 low 10010 GET /account/{n} session | Own name; GET http://localhost:8080/account/1 and 1 more page; session; seen: Set-Cookie: session | Own remedy. | []",
		"dast/localhost/login medium 10020-1 GET /login x-frame-options | Missing Anti-clickjacking Header; GET http://localhost:8080/login; x-frame-options | Own remedy. | []",
		"dast/localhost/login high 10055-4 GET /login Content-Security-Policy | CSP: Wildcard Directive; GET http://localhost:8080/login?next=…; Content-Security-Policy; seen: default-src * | Own remedy. | []",
		"dast/localhost/pay high 10062 GET /pay  | Own name; GET http://localhost:8080/pay | Own remedy. | []",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if r.version != "2.17.0" || r.looked.URLs != 7 {
		t.Errorf("version %s, looked at %+v", r.version, r.looked)
	}
	wantNotes := []finding.Note{{Level: finding.Information, Message: "3 alerts about other addresses than http://localhost:8080 left out"}}
	if d := cmp.Diff(wantNotes, r.notes); d != "" {
		t.Error(d)
	}
	wantRule := finding.Rule{ID: "10109", Title: "Modern Web Application", Description: "The application appears to be a modern web application.\nUse the Client Spider.",
		Help: "This is an informational alert & no changes are required.", Severity: finding.Info, Precision: "medium"}
	if d := cmp.Diff(wantRule, r.rules["10109"]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"https://example.org/own"}, r.rules["10020-1"].References); d != "" {
		t.Error(d)
	}
	shown, err := json.Marshal(r.findings)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hunter", "4111", "0a1b2c3d", "alert(1)", "http://evil"} {
		if strings.Contains(string(shown), secret) || strings.Contains(fmt.Sprint(r.rules), secret) {
			t.Errorf("%s is shown: %s", secret, shown)
		}
	}
	for cut := 0; cut < len(strings.TrimSpace(data)); cut += 7 {
		if _, err := read(t, s.tool(), tr, Unit{Dir: "."}, data[:cut]); err == nil {
			t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
		}
	}
}

// zapJSON is a report of one site and what ZAP counted there.
func zapJSON(insights, alerts string) string {
	return `{"@programName":"ZAP","@version":"2.17.0","insights":[` + insights + `],"site":[{"@name":"http://localhost:8080","alerts":[` + alerts + `]}]}`
}

const (
	zapCounted = `{"site":"http://localhost:8080","key":"insight.endpoint.total","statistic":"3"},{"site":"http://localhost:8080","key":"insight.code.2xx","statistic":"90"}`
	zapOne     = `{"pluginid":"10020","alertRef":"10020-1","name":"n","riskcode":"2","confidence":"2","instances":[{"uri":"http://localhost:8080/","method":"GET"}]}`
)

func TestZAPDoubts(t *testing.T) {
	tr, s := tree(t, nil), zapTestScan(t, "")
	tool := s.tool()
	swap := func(old, now string) string { return zapJSON(zapCounted, strings.Replace(zapOne, old, now, 1)) }
	for name, c := range map[string]struct{ data, want string }{
		"nothing":              {"", "empty"},
		"not JSON":             {"ZAP is up", "no JSON"},
		"null":                 {"null", "want an object"},
		"a list":               {"[]", "want an object"},
		"another report":       {`{"runs":[]}`, "no report of ZAP"},
		"no version":           {`{"site":[]}`, "no report of ZAP"},
		"sites of another":     {`{"@version":"1","site":{}}`, "site: want a list"},
		"a site without":       {`{"@version":"1","site":[{"@name":"http://localhost:8080"}]}`, "without a list of alerts"},
		"something behind it":  {zapJSON(zapCounted, "") + "]", "JSON"},
		"no sites":             {`{"@version":"2.17.0","site":[]}`, "no page of http://localhost:8080/ was seen"},
		"another site":         {zapJSON(strings.ReplaceAll(zapCounted, "localhost", "example.invalid"), ""), "no page"},
		"no counts":            {zapJSON("", ""), "no page"},
		"counted nothing":      {zapJSON(strings.Replace(zapCounted, `"3"`, `"0"`, 1), ""), "no page"},
		"only errors":          {zapJSON(strings.Replace(zapCounted, "2xx", "5xx", 1), zapOne), "errors or redirects only"},
		"a count of words":     {zapJSON(strings.Replace(zapCounted, `"3"`, `"many"`, 1), ""), "number"},
		"no rule":              {swap(`"pluginid":"10020",`, ""), "lacks its rule"},
		"a rule of words":      {swap(`"10020"`, `"x"`), "number"},
		"a huge rule":          {swap(`"10020"`, `"99999999999999999999"`), "number"},
		"no risk":              {swap(`"riskcode":"2",`, ""), "lacks"},
		"another risk":         {swap(`"riskcode":"2"`, `"riskcode":"7"`), "does not have"},
		"another confidence":   {swap(`"confidence":"2"`, `"confidence":"-1"`), "does not have"},
		"no instances":         {swap(`,"instances":`, `,"others":`), "lacks"},
		"instances of another": {swap(`[{"uri"`, `["x",{"uri"`), "instances"},
		"an object as a name":  {swap(`"name":"n"`, `"name":{}`), "name"},
	} {
		if _, err := read(t, tool, tr, Unit{Dir: "."}, c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		data, stdout string
		exit         int
		want, note   string
		urls         int
	}{
		"clean":               {zapJSON(zapCounted, ""), "", 0, "", "", 3},
		"seen by an alert":    {zapJSON("", zapOne), "", 0, "", "", 1},
		"printed":             {zapJSON("", ""), "Job spider started\nJob spider found 1,234 URLs\n", 0, "", "", 1234},
		"printed, other site": {strings.ReplaceAll(zapJSON("", ""), "8080", "8081"), "Job spider found 12 URLs\n", 0, "no page", "", 0},
		"printed nothing":     {zapJSON("", ""), "Job spider found 0 URLs\n", 0, "no page", "", 0},
		"an error page":       {zapJSON("", zapOne), "Job spider error accessing URL http://localhost:8080/ status code returned : 503 expected 200\n", 2, "errors or redirects only", "", 1},
		"an error among all":  {zapJSON(zapCounted, zapOne), "Job spider error accessing URL http://localhost:8080/ status code returned : 404 expected 200\n", 2, "", "the first page of http://localhost:8080/ has status 404", 3},
		"warned":              {zapJSON(zapCounted, zapOne), "Automation plan warnings:\n\tsomething\n", 2, "", "ZAP's plan ended with warnings", 3},
		"no confidence":       {swap(`"confidence":"2"`, `"confidence":"0"`), "", 0, "", "", 3},
		"numbers":             {swap(`"riskcode":"2"`, `"riskcode":2`), "", 0, "", "", 3},
	} {
		r := newReading(tr, Unit{Dir: "."})
		err := tool.Read(Output{Data: []byte(c.data), Stdout: []byte(c.stdout), Exit: c.exit}, r)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || r.looked.URLs != c.urls || c.note != "" && (len(r.notes) != 1 || r.notes[0].Message != c.note) || c.note == "" && len(r.notes) > 0 {
			t.Errorf("%s: %v, %+v, %+v", name, err, r.looked, r.notes)
		}
	}
}

// What the report says comes from the scanned application, and from whoever
// can make ZAP write.
func TestZAPIsNotTrusted(t *testing.T) {
	tr, s := tree(t, nil), zapTestScan(t, "")
	instance := func(body string) string {
		return zapJSON(zapCounted, `{"pluginid":"10036","alertRef":"10036","name":"n","riskcode":"1","confidence":"3","instances":[{"uri":"http://localhost:8080/a","method":"GET",`+body+`}]}`)
	}
	for name, c := range map[string]struct{ data, want string }{
		"a command":          {instance(`"evidence":"::error::x\n##[group]"`), "Own name; GET http://localhost:8080/a; seen: error::x # [group]"},
		"credentials":        {instance(`"evidence":"see https://u:hunter2@example.org/?key=hunter2"`), "Own name; GET http://localhost:8080/a; seen: see https://…@example.org/?key=…"},
		"a cookie":           {instance(`"evidence":"Set-Cookie: a=hunter2; b=hunter2"`), "Own name; GET http://localhost:8080/a; seen: Set-Cookie: …"},
		"a header":           {instance(`"evidence":"authorization: Basic hunter2"`), "Own name; GET http://localhost:8080/a; seen: authorization: …"},
		"a parameter":        {instance(`"param":"https://x.example/?key=hunter2"`), "Own name; GET http://localhost:8080/a; https://x.example/?key=…"},
		"a method":           {instance(`"method":"get /x"`), "Own name; http://localhost:8080/a"},
		"a session":          {strings.Replace(instance(`"param":""`), "/a", "/a;jsessionid=hunter2", 1), "Own name; GET http://localhost:8080/a;jsessionid="},
		"a login":            {strings.Replace(instance(`"param":""`), "//localhost:8080/a", "//u:hunter2@localhost:8080/a", 1), "Own name; GET http://localhost:8080/a"},
		"an unknown rule":    {strings.ReplaceAll(instance(`"evidence":"hunter2"`), "10036", "40012"), "n; GET http://localhost:8080/a"},
		"a rule of a script": {strings.Replace(strings.ReplaceAll(instance(`"param":""`), "10036", "-1"), `"n"`, `"<b>n</b>::"`, 1), "n::; GET http://localhost:8080/a"},
	} {
		r, err := read(t, s.tool(), tr, Unit{Dir: "."}, c.data)
		if err != nil || len(r.findings) != 1 || r.findings[0].Message != c.want {
			t.Errorf("%s: %v %+v", name, err, r.findings)
			continue
		}
		if strings.Contains(fmt.Sprintf("%+v", r.findings), "hunter2") {
			t.Errorf("%s: a secret is shown", name)
		}
	}
	for _, other := range []string{
		"https://localhost:8080/", "http://localhost:8081/", "http://localhost/", "http://localhost:8080.evil.example/", "http://localhost:8080@evil.example/",
		"//localhost:8080/", "javascript:alert(1)", "", "http://[::1/", "file:///etc/passwd",
	} {
		r, err := read(t, s.tool(), tr, Unit{Dir: "."}, zapJSON(zapCounted, strings.Replace(zapOne, "http://localhost:8080/", other, 1)))
		if err != nil || len(r.findings) != 0 || len(r.notes) != 1 {
			t.Errorf("%s: %v %+v", other, err, r.findings)
		}
	}
	many := strings.Repeat(`{"uri":"http://localhost:8080/x","method":"GET"},`, maxResults)
	r, err := read(t, s.tool(), tr, Unit{Dir: "."}, zapJSON(zapCounted, strings.Replace(zapOne, `"instances":[`, `"instances":[`+many, 1)))
	if err != nil || len(r.findings) != 1 || len(r.notes) != 1 || r.notes[0].Level != finding.Gap {
		t.Errorf("%v, %d findings, %+v", err, len(r.findings), r.notes)
	}
}

// What the embedded engine says of the same application is the same finding.
func TestZAPAndTheEmbeddedEngineAgree(t *testing.T) {
	tr, s := tree(t, map[string]string{"r.tsv": ""}), zapTestScan(t, "r.tsv")
	r, err := read(t, s.tool(), tr, Unit{Dir: "."}, recorded(t, "zap/report.json", func() []byte { return nil }))
	if err != nil {
		t.Fatal(err)
	}
	var g alert.Groups
	for _, a := range []alert.Alert{
		{Ref: "10020-1", Param: "x-frame-options", URL: &url.URL{Scheme: "http", Host: "localhost:8080", Path: "/login"}},
		{Ref: "10036-2", URL: &url.URL{Scheme: "http", Host: "localhost:8080", Path: "/"}},
		{Ref: "10010", Param: "session", URL: &url.URL{Scheme: "http", Host: "localhost:8080", Path: "/account/77"}},
		{Ref: "10055-4", Param: "Content-Security-Policy", URL: &url.URL{Scheme: "http", Host: "localhost:8080", Path: "/login", RawQuery: "next=a"}},
	} {
		a.Method = "GET"
		g.Add(a)
	}
	own, _ := g.Findings()
	results := finding.Results{Runs: []finding.Run{{Scanner: "dast", Target: s.target.String(), Findings: own}, {Scanner: "zap", Target: s.tool().Target, Findings: r.findings}}}
	for i := range results.Runs {
		for j := range results.Runs[i].Findings {
			f := &results.Runs[i].Findings[j]
			f.Fingerprint = finding.FingerprintOf(results.Runs[i].Scanner, *f)
		}
	}
	finding.MarkSame(&results)
	for _, f := range results.Runs[0].Findings {
		if len(f.Witnesses) != 1 {
			t.Errorf("ZAP does not see %s", f.Key)
		}
	}
}

func TestZAPText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                       "",
		"plain & simple":                         "plain & simple",
		"<p>one</p><p>two &lt;script&gt;</p>":    "one\ntwo <script>",
		"&lt;p&gt;one&lt;/p&gt;&lt;p&gt;2":       "one\n2",
		"<p>a<script>alert(1)</script>b</p>":     "ab",
		"<p>a<style>x</style><b>c</b><!-- d -->": "ac",
		"<p>broken <a href=":                     "broken",
		"<p>nul \x00 and \x1b[31m</p>":           "nul  and [31m",
	} {
		if got := zapText(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	if got := zapText("<p>" + strings.Repeat("<", 10*maxMarkup)); len(got) > maxText+10 {
		t.Errorf("%d bytes", len(got))
	}
}
