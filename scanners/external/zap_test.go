package external

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/dast/crawl"
)

// update writes the plan that is expected anew.
var update = flag.Bool("update", false, "write golden files anew")

const zapTestTarget = "http://localhost:8080"

var zapTestImage = "ghcr.io/zaproxy/zaproxy@sha256:" + strings.Repeat("0a", 32)

// zapTools makes the tools, for a target on this machine unless others are
// named.
func zapTools(t testing.TB, o ZAPOptions) []Tool {
	t.Helper()
	if o.Targets == nil {
		o.Targets = []string{zapTestTarget}
	}
	return must(ZAP(o))(t)
}

// A message tells what went wrong, not what the machine tells on every start.
func TestZAPComplaints(t *testing.T) {
	stdout := "Found Java version 17.0.15\n1357 [main] INFO org.x - Creating directory /x\nAutomation plan failures:\n\tJob spider failed to access URL\n"
	got := string(zapComplaints([]byte(stdout), []byte("Picked up JAVA_TOOL_OPTIONS: -Dx\nFailed to start ZAP.\n")))
	if want := "Automation plan failures:\n\tJob spider failed to access URL\n\nFailed to start ZAP.\n\n"; got != want {
		t.Errorf("%q", got)
	}
}

func TestZAPOptions(t *testing.T) {
	for want, o := range map[string]ZAPOptions{
		"is no http:// or https:// address": {Targets: []string{"ftp://example.org"}},
		"no http:// or":                     {Targets: []string{"http://exa mple.org"}},
		"is no http://":                     {Targets: []string{"-h"}},
		"entry is no http":                  {Targets: []string{`http://a\Eb/`}},
		"entry is no":                       {Targets: []string{"http://${HOME}/"}},
		"holds a name or password":          {Targets: []string{"https://a:hunter2@example.org"}},
		"has a query or a fragment":         {Targets: []string{"https://example.org/?token=hunter2"}},
		"query or a fragment":               {Targets: []string{"https://example.org/#hunter2"}},
		"no path of the scanned directory":  {Rules: "../rules.tsv"},
		"minutes: want 1 to 1440":           {Minutes: 2000},
		"want 1 to 1440, not -1":            {Minutes: -1},
		"name it by its digest":             {Image: "ghcr.io/zaproxy/zaproxy:stable"},
		"image: name it by its":             {Image: "--privileged@sha256:" + strings.Repeat("0", 64)},
	} {
		if _, err := ZAP(o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", want, err)
		}
	}
	var targets []string
	for _, tool := range zapTools(t, ZAPOptions{Targets: []string{"HTTP://LocalHost:80", "http://localhost/", "https://[::1]:443/a%20b", "http://127.0.0.1:8080/${HOME}", "https://example.org"}}) {
		targets = append(targets, fmt.Sprint(tool.Target, " ", tool.Local))
	}
	want := []string{"http://localhost/ true", "https://[::1]/a%20b true", "http://127.0.0.1:8080/$%7BHOME%7D true", "https://example.org/ false"}
	if d := cmp.Diff(want, targets); d != "" {
		t.Error(d)
	}
}

func TestZAPPlan(t *testing.T) {
	s := zapTestScan(t, "")
	s.target = must(zapTarget("http://localhost:8080/app/"))(t)
	got := s.plan("/box/wrk")
	golden := filepath.Join("testdata", "zap", "plan.yaml")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := must(os.ReadFile(golden))(t)
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Error(d)
	}
	if strings.Contains(string(got), "${") {
		t.Error("ZAP would put a variable there")
	}
}

// What is excluded is matched as a whole, by an expression that Go's engine
// knows but for the look ahead.
func TestZAPLeavesAlone(t *testing.T) {
	harmful := regexp.MustCompile("^(?:" + zapHarmful + ")$")
	for _, path := range []string{"/logout", "/account/log-out", "/users/sign_out", "/SignOff", "/item/1/delete", "/unsubscribe/x", "/item/1/rm", "/quit/now"} {
		if !harmful.MatchString(path) {
			t.Errorf("%s is asked for", path)
		}
	}
	for _, path := range []string{"/", "/login", "/blog/out-of-office", "/rmdir", "/exit-interview"} {
		if harmful.MatchString(path) {
			t.Errorf("%s is left alone", path)
		}
	}
}

// zapScript is a zap.sh that looks at its plan and answers with a report.
const zapScript = `
while [ $# -gt 0 ]; do
  case "$1" in
  -autorun) plan=$2; shift;;
  -dir) home=$2; shift;;
  -silent) silent=1;;
  -cmd) cmd=1;;
  esac
  shift
done
[ -n "$silent" ] && [ -n "$cmd" ] || { echo "not silent" >&2; exit 9; }
dir=${plan%/plan.yaml}
[ "$home" = "$dir/home" ] && mkdir "$home" && echo x > "$dir/tmp/x" || exit 8
grep -q "reportDir: $dir\$" "$plan" || exit 7
report() { cp "$1" "$dir/report.json"; }
`

