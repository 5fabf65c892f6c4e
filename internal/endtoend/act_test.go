package endtoend

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/internal/githubapi"
)

// leak is put together here, so that it does not stand in this file.
var leak = "key = AK" + "IA" + "QZ4XWT7NB" + "2LKVM5J\n"

// workflow is what a user adds, and a step that keeps the outputs.
const workflow = `on: [push, pull_request, merge_group, schedule]
permissions: {contents: read, security-events: write}
jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with: {fetch-depth: 2, persist-credentials: false}
      - id: scan
        uses: ./
        with:
          scanners: secret
          binary-path: BINARY
          WITH: "VALUE"
      - if: always()
        env:
          LINE: ${{ steps.scan.outputs.conclusion }} ${{ steps.scan.outputs.upload-status }}
        run: printf '%s\n' "$LINE" > "$OUTPUTS"
`

// binary is the program, built once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "scangate-endtoend-")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "scangate")
	cmd := exec.Command("go", "build", "-o", name, "../../cmd/scangate")
	cmd.Stderr = os.Stderr
	return name, cmd.Run()
})

// TestMain removes the program again.
func TestMain(m *testing.M) {
	code := m.Run()
	if name, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(name))
	}
	os.Exit(code)
}

// job is a run of the workflow.
type job struct {
	t       *testing.T
	hub     *githubapi.Server
	dir     string // the repository
	event   string // that has started it
	payload any
	args    []string
	with    [2]string // a further input of the action

	passed  bool
	log     string
	outputs []string // conclusion and upload-status
}

// newJob makes a repository with a commit on main, and one on a branch, which has
// a leak; merged, as GitHub merges it, when asked to.
func newJob(t *testing.T, o githubapi.Options, leaky, merged bool) *job {
	t.Helper()
	if _, err := exec.LookPath("act"); err != nil {
		if os.Getenv("SCANGATE_CONTRACT_TESTS") == "required" {
			t.Fatalf("act is not installed (SCANGATE_CONTRACT_TESTS=required: make ci-tools installs it)")
		}
		t.Skip("act is not installed: the action is not run")
	}
	o.Repository, o.Token = "octo/shop", "ghs_"+strings.Repeat("t0k3n", 7)
	j := &job{t: t, hub: githubapi.New(o), dir: t.TempDir(), event: "push", with: [2]string{"upload", "auto"}}
	server := httptest.NewServer(j.hub)
	t.Cleanup(server.Close)
	j.args = []string{"--env", "GITHUB_API_URL=" + server.URL, "--secret", "GITHUB_TOKEN=" + o.Token}
	for _, name := range []string{"action.yml", ".github/action/install.sh", ".github/checksums.txt"} {
		data, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		j.write(name, string(data))
	}
	j.git("init", "-q", "-b", "main")
	j.git("remote", "add", "origin", "https://github.com/octo/shop.git")
	j.write("old.txt", "nothing\n")
	j.commit("base")
	if merged {
		j.git("checkout", "-q", "-b", "pull")
	}
	if leaky {
		j.write("new.txt", leak)
	}
	j.write("other.txt", "something\n")
	j.commit("change")
	if merged {
		j.git("checkout", "-q", "main")
		j.git("merge", "-q", "--no-ff", "-m", "merge", "pull")
	}
	return j
}

func (j *job) write(name, content string) {
	j.t.Helper()
	full := filepath.Join(j.dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		j.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		j.t.Fatal(err)
	}
}

