package githubapi

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	commit = "1111111111111111111111111111111111111111"
	repo   = "/repos/octo/shop/code-scanning"
)

// peer asks a server.
type peer struct {
	*Server
	t   *testing.T
	url string
}

func newPeer(t *testing.T, o Options) *peer {
	t.Helper()
	o.Repository, o.Token = "octo/shop", "t"
	p := &peer{Server: New(o), t: t}
	s := httptest.NewServer(p.Server)
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

// ask returns the status and the decoded answer.
func (p *peer) ask(method, path string, body any, change ...func(*http.Request)) (int, http.Header, any) {
	p.t.Helper()
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			p.t.Fatal(err)
		}
		in = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, p.url+path, in)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer t")
	for _, c := range change {
		c(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out any
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if json.Unmarshal(data, &out) != nil {
		out = string(data)
	}
	return resp.StatusCode, resp.Header, out
}

type object = map[string]any

// location is where a result is.
func location(uri string, line int) []any {
	return []any{object{"physicalLocation": object{"artifactLocation": object{"uri": uri}, "region": object{"startLine": line}}}}
}

func makeResult(rule string, locations []any, hash string) object {
	return object{"ruleId": rule, "message": object{"text": "m"}, "locations": locations, "partialFingerprints": object{"primaryLocationLineHash": hash}}
}

func makeRun(category string, results ...any) object {
	text := object{"text": "t"}
	rule := func(id, severity string) object {
		return object{"id": id, "shortDescription": text, "fullDescription": text, "help": text, "properties": object{"security-severity": severity}}
	}
	return object{
		"tool":              object{"driver": object{"name": "scangate", "rules": []any{rule("low", "2.0"), rule("high", "8.0")}}},
		"automationDetails": object{"id": category + "/"}, "results": append([]any{}, results...),
	}
}

func file(runs ...any) object {
	return object{"$schema": "sarif-2.1.0", "version": "2.1.0", "runs": runs}
}

func packed(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return zipped(data)
}

func zipped(data []byte) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func (p *peer) upload(ref string, v any) (int, any) {
	p.t.Helper()
	status, _, out := p.ask("POST", repo+"/sarifs", object{"commit_sha": commit, "ref": ref, "sarif": packed(p.t, v)})
	return status, out
}

// TestUploadsThatAreNotTaken: each is refused with the documented status.
func TestUploadsThatAreNotTaken(t *testing.T) {
	good := func() object {
		return object{"commit_sha": commit, "ref": "refs/heads/main", "sarif": packed(t, file(makeRun("a"))), "started_at": "2026-01-01T00:00:00Z"}
	}
	for name, tt := range map[string]struct {
		change func(object)
		status int
		say    string
	}{
		"nothing wrong":          {func(object) {}, 202, ""},
		"no commit":              {func(o object) { delete(o, "commit_sha") }, 422, `"commit_sha" wasn't supplied`},
		"short commit":           {func(o object) { o["commit_sha"] = "1111111" }, 422, "not a full SHA"},
		"another commit":         {func(o object) { o["commit_sha"] = strings.Repeat("2", 40) }, 404, "commit not found"},
		"no ref":                 {func(o object) { delete(o, "ref") }, 422, `"ref" wasn't supplied`},
		"short ref":              {func(o object) { o["ref"] = "main" }, 422, "ref is not of the form"},
		"pull request by number": {func(o object) { o["ref"] = "refs/pull/7" }, 422, "ref is not of the form"},
		"unknown ref":            {func(o object) { o["ref"] = "refs/heads/other" }, 404, "ref 'refs/heads/other' not found"},
		"merge queue":            {func(o object) { o["ref"] = "refs/heads/gh-readonly-queue/main/pr-1" }, 404, "not found in this repository"},
		"no SARIF":               {func(o object) { o["sarif"] = "" }, 422, `"sarif" wasn't supplied`},
		"no base64":              {func(o object) { o["sarif"] = "{}" }, 400, "not base64"},
		"no gzip":                {func(o object) { o["sarif"] = base64.StdEncoding.EncodeToString([]byte("{}")) }, 400, "not gzip"},
		"broken gzip":            {func(o object) { s := o["sarif"].(string); o["sarif"] = s[:len(s)/8*4] }, 400, "gzip is broken"},
		"no JSON":                {func(o object) { o["sarif"] = zipped([]byte("{")) }, 400, "JSON syntax error"},
		"nanoseconds":            {func(o object) { o["started_at"] = "2026-01-01T00:00:00.5Z" }, 422, "started_at"},
		"unknown field":          {func(o object) { o["base_ref"] = "x" }, 422, "base_ref"},
		"wrong kind":             {func(o object) { o["validate"] = "yes" }, 422, "validate"},
		"too large":              {func(o object) { o["sarif"] = base64.StdEncoding.EncodeToString(make([]byte, 2000)) }, 413, "too large"},
		"far too large":          {func(o object) { o["sarif"] = strings.Repeat("A", 1<<20) }, 413, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, Options{Refs: map[string]string{"refs/heads/main": commit}, MaxGzip: 1500})
			body := good()
			tt.change(body)
			status, _, out := p.ask("POST", repo+"/sarifs", body)
			if status != tt.status || !strings.Contains(fmt.Sprint(out), tt.say) || (len(p.Uploads()) == 1) != (status == 202) {
				t.Errorf("%d %v", status, out)
			}
		})
	}
}