func zapFake(t testing.TB, rest string) string {
	t.Helper()
	return script(t, "zap.sh", zapScript+rest)
}

func TestZAPRuns(t *testing.T) {
	dir := t.TempDir()
	file := func(name, data string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	clean, one, none := file("clean", zapJSON(zapCounted, "")), file("one", zapJSON(zapCounted, zapOne)), file("none", zapJSON("", ""))
	rules := map[string]string{"r.tsv": "10020\tFAIL\n", "bad.tsv": "10020\tFAIL\nx\tFAIL\n"}
	for name, c := range map[string]struct {
		script, want string
		options      ZAPOptions
	}{
		"clean":           {"report " + clean, "completed: ", ZAPOptions{}},
		"found":           {"report " + one, "completed: ", ZAPOptions{Rules: "r.tsv"}},
		"warned":          {"report " + one + "; exit 2", "completed: ", ZAPOptions{}},
		"warned, clean":   {"report " + clean + "; exit 2", "failed: ended with status 2 and reports nothing", ZAPOptions{}},
		"an error":        {"report " + one + "; echo Job report failed; exit 1", "partial: ended with status 1 after 1 finding: there may be more: Job report failed", ZAPOptions{}},
		"an error, clean": {"report " + clean + "; exit 1", "failed: ended with status 1 and reports nothing", ZAPOptions{}},
		"unreachable": {"echo 'Automation plan failures:'; echo ' Job spider failed to access URL http://localhost:8080/ : Connection refused'; exit 1",
			"failed: ended with status 1 and wrote no report: Automation plan failures:; Job spider failed to access URL http://localhost:8080/ : Connection refused", ZAPOptions{}},
		"no report":      {"exit 0", "failed: ended with status 0 and wrote no report", ZAPOptions{}},
		"nothing seen":   {"report " + none, "failed: ended with status 0, and its output is not usable: no page", ZAPOptions{}},
		"garbage":        {"echo x > $dir/report.json", "failed: ended with status 0, and its output is not usable: no JSON", ZAPOptions{}},
		"a link":         {"ln -s " + one + " $dir/report.json", "failed: the tool's wrk/report.json is not a regular file", ZAPOptions{}},
		"a broken JVM":   {"echo 'Could not reserve enough space' >&2; exit 1", "failed: ended with status 1 and wrote no report: Could not reserve enough space", ZAPOptions{}},
		"no rules file":  {"report " + one, "failed: planning: rules: cannot read x.tsv", ZAPOptions{Rules: "x.tsv"}},
		"bad rules file": {"report " + one, `failed: planning: rules: bad.tsv:2: "x" is not the id of a rule`, ZAPOptions{Rules: "bad.tsv"}},
		"offline, here":  {"report " + clean, "completed: ", ZAPOptions{Offline: true}},
		"offline":        {"report " + clean, "failed: planning: it needs the network", ZAPOptions{Offline: true, Targets: []string{"https://example.org"}}},
	} {
		t.Run(name, func(t *testing.T) {
			tool := zapTools(t, c.options)[0]
			got := scan(t, New(tool, Options{Asked: true, Offline: c.options.Offline, Path: []string{zapFake(t, c.script)}}), tree(t, rules))
			if s := got.Status.String() + ": " + got.Reason; !strings.HasPrefix(s, c.want) {
				t.Errorf("%s\n%s", s, notes(got))
			}
			if got.Target != tool.Target {
				t.Errorf("target %q", got.Target)
			}
			if name == "found" && (len(got.Findings) != 1 || got.Findings[0].Severity != finding.High || got.Looked.URLs != 3 || got.Engine.Version != "2.17.0") {
				t.Errorf("%+v", got)
			}
		})
	}
	idle := must(ZAP(ZAPOptions{}))(t)
	if got := scan(t, New(idle[0], Options{Asked: true}), tree(t, nil)); got.Status != finding.Skipped || got.Reason != "no targets are configured" {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
	if got := scan(t, New(zapTools(t, ZAPOptions{})[0], Options{Asked: true, Path: []string{t.TempDir()}}), tree(t, nil)); got.Status != finding.Failed || !strings.Contains(got.Reason, "zap.sh is not installed; install it with `docker pull") {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}

// zapDocker is a client of a container engine that knows one image.
const zapDocker = `
[ "$1" = --remote ] && shift
[ "$1" = rm ] && exit 0
for a; do case "$a" in --volume=*) v=${a#--volume=}; dir=${v%%:*};; esac; done
`

func TestZAPInAContainer(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report")
	if err := os.WriteFile(report, []byte(zapJSON(zapCounted, zapOne)), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOCKER_HOST", "unix:///run/here.sock")
	for _, c := range []struct{ engine, global string }{{"docker", ""}, {"podman", "--remote "}} {
		dir := script(t, c.engine, zapDocker+`[ "$DOCKER_HOST" = unix:///run/here.sock ] && grep -q 'reportDir: /zap/wrk$' "$dir/plan.yaml" && cp `+report+` "$dir/report.json"; cp "$dir/report.json" /dev/null`)
		tool := zapTools(t, ZAPOptions{Image: zapTestImage, Offline: true})[0]
		call := zapCallOf(tool, c.engine)
		got := scan(t, New(tool, Options{Asked: true, Path: []string{dir}}), tree(t, nil))
		if got.Status != finding.Completed || len(got.Findings) != 1 {
			t.Errorf("%s: %s: %s", c.engine, got.Status, got.Reason)
		}
		want := c.global + `run --rm --init --sig-proxy=true --name=scangate-zap-[a-z0-9]{26} --pull=never --network=host --cap-drop=ALL --security-opt=no-new-privileges --no-healthcheck --user=\d+:\d+ --env=HOME=/zap/wrk --env=JAVA_TOOL_OPTIONS=.* --volume=/box/wrk:/zap/wrk:rw ` +
			regexp.QuoteMeta(zapTestImage) + ` zap.sh -Xmx2g -cmd -autorun /zap/wrk/plan.yaml -silent -dir /zap/wrk/home -host 127.0.0.1 -port \d+`
		if s := strings.Join(call.Args, " "); !regexp.MustCompile("^" + want + "$").MatchString(s) {
			t.Errorf("%s is started with %s", c.engine, s)
		}
		if !slices.Contains(call.Args, "--name="+call.Undo[len(call.Undo)-1]) {
			t.Errorf("%v ends another container than %v starts", call.Undo, call.Args)
		}
	}
	// Where ZAP itself is, it is taken, and without an image no engine is.
	both := []string{script(t, "docker", "exit 9"), zapFake(t, "report "+report)}
	if got := scan(t, New(zapTools(t, ZAPOptions{Image: zapTestImage})[0], Options{Asked: true, Path: both}), tree(t, nil)); got.Status != finding.Completed {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
	if got := scan(t, New(zapTools(t, ZAPOptions{})[0], Options{Asked: true, Path: both[:1]}), tree(t, nil)); !strings.Contains(got.Reason, "zap.sh is not installed") {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
	failing := script(t, "docker", zapDocker+`echo 'docker: Cannot connect to the Docker daemon' >&2; exit 125`)
	if got := scan(t, New(zapTools(t, ZAPOptions{Image: zapTestImage})[0], Options{Asked: true, Path: []string{failing}}), tree(t, nil)); !strings.Contains(got.Reason, "Cannot connect to the Docker daemon") {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}

// zapCallOf is how the tool in whose stead a program runs is started.
func zapCallOf(tool Tool, program string) Call {
	t := &tool
	for t.Programs[0] != program {
		t = t.Else
	}
	return t.Call(Unit{}, Place{File: func(name string) string { return "/box/" + name }})
}

// A container outlives its client: it is removed by its name.
func TestZAPLeavesNoContainer(t *testing.T) {
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer l.Close()
	heard := make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			said, _ := io.ReadAll(io.LimitReader(c, 1000))
			heard <- strings.TrimSpace(string(said))
			c.Close()
		}
	}()
	dir := script(t, "docker", `args="$*" exec bash -c 'echo "$args" > /dev/tcp/`+strings.Replace(l.Addr().String(), ":", "/", 1)+`; case "$args" in run*) sleep 20;; esac'`)
	s := New(zapTools(t, ZAPOptions{Image: zapTestImage})[0], Options{Asked: true, Path: []string{dir}})
	target := scanners.Target{Tree: tree(t, nil), Jobs: 1}
	work := must(s.Plan(t.Context(), target))(t)
	ctx, cancel := context.WithCancel(t.Context())
	var name string
	go func() {
		name = regexp.MustCompile(`scangate-zap-[a-z0-9]+`).FindString(<-heard)
		cancel()
	}()
	if _, err := s.Scan(ctx, target, work); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if got := <-heard; name == "" || got != "rm --force "+name {
		t.Errorf("%s was left behind: %s", name, got)
	}
}

func TestZAPAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"http://LOCALHOST:80":         "http://localhost/",
		"https://u:p@example.org:443": "https://example.org/",
		"https://example.org:8443/A":  "https://example.org:8443/A",
		"http://[::1]:80/":            "http://[::1]/",
		"http://a_b.example/":         "http://a_b.example/",
	} {
		if got := crawl.Normal(must(url.Parse(in))(t)); got == nil || got.String() != want {
			t.Errorf("%s: %v", in, got)
		}
	}
	for _, in := range []string{"mailto:a@b", "http://", "http:///x", "http://*.example/", "ws://a/"} {
		if got := crawl.Normal(must(url.Parse(in))(t)); got != nil {
			t.Errorf("%s: %v", in, got)
		}
	}
}
