//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
)

// shopHandler is a small application with something to find.
var shopHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	switch {
	case r.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case r.URL.Path == "/":
		h.Set("Server", "shop/1.2")
		io.WriteString(w, `<a href="/cart">cart</a><script src="https://cdn.example/a.js?key=hunter2"></script>`)
	case r.URL.Path == "/cart":
		h.Set("Set-Cookie", "cart=hunter2; Path=/")
		io.WriteString(w, "<p>empty")
	default:
		http.NotFound(w, r)
	}
})

// serveShop is the program under test, in a process of its own.
func serveShop(address string) int {
	fmt.Println("the shop is open")
	fmt.Println(http.ListenAndServe(address, shopHandler))
	return 1
}

// newTargets has dast alone as a scanner.
func newTargets(t *testing.T) *try {
	t.Helper()
	y := newTry(t, "")
	y.env = map[string]string{}
	y.scanners = nil
	for _, e := range embedded() {
		if e.name == "dast" {
			y.scanners = append(y.scanners, e)
		}
	}
	return y
}

func runningShop(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(shopHandler)
	t.Cleanup(s.Close)
	return s.URL
}

func TestTarget(t *testing.T) {
	y, url := newTargets(t), runningShop(t)
	y.run("scan", "--target", url).want(exitPassed, "dast "+url+"/")
	y.run("scan", "--target", url, "--fail-on", "medium", "--output", "sarif-upload=up.sarif", "--output", "json=r.json").want(exitFailed, "10038-1")
	y.run("sarif", "lint", "up.sarif").want(exitPassed, "up.sarif: would be accepted as it is")
	for _, name := range []string{"up.sarif", "r.json", defaultResults} {
		data, err := os.ReadFile(name)
		if err != nil || strings.Contains(string(data), "hunter2") || !strings.Contains(string(data), "dast/127.0.0.1/cart") {
			t.Errorf("%s: %v", name, err)
		}
	}
	y.run("plan", "--target", url).want(exitPassed, "up to 200 pages")
	y.env["SCANGATE_TARGETS"], y.env["SCANGATE_FAIL_ON"] = url+"\n", "medium"
	y.run("action").want(exitFailed, "10038-1")
	y.env["SCANGATE_TARGETS"] = "ftp://x"
	y.run("action").want(exitUsage, "--target: the address of x is no http:// or https:// address")
}

func TestTargetsThatShowNothing(t *testing.T) {
	y, url := newTargets(t), runningShop(t)
	y.run("scan").want(exitIncomplete, "no running application is named")
	y.run("scan", "--target", url+"/absent", "--fail-on", "none").want(exitIncomplete, "no page is there")
	y.run("scan", "--target", "http://127.0.0.1:1").want(exitIncomplete, "the connection is refused")
	y.run("scan", "--target", "https://example.org", "--offline").want(exitIncomplete, "--offline keeps from asking it")
	y.run("scan", "--target", url, "--target", "http://127.0.0.1:1").want(exitIncomplete, "dast "+url+"/")
}

func TestTargetMistakes(t *testing.T) {
	y, url := newTargets(t), runningShop(t)
	for _, c := range []struct{ target, config, want string }{
		{"ftp://x", "", "scangate: --target: the address of x is no http:// or https:// address, such as http://localhost:8080"},
		{"ftp://x", "{depth: 3}", "scangate: --target: the address of x is no"},
		{"localhost", "", "--target: an entry is no http:// or https:// address, such as"},
		{"http://u:hunter2@localhost", "", "--target: the address of localhost holds a name or password: leave it out"},
		{"http://localhost?hunter2", "", "--target: the address of localhost has a query or a fragment: name the page without it"},
		{url, "{targets: [ 'http://x', 'gopher://y' ]}", ".scangate.yaml:2:42: targets: the address of y is no http"},
		{url, "{headers: [{name: A}]}", ".scangate.yaml:2:18: headers: want {name: NAME, from: VARIABLE}"},
		{url, "{heders: []}", `unknown key "heders" in scanners.dast; did you mean "headers"?`},
		{url, "{rules: r.tsv}", `scangate: r.tsv:2: `},
		{url, "{start: [sh], wait-for: 'http://example.org'}", "wait-for: example.org is not on this machine"},
	} {
		write(t, "r.tsv", "10020\tWARN\n10021\tFIAL\n")
		write(t, ".scangate.yaml", "version: 1\nscanners: {dast: "+c.config+"}\n")
		y.run("scan", "--target", c.target).want(exitUsage, c.want)
		if strings.Contains(y.stderr, "hunter2") || strings.Count(strings.TrimSpace(y.stderr), "\n") > 0 {
			t.Errorf("%q: %s", c, y.stderr)
		}
	}
	// Each mistake of a file of its own has a line.
	write(t, "r.tsv", "10020 WARN\n10021\tFIAL\n")
	write(t, ".scangate.yaml", "version: 1\nscanners: {dast: {rules: r.tsv}}\n")
	y.run("scan", "--target", url).want(exitUsage, "\nscangate: r.tsv:2: unknown level \"FIAL\"; did you mean \"FAIL\"?")
	write(t, ".scangate.yaml", "version: 1\nscanners: {dast: {rules: no.tsv}}\n")
	y.run("scan", "--target", url).want(exitUsage, "rules: no.tsv: no such file or directory")

	// A directory is no file, and neither is a pipe, which nobody may write to.
	if err := os.Mkdir("d.tsv", 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, ".scangate.yaml", "version: 1\nscanners: {dast: {rules: d.tsv}}\n")
	y.run("scan", "--target", url).want(exitUsage, "rules: d.tsv: not a regular file")

	// The same application twice is one application.
	write(t, ".scangate.yaml", "version: 1\nscanners: {dast: {targets: ['"+url+"']}}\n")
	y.run("scan", "--target", url, "--target", strings.Replace(url, "http", "HTTP", 1)+"/").want(exitPassed, "")
	if res, err := readResults(defaultResults); err != nil || len(res.Runs) != 1 {
		t.Errorf("%v %+v", err, res.Runs)
	}
}

