package external

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/scanners/dast/crawl"
)

// Where things are in ZAP's own directory.
const (
	zapDir    = "wrk"
	zapPlan   = zapDir + "/plan.yaml"
	zapReport = zapDir + "/report.json"
	zapMount  = "/zap/wrk" // of the directory in a container
)

// zapWarned is the status with which a plan ends that had warnings and no
// error. With an error it ends with 1.
const zapWarned = 2

// zapRest is how long ZAP may take besides the crawl: to start, and to look at
// what it crawled. The plan sets no limit for that, as ZAP would end without a
// word about what it had not looked at yet.
const zapRest = 30 * time.Minute

// zapMemory is for the virtual machine, which would take a quarter of what
// there is, and more than a tool may have.
const zapMemory = "-Xmx2g"

// The plan, as the documentation of the Automation Framework and of the
// add-ons' jobs has it.
type (
	zapDocument struct {
		Env  zapEnv   `yaml:"env"`
		Jobs []zapJob `yaml:"jobs"`
	}
	zapEnv struct {
		Contexts   []zapContext   `yaml:"contexts"`
		Parameters map[string]any `yaml:"parameters"`
	}
	zapContext struct {
		Name    string   `yaml:"name"`
		URLs    []string `yaml:"urls"`
		Include []string `yaml:"includePaths"`
		Exclude []string `yaml:"excludePaths"`
	}
	zapJob struct {
		Type       string         `yaml:"type"`
		Parameters map[string]any `yaml:"parameters"`
		Tests      []zapTest      `yaml:"tests,omitempty"`
	}
	zapTest struct {
		Name      string `yaml:"name"`
		Type      string `yaml:"type"`
		Statistic string `yaml:"statistic"`
		Operator  string `yaml:"operator"`
		Value     int    `yaml:"value"`
		OnFail    string `yaml:"onFail"`
	}
)

// zapHarmful is for what follows the origin in links that end a session or
// destroy something. ZAP compares it with addresses without their query; there
// it avoids log-outs of its own.
const zapHarmful = `(?i:.*(?:log|sign)[-_]?(?:out|off).*|.*(?:delete|remove|unsubscribe|deactivate|destroy).*|.*/(?:del|rm|wipe|exit|quit)(?:[/;].*)?)`

// plan writes the plan; the report is to be written into dir. An address
// itself is an expression to ZAP, in which a dot is any character and of which
// only the beginning counts: what is not of its origin is excluded again.
func (s zapScan) plan(dir string) []byte {
	const context = "scangate"
	origin := `\Q` + zapOrigin(s.target) + `\E`
	inside := origin + `(?:[/?#].*)?`
	doc := zapDocument{
		Env: zapEnv{
			Contexts: []zapContext{{
				Name: context, URLs: []string{s.target.String()},
				Include: []string{inside}, Exclude: []string{`(?!` + inside + `$).*`, origin + zapHarmful},
			}},
			Parameters: map[string]any{"failOnError": true, "failOnWarning": false, "progressToStdout": true},
		},
		Jobs: []zapJob{
			{Type: "passiveScan-config", Parameters: map[string]any{"maxAlertsPerRule": 0, "scanOnlyInScope": true, "enableTags": false}},
			{
				Type: "spider",
				Parameters: map[string]any{
					"context": context, "maxDuration": s.minutes, "maxDepth": crawl.DefaultDepth, "threadCount": 2, "userAgent": crawl.DefaultAgent,
					"logoutAvoidance": true, "processForm": false, "postForm": false,
					// What robots.txt forbids is not where to begin.
					"parseRobotsTxt": false, "parseSitemapXml": true, "parseGit": false, "parseSVNEntries": false, "parseDsStore": false,
				},
				Tests: []zapTest{{Name: "an address was found", Type: "stats", Statistic: "automation.spider.urls.added", Operator: ">=", Value: 1, OnFail: "error"}},
			},
			{Type: "passiveScan-wait", Parameters: map[string]any{"maxDuration": 0}},
			{Type: "report", Parameters: map[string]any{"template": "traditional-json", "reportDir": dir, "reportFile": "report.json", "reportTitle": context, "displayReport": false}},
		},
	}
	data, err := yaml.Marshal(doc)
	if err != nil { // of text, numbers and their lists
		return nil
	}
	return data
}