// TestFilesThatCannotBeProcessed: they are taken, and fail later.
func TestFilesThatCannotBeProcessed(t *testing.T) {
	fine := makeResult("high", location("a.go", 1), "1:1")
	many := func(n int, category func(int) string) []any {
		var out []any
		for i := range n {
			out = append(out, makeRun(category(i)))
		}
		return out
	}
	badRule := makeRun("a", fine)
	badRule["tool"].(object)["driver"].(object)["rules"].([]any)[0].(object)["properties"] = object{"security-severity": "high"}
	broken := makeRun("a")
	broken["invocations"] = []any{object{"executionSuccessful": false}}
	noURI := makeResult("high", []any{object{"physicalLocation": object{"artifactLocation": object{"uri": ""}}}}, "1:1")
	for name, tt := range map[string]struct {
		file object
		say  string
	}{
		"nothing wrong":        {file(makeRun("a", fine)), ""},
		"no location":          {file(makeRun("a", fine, makeResult("high", []any{}, "2:1"))), "expected at least one location"},
		"no physical location": {file(makeRun("a", makeResult("high", []any{object{}}, "2:1"))), "expected a physical location"},
		"empty address":        {file(makeRun("a", noURI)), "expected artifact location"},
		"web address":          {file(makeRun("a", makeResult("high", location("https://x.example.com/a", 1), "2:1"))), "did not match the checkout URI scheme"},
		"image":                {file(makeRun("a", makeResult("high", location("nginx:1.2", 1), "2:1"))), "did not match the checkout URI scheme"},
		"severity":             {file(badRule), "invalid security severity value, is not a number"},
		"same category":        {file(makeRun("a"), makeRun("a")), "A delivery cannot contain multiple runs with the same category"},
		"21 runs":              {file(many(21, func(i int) string { return fmt.Sprint("c", i) })...), "more runs than allowed (21 > 20)"},
		"scanner failed":       {file(broken), "unsuccessful execution"},
		"another version":      {object{"$schema": "sarif-2.1.0", "version": "2.0.0", "runs": []any{}}, "version"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, Options{Pending: 1})
			status, out := p.upload("refs/heads/main", tt.file)
			if status != 202 {
				t.Fatalf("%d %v", status, out)
			}
			id := out.(object)["id"].(string)
			_, _, first := p.ask("GET", repo+"/sarifs/"+id, nil)
			if first.(object)["processing_status"] != "pending" {
				t.Errorf("first %v", first)
			}
			_, _, then := p.ask("GET", repo+"/sarifs/"+id, nil)
			want := "failed"
			if tt.say == "" {
				want = "complete"
			}
			if got := then.(object)["processing_status"]; got != want || !strings.Contains(fmt.Sprint(then), tt.say) {
				t.Errorf("then %v", then)
			}
			if name == "scanner failed" && !strings.HasPrefix(then.(object)["errors"].([]any)[0].(string), "unsuccessful execution") {
				t.Errorf("then %v", then)
			}
		})
	}
	var results []any
	for i := range 25001 {
		results = append(results, makeResult("low", location("a.go", i+1), fmt.Sprintf("%d:1", i)))
	}
	p := newPeer(t, Options{})
	p.upload("refs/heads/main", file(makeRun("a", results...)))
	if u := p.Uploads()[0]; u.Status != "failed" || !strings.Contains(strings.Join(u.Errors, " "), "25001 results") {
		t.Errorf("%s %v", u.Status, u.Errors)
	}
}

