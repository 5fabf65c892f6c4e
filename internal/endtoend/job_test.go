package endtoend

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scangate/scangate/internal/githubapi"
)

// leak is put together here, so that it does not stand in this file.
var leak = "key = AK" + "IA" + "QZ4XWT7NB" + "2LKVM5J\n"

// job is a repository, the GitHub that it is on, and a machine of its own that
// runs its workflows.
type job struct {
	t       *testing.T
	act     string // the program
	hub     *githubapi.Server
	dir     string // the repository
	home    string // the machine's, which outlives a run
	event   string // that starts a run
	payload any
	args    []string // of act
}

// newJob makes a repository with one commit, on main.
func newJob(t *testing.T, o githubapi.Options) *job {
	t.Helper()
	act, err := exec.LookPath("act")
	switch {
	case err == nil:
	case os.Getenv("SCANGATE_CONTRACT_TESTS") == "required":
		t.Fatal("act is not installed (SCANGATE_CONTRACT_TESTS=required: make ci-tools installs it)")
	default:
		t.Skip("act is not installed: the action is not run")
	}
	o.Repository, o.Token = "octo/shop", "ghs_"+strings.Repeat("t0k3n", 7)
	j := &job{t: t, act: act, hub: githubapi.New(o), dir: t.TempDir(), home: t.TempDir(), event: "push", payload: map[string]any{}}
	server := httptest.NewServer(j.hub)
	t.Cleanup(server.Close)
	j.args = []string{"--env", "GITHUB_API_URL=" + server.URL, "--secret", "GITHUB_TOKEN=" + o.Token}
	j.git("init", "-q", "-b", "main")
	j.git("remote", "add", "origin", "https://github.com/octo/shop.git")
	j.write("old.txt", "nothing\n")
	j.commit("base")
	return j
}

// write puts a file into the repository.
func (j *job) write(name, content string) {
	j.t.Helper()
	write(j.t, filepath.Join(j.dir, name), content)
}

func write(t *testing.T, name, content string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte(content), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// read is a file of this project.
func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
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

// merge makes what GitHub makes of a pull request: a merge of a branch into the
// main one. The branch, anew each time, has a commit with that file.
func (j *job) merge(name, content string) {
	j.t.Helper()
	if out, err := exec.Command("git", "-C", j.dir, "rev-parse", "-q", "--verify", "base").Output(); err != nil || len(out) == 0 {
		j.git("branch", "base")
	}
	j.git("checkout", "-q", "-B", "pull", "base")
	j.write(name, content)
	j.commit("change")
	j.git("checkout", "-q", "-B", "main", "base")
	j.git("merge", "-q", "--no-ff", "-m", "merge", "pull")
}

// pullRequest makes the next run one of pull request 7, from a branch of repo.
func (j *job) pullRequest(repo string) {
	j.t.Helper()
	j.event = "pull_request"
	j.payload = map[string]any{"number": 7, "pull_request": map[string]any{
		"number": 7,
		"base":   map[string]any{"sha": j.git("rev-parse", "HEAD^1"), "ref": "main"},
		"head":   map[string]any{"sha": j.git("rev-parse", "HEAD^2"), "ref": "pull", "repo": map[string]any{"full_name": repo}},
	}}
}

// uses puts an action in the place of one that a workflow names.
func (j *job) uses(name, dir string) {
	j.args = append(j.args, "--local-repository", name+"="+dir)
}

// env sets a variable of all steps.
func (j *job) env(name, value string) {
	j.args = append(j.args, "--env", name+"="+value)
}

// run runs a workflow of the repository.
func (j *job) run(workflow string) *record {
	j.t.Helper()
	data, err := json.Marshal(j.payload)
	if err != nil {
		j.t.Fatal(err)
	}
	event := filepath.Join(j.home, "event.json")
	write(j.t, event, string(data))
	cmd := exec.CommandContext(j.t.Context(), j.act, slices.Concat([]string{j.event, "-W", ".github/workflows/" + workflow, "-e", event,
		"-P", "ubuntu-latest=-self-hosted", "--json", "--no-cache-server", "--action-offline-mode", "--env", "GOMAXPROCS="}, j.args)...)
	cmd.Dir = j.dir
	// Nothing else of this machine has a say: no tool that it has, and no proxy.
	// One processor for act, and all for what it runs: jobs side by side write one
	// map of act's without a lock.
	cmd.Env = []string{"GOMAXPROCS=1", "PATH=" + must(j.t, programs), "HOME=" + j.home, "XDG_CACHE_HOME=" + filepath.Join(j.home, "cache"), "TMPDIR=" + j.t.TempDir()}
	out, err := cmd.CombinedOutput()
	r := readLog(out)
	r.passed = err == nil
	if strings.Contains(r.log, "t0k3n") {
		j.t.Error("the log has the token")
	}
	j.t.Cleanup(func() {
		if j.t.Failed() {
			j.t.Logf("%s at %s:\n%s", workflow, j.event, r.log)
		}
	})
	return r
}