// fakeZAP is a zap.sh that finds what the embedded engine finds, and fails
// where the application does not run.
const fakeZAP = `#!/bin/bash
while [ $# -gt 0 ]; do
  [ "$1" = -autorun ] && plan=$2
  shift
done
exec 3<>/dev/tcp/127.0.0.1/PORT || exit 1
cat > "${plan%/plan.yaml}/report.json" <<'END'
{"@programName":"ZAP","@version":"2.17.0",
"insights":[{"site":"http://127.0.0.1:PORT","key":"insight.endpoint.total","statistic":"3"}],
"site":[{"@name":"http://127.0.0.1:PORT","alerts":[
{"pluginid":"10010","alertRef":"10010","name":"n","riskcode":"1","confidence":"2","instances":[{"uri":"http://127.0.0.1:PORT/cart","method":"GET","param":"cart"}]},
{"pluginid":"10017","alertRef":"10017","name":"n","riskcode":"1","confidence":"2","instances":[{"uri":"http://127.0.0.1:PORT","method":"GET","param":"https://cdn.example/a.js?key=hunter2"}]}]}]}
END
`

// TestStartedApplication has ZAP and the embedded engine look at one program
// that the configuration starts.
func TestStartedApplication(t *testing.T) {
	y := newTargets(t)
	t.Setenv("SHOP_FOR_TESTS", "1")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	bin := t.TempDir()
	writeFile(t, filepath.Join(bin, "zap.sh"), strings.ReplaceAll(fakeZAP, "PORT", address[strings.LastIndex(address, ":")+1:]), 0o755)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	write(t, ".scangate.yaml", fmt.Sprintf("version: 1\nscanners:\n  dast:\n    targets:\n      - http://%s\n    start: [%s, serve, %q]\n    rate: unlimited\n  zap: {targets: ['http://%s/']}\n", address, exe, address, address))
	for _, list := range []string{"dast,zap", "zap"} {
		y.run("scan", "--scanners", list).want(exitPassed, "zap http://"+address+"/")
		res, err := readResults(defaultResults)
		if err != nil {
			t.Fatal(err)
		}
		zap := res.Find("zap")
		if zap.Status != finding.Completed || zap.Target != "http://"+address+"/" || zap.Engine.Version != "2.17.0" || len(zap.Findings) != 2 {
			t.Errorf("%+v", zap)
		}
		for _, f := range zap.Findings {
			if witnessed := len(f.Witnesses) == 1 && f.Witnesses[0].Scanner == "dast"; witnessed != (list == "dast,zap") {
				t.Errorf("%s: %s has witnesses %+v", list, f.Key, f.Witnesses)
			}
		}
		if d := res.Find("dast"); d != nil && d.Findings[0].Location.Path != ".scangate.yaml" {
			t.Errorf("%+v", d.Findings[0].Location)
		}
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			t.Error("the program is left running")
		}
	}
	if data, err := os.ReadFile(defaultLog); err != nil || !strings.HasPrefix(string(data), "the shop is open") {
		t.Errorf("%v %q", err, data)
	}
}

// TestInterruptedApplication leaves no program behind when the scan of it is
// interrupted, not even one that does not want to end.
func TestInterruptedApplication(t *testing.T) {
	newTargets(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	up := func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}
	write(t, ".scangate.yaml", fmt.Sprintf("version: 1\nscanners: {dast: {targets: ['http://%s'], rate: 0.05, start: [sh, -c, 'trap \"\" TERM; %s serve %s & wait; sleep 60']}}\n", address, exe, address))
	cmd := exec.Command(exe, "scan", "--scanners", "dast")
	cmd.Env = append(os.Environ(), "SCANGATE_TEST_SELF=1", "SHOP_FOR_TESTS=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); !up(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			cmd.Process.Kill()
			t.Fatalf("it is not started: %s", out.String())
		}
	}
	time.Sleep(100 * time.Millisecond) // so that the crawl has begun
	began := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if took := time.Since(began); took > 30*time.Second || cmd.ProcessState.ExitCode() != exitIncomplete {
		t.Errorf("exit code %d after %s: %s", cmd.ProcessState.ExitCode(), took, out.String())
	}
	if up() {
		t.Errorf("the program is left running: %s", out.String())
	}
}
