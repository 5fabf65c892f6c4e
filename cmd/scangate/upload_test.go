package main

import (
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/github"
	"github.com/scangate/scangate/internal/githubapi"
	"github.com/scangate/scangate/scanners"
)

const testCommit = "1111111111111111111111111111111111111111"

// inJob gives a try the surroundings of a job whose GitHub is a server of this
// machine. The event is a push to main, unless the environment says otherwise.
func inJob(t *testing.T, y *try, o githubapi.Options) *githubapi.Server {
	t.Helper()
	o.Repository, o.Token = "octo/shop", "ghs_"+strings.Repeat("t0k3n", 7)
	hub := githubapi.New(o)
	s := httptest.NewServer(hub)
	t.Cleanup(s.Close)
	dir := t.TempDir()
	y.env = map[string]string{
		"GITHUB_API_URL": s.URL, "GITHUB_REPOSITORY": "octo/shop", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": testCommit,
		"GITHUB_OUTPUT": filepath.Join(dir, "output"), "SCANGATE_TOKEN": o.Token,
	}
	if err := os.WriteFile(y.env["GITHUB_OUTPUT"], nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return hub
}

var outputForm = regexp.MustCompile(`(?m)^([a-z-]+)<<.*\n(.*)$`)

// outputs are the step's outputs, which it forgets.
func (y *try) outputs() map[string]string {
	y.t.Helper()
	data, err := os.ReadFile(y.env["GITHUB_OUTPUT"])
	if err != nil {
		y.t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range outputForm.FindAllStringSubmatch(string(data), -1) {
		out[m[1]] = m[2]
	}
	if err := os.WriteFile(y.env["GITHUB_OUTPUT"], nil, 0o644); err != nil {
		y.t.Fatal(err)
	}
	return out
}

// TestUploadsAndExitCodes: an upload changes the verdict only where it was
// asked for and is missing.
func TestUploadsAndExitCodes(t *testing.T) {
	fork := `{"pull_request": {"number": 7, "head": {"sha": "x", "repo": {"full_name": "stranger/shop"}}}}`
	for _, tt := range []struct {
		name    string
		mode    githubapi.Mode
		env     map[string]string
		event   string
		status  string
		asked   int // exit code of a scan that passes, with upload: true
		say     string
		uploads int
	}{
		{name: "push", status: "uploaded", say: "0 results of 1 scanner uploaded to code scanning, for refs/heads/main", uploads: 1},
		{name: "without waiting", env: map[string]string{"SCANGATE_WAIT_FOR_PROCESSING": "false"}, mode: githubapi.ProcessingFailed, status: "uploaded", uploads: 1},
		{name: "ref and sha", env: map[string]string{"SCANGATE_REF": "refs/heads/other", "SCANGATE_SHA": strings.Repeat("2", 40)}, status: "uploaded", say: "for refs/heads/other", uploads: 1},
		{name: "fork", env: map[string]string{"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge"}, event: fork, mode: githubapi.ReadOnly, status: "skipped-fork", say: "fork may only read"},
		{name: "merge queue", env: map[string]string{"GITHUB_EVENT_NAME": "merge_group", "GITHUB_REF": "refs/heads/gh-readonly-queue/main/pr-7"}, status: "skipped-merge-queue", say: "vanishes"},
		{name: "no licence", mode: githubapi.NoLicence, status: "skipped-disabled", asked: 3, say: "Code Security must be enabled"},
		{name: "read-only token", mode: githubapi.ReadOnly, status: "skipped-permission", asked: 3, say: "security-events: write"},
		{name: "no token", env: map[string]string{"SCANGATE_TOKEN": ""}, status: "skipped-permission", asked: 3, say: "the input token is empty"},
		{name: "not in a job", env: map[string]string{"GITHUB_REPOSITORY": ""}, status: "skipped-permission", asked: 3, say: "GITHUB_REPOSITORY is not set"},
		{name: "processing failed", mode: githubapi.ProcessingFailed, status: "failed", asked: 3, say: "GitHub says: An unexpected error occurred while processing the SARIF file.", uploads: 1},
		{name: "too large", mode: githubapi.TooLarge, status: "failed", asked: 3, say: "too large"},
		{name: "no token at all", env: map[string]string{"SCANGATE_TOKEN": "two words"}, status: "failed", asked: 3, say: "characters that no token has"},
		{name: "broken event", event: "{", status: "failed", asked: 3, say: "GITHUB_EVENT_PATH"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, upload := range []string{"auto", "true", "false"} {
				for spec, code := range map[string]int{"secret=clean": 0, "secret=high": 1} {
					y := newTry(t, spec)
					hub := inJob(t, y, githubapi.Options{Mode: tt.mode})
					maps.Copy(y.env, tt.env)
					y.env["SCANGATE_UPLOAD"], y.env["SCANGATE_SINCE"] = upload, whole
					if tt.event != "" {
						y.env["GITHUB_EVENT_PATH"] = filepath.Join(t.TempDir(), "event.json")
						if err := os.WriteFile(y.env["GITHUB_EVENT_PATH"], []byte(tt.event), 0o644); err != nil {
							t.Fatal(err)
						}
					}
					say, status, uploads := tt.say, tt.status, tt.uploads
					if upload == "true" && code == 0 {
						code = tt.asked
					}
					if upload == "false" {
						say, status, uploads = "", "", 0
					}
					if spec == "secret=high" {
						say = strings.Replace(say, "0 results", "1 result", 1)
					}
					y.run("action").want(code, say)
					out := y.outputs()
					if out["upload-status"] != status || (out["sarif-id"] != "") != (uploads > 0) || out["conclusion"] == "" || len(hub.Uploads()) != uploads {
						t.Errorf("upload: %s, %s: %v and %d uploads\n%s", upload, spec, out, len(hub.Uploads()), y.stderr)
					}
					if strings.Contains(y.stdout+y.stderr, "t0k3n") {
						t.Error("the token is shown")
					}
				}
			}
		})
	}
}

// TestDismissedOnGitHub: the gate passes when what fails it was dismissed, and
// again the next time; of a directory below the root of the repository, too.
func TestDismissedOnGitHub(t *testing.T) {
	y := newTry(t, "")
	y.scanners = []entry{{name: "iac", make: func(config.Section, settings) ([]scanners.Scanner, error) { return []scanners.Scanner{lines{}}, nil }}}
	gitDo(t, "init", "-q", "-b", "main")
	if err := os.MkdirAll("apps/web", 0o755); err != nil {
		t.Fatal(err)
	}
	y.write("apps/web/a.tf", "good\nbad bucket\n")
	commitAll(t, "one")
	hub := inJob(t, y, githubapi.Options{})
	y.env["GITHUB_SHA"] = gitOutput(t, "rev-parse", "HEAD")
	y.env["SCANGATE_PATH"] = "apps/web"
	y.env["SCANGATE_CATEGORY"] = "web"
	y.env["SCANGATE_SARIF_FILE"] = "up.sarif"
	y.run("action").want(1, "1 result of 1 scanner uploaded")
	alerts := hub.Alerts("refs/heads/main")
	if len(alerts) != 1 || alerts[0].Path != "apps/web/a.tf" || alerts[0].Category != "web/iac" {
		t.Fatalf("%+v", alerts)
	}
	data, err := os.ReadFile("up.sarif")
	if err != nil || !strings.Contains(string(data), `"apps/web/a.tf"`) || !strings.Contains(string(data), `"web/iac/"`) {
		t.Errorf("the file for code scanning: %v\n%s", err, data)
	}
	if err := hub.Dismiss(1, "won't fix", "octocat", "only a test"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		y.run("action").want(0, "1 finding ignored, as dismissed on code scanning")
		if got := hub.Alerts("refs/heads/main"); len(got) != 1 || got[0].State != "dismissed" {
			t.Errorf("%+v", got)
		}
	}
	y.run("explain", "all").want(0, "won't fix, by octocat: only a test")
	y.env["SCANGATE_UPLOAD"] = "false"
	y.run("action").want(0, "as dismissed on code scanning")
	y.env["SCANGATE_TOKEN"] = ""
	y.run("action").want(1, "VERDICT: FAILED")
}

// TestWhatIsNotCheckedOutByTheEvent is not uploaded to the event's ref.
func TestWhatIsNotCheckedOutByTheEvent(t *testing.T) {
	y := newTry(t, "secret=clean")
	gitDo(t, "init", "-q", "-b", "main")
	commitAll(t, "one")
	hub := inJob(t, y, githubapi.Options{})
	y.run("action").want(0, "is not that of the event, 111111111111")
	if out := y.outputs(); out["upload-status"] != "failed" || len(hub.Uploads()) != 0 {
		t.Error(out)
	}
}

// TestPlaceWithoutGit: the job's workspace stands in for the repository's root.
func TestPlaceWithoutGit(t *testing.T) {
	newTry(t, "")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for workspace, want := range map[string]string{
		"": "", here: "", filepath.Dir(here): filepath.Base(here), filepath.Join(here, "below"): "", filepath.Join(filepath.Dir(here), "other"): "",
	} {
		u := upload{category: "c", job: github.NewJob(func(string) string { return workspace })}
		if got := u.placeOf("."); got.Below != want || got.Category != "c" {
			t.Errorf("in %s: %+v, want %s", workspace, got, want)
		}
	}
}

func TestUploadInputsAreChecked(t *testing.T) {
	y := newTry(t, "secret=clean")
	for name, tt := range map[string]struct{ value, say string }{
		"SCANGATE_UPLOAD":              {"ture", `upload: "ture" is none of auto, true and false; did you mean "true"?`},
		"SCANGATE_WAIT_FOR_PROCESSING": {"maybe", "neither true nor false"},
		"SCANGATE_REF":                 {"refs/heads/main", "ref and sha go together"},
		"SCANGATE_SHA":                 {testCommit, "ref and sha go together"},
	} {
		y.env = map[string]string{name: tt.value}
		y.run("action").want(exitUsage, tt.say)
	}
}

// TestOutputsOfTheAction: each output of action.yml is one of the step, and
// described.
func TestOutputsOfTheAction(t *testing.T) {
	data, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Outputs map[string]struct{ Description, Value string }
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	want := []string{"conclusion", "critical", "db-age-hours", "high", "low", "medium", "sarif-file", "sarif-id", "upload-status"}
	if d := cmp.Diff(want, slices.Sorted(maps.Keys(file.Outputs))); d != "" {
		t.Error(d)
	}
	for name, o := range file.Outputs {
		if o.Description == "" || o.Value != "${{ steps.scan.outputs."+name+" }}" {
			t.Errorf("the output %s is %+v", name, o)
		}
	}
}