func (j *job) git(args ...string) string {
	j.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", j.dir, "-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		j.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (j *job) commit(message string) {
	j.t.Helper()
	j.git("add", "-A")
	j.git("commit", "-q", "-m", message)
}

// pullRequest is the payload of the event, of a branch in a repository.
func (j *job) pullRequest(repo string) any {
	return map[string]any{"number": 7, "pull_request": map[string]any{
		"number": 7,
		"base":   map[string]any{"sha": j.git("rev-parse", "HEAD^1"), "ref": "main"},
		"head":   map[string]any{"sha": j.git("rev-parse", "HEAD^2"), "ref": "pull", "repo": map[string]any{"full_name": repo}},
	}}
}

// run runs the workflow.
func (j *job) run() {
	j.t.Helper()
	program, err := binary()
	if err != nil {
		j.t.Fatal(err)
	}
	j.write(".github/workflows/scan.yml", strings.NewReplacer("BINARY", program, "WITH", j.with[0], "VALUE", j.with[1]).Replace(workflow))
	scratch := j.t.TempDir()
	payload := j.payload
	if payload == nil {
		payload = map[string]any{"number": 7}
	}
	data, err := json.Marshal(payload)
	if err != nil {
		j.t.Fatal(err)
	}
	event, outputs := filepath.Join(scratch, "event.json"), filepath.Join(scratch, "outputs")
	if err := os.WriteFile(event, data, 0o644); err != nil {
		j.t.Fatal(err)
	}
	cmd := exec.CommandContext(j.t.Context(), "act", slices.Concat([]string{j.event, "-W", ".github/workflows/scan.yml", "-e", event, "-P", "ubuntu-latest=-self-hosted",
		"--no-cache-server", "--action-offline-mode", "--env", "OUTPUTS=" + outputs}, j.args)...)
	cmd.Dir = j.dir
	cmd.Env = append(os.Environ(), "HOME="+scratch, "XDG_CACHE_HOME="+filepath.Join(scratch, "cache"))
	out, err := cmd.CombinedOutput()
	j.log, j.passed = string(out), err == nil
	line, err := os.ReadFile(outputs)
	if err != nil {
		j.t.Fatalf("the job did not come to its end: %v\n%s", err, j.log)
	}
	j.outputs = strings.Fields(string(line))
}

var exitCode = regexp.MustCompile(`\] exit status (\d)`)

// TestAction runs the workflow on every kind of event, and with every way in
// which GitHub can refuse an upload.
func TestAction(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options githubapi.Options
		clean   bool
		pull    string // the repository of a pull request's branch
		set     func(*job)
		exit    string // of the program; empty: 0
		outputs []string
		uploads int
		checks  int      // annotations of check runs
		logs    []string // that the log has
		absent  string   // that it does not have
	}{
		{name: "push, clean", clean: true, outputs: []string{"passed", "uploaded"}, uploads: 1, logs: []string{"0 results of 1 scanner uploaded", "for refs/heads/main", "findings are shown by code scanning"}},
		{name: "push", exit: "1", outputs: []string{"failed", "uploaded"}, uploads: 1, logs: []string{"1 result of 1 scanner uploaded", "VERDICT: FAILED"}, absent: "::error"},
		{name: "pull request", pull: "octo/shop", exit: "1", outputs: []string{"failed", "uploaded"}, uploads: 1, logs: []string{"1 finding new, 0 known", "for refs/pull/7/merge"}},
		{name: "pull request, clean", clean: true, pull: "octo/shop", outputs: []string{"passed", "uploaded"}, uploads: 1, logs: []string{"0 findings new"}},
		{name: "pull request from a fork", options: githubapi.Options{Mode: githubapi.ReadOnly}, pull: "stranger/shop", exit: "1", outputs: []string{"failed", "skipped-fork"}, logs: []string{"findings are shown as annotations", "new.txt"}},
		{name: "merge queue", set: func(j *job) {
			j.git("checkout", "-q", "-b", "gh-readonly-queue/main/pr-7-x")
			j.event, j.payload = "merge_group", map[string]any{"merge_group": map[string]any{"base_sha": j.git("rev-parse", "HEAD^1"), "base_ref": "refs/heads/main"}}
		}, exit: "1", outputs: []string{"failed", "skipped-merge-queue"}, logs: []string{"1 finding new"}},
		{name: "Dependabot", options: githubapi.Options{Mode: githubapi.ReadOnly}, clean: true, pull: "octo/shop", set: func(j *job) { j.args = append(j.args, "--actor", "dependabot[bot]") },
			outputs: []string{"passed", "skipped-fork"}},
		{name: "schedule", set: func(j *job) { j.event = "schedule" }, exit: "1", outputs: []string{"failed", "uploaded"}, uploads: 1},
		{name: "no licence", options: githubapi.Options{Mode: githubapi.NoLicence}, clean: true, outputs: []string{"passed", "skipped-disabled"}, logs: []string{"Code Security must be enabled", "findings are shown as annotations"}},
		{name: "no licence, but checks", options: githubapi.Options{Mode: githubapi.NoLicence, Checks: true}, exit: "1", outputs: []string{"failed", "skipped-disabled"}, checks: 1,
			logs: []string{"findings are shown as annotations of a check and in the job summary"}, absent: "::error"},
		{name: "no licence, asked for", options: githubapi.Options{Mode: githubapi.NoLicence}, clean: true, set: func(j *job) { j.with[1] = "true" }, exit: "3", outputs: []string{"passed", "skipped-disabled"}},
		{name: "413", options: githubapi.Options{Mode: githubapi.TooLarge}, exit: "1", outputs: []string{"failed", "failed"}, logs: []string{"too large"}},
		{name: "502, then success", options: githubapi.Options{Mode: githubapi.BadGateway}, clean: true, outputs: []string{"passed", "uploaded"}, uploads: 1},
		{name: "processing failed", options: githubapi.Options{Mode: githubapi.ProcessingFailed}, clean: true, outputs: []string{"passed", "failed"}, uploads: 1, logs: []string{"GitHub says:"}},
		{name: "a wrong input", clean: true, set: func(j *job) { j.with = [2]string{"upload", "perhaps"} }, exit: "2", logs: []string{"upload: \"perhaps\" is none of auto, true and false"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t, tt.options, !tt.clean, tt.pull != "" || strings.Contains(tt.name, "queue"))
			if tt.pull != "" {
				j.event, j.payload = "pull_request", j.pullRequest(tt.pull)
			}
			if tt.set != nil {
				tt.set(j)
			}
			j.run()
			exit := ""
			if m := exitCode.FindStringSubmatch(j.log); m != nil {
				exit = m[1]
			}
			if exit != tt.exit || j.passed != (tt.exit == "") {
				t.Errorf("the scan ended with %q, want %q; the job passed: %v", exit, tt.exit, j.passed)
			}
			if d := cmp.Diff(tt.outputs, j.outputs, cmp.Transformer("", func(s []string) string { return strings.Join(s, " ") })); d != "" {
				t.Errorf("outputs: %s", d)
			}
			if n := len(j.hub.Uploads()); n != tt.uploads {
				t.Errorf("%d uploads, want %d", n, tt.uploads)
			}
			remarks := 0
			for _, c := range j.hub.Checks() {
				remarks += len(c.Annotations)
			}
			if remarks != tt.checks {
				t.Errorf("%d annotations of check runs, want %d", remarks, tt.checks)
			}
			for _, part := range tt.logs {
				if !strings.Contains(j.log, part) {
					t.Errorf("the log has no %q", part)
				}
			}
			if tt.absent != "" && strings.Contains(j.log, tt.absent) {
				t.Errorf("the log has %q", tt.absent)
			}
			if strings.Contains(j.log, "t0k3n") {
				t.Error("the log has the token")
			}
			if t.Failed() {
				t.Log(j.log)
			}
		})
	}
}