// TestAlertsLive: they open, are dismissed, get fixed and come back.
func TestAlertsLive(t *testing.T) {
	p := newPeer(t, Options{})
	main := "refs/heads/main"
	states := func(ref string) (out []string) {
		for _, a := range p.Alerts(ref) {
			out = append(out, a.State)
		}
		return out
	}
	expect := func(ref string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, states(ref)); d != "" {
			t.Error(d)
		}
	}
	if status, _, out := p.ask("GET", repo+"/alerts", nil); status != 404 || !strings.Contains(fmt.Sprint(out), "no analysis found") {
		t.Errorf("%d %v", status, out)
	}
	one, two := makeResult("high", location("a%20b.go", 1), "1:1"), makeResult("high", location("a%20b.go", 2), "2:1")
	p.upload(main, file(makeRun("a", one, two), makeRun("b")))
	expect(main, "open", "open")
	if err := p.Dismiss(1, "won't fix", "octocat", "because"); err != nil {
		t.Fatal(err)
	}
	p.upload(main, file(makeRun("b", one)))
	if n := len(p.Alerts(main)); n != 2 {
		t.Errorf("another category makes %d alerts", n)
	}
	p.upload(main, file(makeRun("a", one, two), makeRun("b")))
	expect(main, "dismissed", "open")
	p.upload("refs/pull/7/merge", file(makeRun("a", one)))
	expect("refs/pull/7/merge", "dismissed")
	p.upload(main, file(makeRun("a", two)))
	expect(main, "fixed", "open")
	p.upload(main, file(makeRun("a", one)))
	expect(main, "dismissed", "fixed")

	_, _, out := p.ask("GET", repo+"/alerts?state=dismissed&tool_name=scangate&ref=main", nil)
	list := out.([]any)
	if len(list) != 1 {
		t.Fatalf("%v", out)
	}
	a := list[0].(object)
	got := []any{a["number"], a["dismissed_reason"], a["dismissed_comment"], a["dismissed_by"].(object)["login"], a["most_recent_instance"].(object)["location"].(object)["path"]}
	if d := cmp.Diff([]any{1.0, "won't fix", "because", "octocat", "a b.go"}, got); d != "" {
		t.Error(d)
	}
	_, _, out = p.ask("GET", repo+"/analyses?ref=refs/heads/main", nil)
	newest := out.([]any)[0].(object)
	_, _, out = p.ask("GET", fmt.Sprintf("%s/analyses/%v", repo, newest["id"]), nil, func(r *http.Request) { r.Header.Set("Accept", "application/sarif+json") })
	x := out.(object)["runs"].([]any)[0].(object)["results"].([]any)[0].(object)
	if x["properties"].(object)["github/alertNumber"] != 1.0 || x["partialFingerprints"].(object)["primaryLocationLineHash"] != "1:1" {
		t.Errorf("%v", x)
	}
	for _, bad := range []error{p.Dismiss(9, "won't fix", "x", ""), p.Dismiss(1, "boring", "x", ""), p.Dismiss(1, "won't fix", "x", strings.Repeat("x", 281))} {
		if bad == nil {
			t.Error("a dismissal is taken that GitHub does not take")
		}
	}
}

func TestPages(t *testing.T) {
	p := newPeer(t, Options{})
	var results []any
	for i := range 7 {
		results = append(results, makeResult("high", location("a.go", i+1), fmt.Sprintf("%d:1", i)))
	}
	p.upload("refs/heads/main", file(makeRun("a", results...)))
	var sizes []int
	var links []bool
	for _, q := range []string{"page=1", "page=2", "page=3", "page=9"} {
		_, header, out := p.ask("GET", repo+"/alerts?per_page=3&"+q, nil)
		sizes = append(sizes, len(out.([]any)))
		links = append(links, strings.Contains(header.Get("Link"), `rel="next"`))
	}
	if d := cmp.Diff([]int{3, 3, 1, 0}, sizes) + cmp.Diff([]bool{true, true, false, false}, links); d != "" {
		t.Error(d)
	}
}