// arguments are those of zap.sh, with its directory at dir. With -silent it
// asks nobody but the target, and neither updates nor installs add-ons. Even
// on the command line it listens as a proxy, and ends if it cannot.
func zapArguments(dir string) []string {
	args := []string{zapMemory, "-cmd", "-autorun", dir + "/plan.yaml", "-silent", "-dir", dir + "/home", "-host", "127.0.0.1"}
	if port := freePort(); port > 0 {
		args = append(args, "-port", strconv.Itoa(port))
	}
	return args
}

// freePort is a port of this machine on which nobody listens, or 0. Somebody
// may be faster, and ZAP then fails.
func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0
	}
	defer l.Close()
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return 0
}

// call starts ZAP itself. Java takes its user's home and its directory for
// temporary files from elsewhere than the environment; neither may be written.
func (s zapScan) call(_ Unit, p Place) Call {
	dir := strings.TrimSuffix(p.File(zapDir), "/")
	return Call{
		Args:  zapArguments(dir),
		Env:   []string{zapJava(dir)},
		Files: s.files(dir), Output: zapReport, Complaints: zapComplaints, Timeout: s.timeout(),
	}
}

func zapJava(dir string) string {
	return `JAVA_TOOL_OPTIONS='-Duser.home=` + dir + `' '-Djava.io.tmpdir=` + dir + `/tmp' -XX:-UsePerfData`
}

// files are the plan, and one that makes the directory for temporary files.
func (s zapScan) files(dir string) map[string][]byte {
	return map[string][]byte{zapPlan: s.plan(dir), zapDir + "/tmp/empty": nil}
}

func (s zapScan) timeout() time.Duration { return time.Duration(s.minutes)*time.Minute + zapRest }

// zapChatter are lines that say nothing about what went wrong: of the virtual
// machine, of the start script, and of the log.
var zapChatter = regexp.MustCompile(`^(?:Picked up |Found Java version|Available memory|Using JVM args|Defaulting ZAP install dir|[0-9]+ \[.*\] (?:INFO|DEBUG) )`)

// zapComplaints are the last lines of both streams: a plan prints its errors
// to standard output, the virtual machine and container engines elsewhere.
func zapComplaints(stdout, stderr []byte) []byte {
	const tail = 16 << 10
	var out []byte
	for _, stream := range [][]byte{stdout, stderr} {
		for l := range bytes.Lines(stream[max(len(stream)-tail, 0):]) {
			if !zapChatter.Match(l) {
				out = append(out, l...)
			}
		}
		out = append(out, '\n')
	}
	return out
}

// containerEnv are the variables that say where a container engine listens.
var containerEnv = []string{"DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "CONTAINER_HOST", "XDG_RUNTIME_DIR"}

// container starts ZAP's image through the client of a container engine that
// runs as a service: in the runner's sandbox no client could start a container
// itself.
//
// A container is no child of its client, and killing the client leaves it
// behind. When scangate is interrupted, the client is first asked to end and
// passes that on to the container, whose first process, of --init, passes it
// on to ZAP; and then the container is removed by its name.
func (s zapScan) container(p Place, global ...string) Call {
	name := "scangate-zap-" + strings.ToLower(rand.Text())
	dir := strings.TrimSuffix(p.File(zapDir), "/")
	pull := "missing"
	if s.offline {
		pull = "never"
	}
	args := slices.Concat(global, []string{"run", "--rm", "--init", "--sig-proxy=true", "--name=" + name, "--pull=" + pull,
		"--network=host", // a target on this machine is nowhere else
		"--cap-drop=ALL", "--security-opt=no-new-privileges", "--no-healthcheck"})
	if runtime.GOOS != "windows" {
		args = append(args, fmt.Sprintf("--user=%d:%d", os.Getuid(), os.Getgid())) // whose the report will be
	}
	args = append(args, "--env=HOME="+zapMount, "--env="+zapJava(zapMount), "--volume="+dir+":"+zapMount+":rw", s.image, "zap.sh")
	c := Call{
		Args: append(args, zapArguments(zapMount)...), Files: s.files(zapMount), Output: zapReport, Complaints: zapComplaints,
		Undo: slices.Concat(global, []string{"rm", "--force", name}), Timeout: s.timeout(),
	}
	for _, v := range containerEnv {
		if value, ok := os.LookupEnv(v); ok {
			c.Env = append(c.Env, v+"="+value)
		}
	}
	return c
}