func TestWhoMayAsk(t *testing.T) {
	for name, tt := range map[string]struct {
		o      Options
		path   string
		change func(*http.Request)
		status int
	}{
		"anybody else":       {Options{}, repo + "/analyses", func(r *http.Request) { r.Header.Set("Authorization", "Bearer other") }, 401},
		"nobody":             {Options{}, repo + "/analyses", func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		"without a name":     {Options{}, repo + "/analyses", func(r *http.Request) { r.Header.Set("User-Agent", "") }, 403},
		"another version":    {Options{}, repo + "/analyses", func(r *http.Request) { r.Header.Set("X-GitHub-Api-Version", "2021-01-01") }, 400},
		"another repository": {Options{}, "/repos/octo/other/code-scanning/analyses", nil, 404},
		"nothing there":      {Options{}, "/user", nil, 404},
		"site for people":    {Options{Enterprise: true}, repo + "/analyses", nil, 422},
		"enterprise":         {Options{Enterprise: true}, "/api/v3" + repo + "/sarifs/x", nil, 404},
		"no enterprise":      {Options{}, "/api/v3" + repo + "/sarifs/x", nil, 422},
		"bad state":          {Options{}, repo + "/alerts?state=mine", nil, 422},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, tt.o)
			if tt.change == nil {
				tt.change = func(*http.Request) {}
			}
			status, _, out := p.ask("GET", tt.path, nil, tt.change)
			if status != tt.status {
				t.Errorf("%d %v", status, out)
			}
			if got := p.Requests(); len(got) != 1 || got[0].Status != tt.status || got[0].Method != "GET" {
				t.Errorf("noted %+v", got)
			}
		})
	}
}

// TestModes: each answers as it is documented, writes before reads.
func TestModes(t *testing.T) {
	want := map[Mode][4]int{ // two uploads, two questions after the first
		Normal: {202, 202, 200, 200}, NoLicence: {403, 403, 403, 403}, Archived: {403, 403, 404, 404}, ReadOnly: {403, 403, 404, 404},
		NoAccess: {403, 403, 403, 403}, NotFound: {404, 404, 404, 404}, BadToken: {401, 401, 401, 401}, TooLarge: {413, 413, 404, 404},
		RateLimited: {429, 202, 429, 200}, SecondaryLimit: {403, 202, 403, 200}, Exhausted: {403, 403, 403, 403},
		BadGateway: {502, 202, 502, 200}, Down: {503, 503, 503, 503}, ProcessingFailed: {202, 202, 200, 200}, NeverFinished: {202, 202, 200, 200},
		NoIdentity: {200, 200, 404, 404}, NotAPI: {200, 200, 200, 200},
	}
	for _, mode := range Modes() {
		p := newPeer(t, Options{Mode: mode, RetryAfter: 3})
		var got [4]int
		var header http.Header
		for i := range got {
			if i < 2 {
				got[i], _ = p.upload("refs/heads/main", file(makeRun("a")))
			} else {
				got[i], header, _ = p.ask("GET", repo+"/sarifs/00000000-0000-4000-8000-000000000001", nil)
				if limits := mode == RateLimited || mode == SecondaryLimit; i == 2 && (header.Get("Retry-After") == "3") != limits {
					t.Errorf("%s: Retry-After %q", mode, header.Get("Retry-After"))
				}
			}
		}
		if d := cmp.Diff(want[mode], got); d != "" {
			t.Errorf("%s: %s", mode, d)
		}
		states := []string{}
		for _, u := range p.Uploads() {
			states = append(states, u.Status)
		}
		status := map[Mode]string{ProcessingFailed: "failed", NeverFinished: "pending"}[mode]
		if status == "" {
			status = "complete"
		}
		if slices.ContainsFunc(states, func(s string) bool { return s != status }) {
			t.Errorf("%s: uploads are %v", mode, states)
		}
	}
	if len(want) != len(Modes()) {
		t.Error("a mode is not listed")
	}
}
