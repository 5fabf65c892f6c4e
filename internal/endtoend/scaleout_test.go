package endtoend

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/internal/githubapi"
)

// images are so many that a plan has a job for about every second of them.
const images = 5

var (
	programAddress = regexp.MustCompile(`(?m)^  SCANGATE: https://github\.com/scangate/scangate/releases/download/v1\.0\.0/scangate_1\.0\.0_linux_amd64$`)
	programDigest  = regexp.MustCompile(`(?m)^  SCANGATE_SHA256: 0{64}$`)
)

// TestScaleOut: the matrix of the example gives the verdict and uploads the
// findings of one job.
func TestScaleOut(t *testing.T) {
	t.Parallel()
	one, _ := newUser(t, "push.yml")
	many := newJob(t, githubapi.Options{}) // another GitHub and another machine
	many.dir = one.dir
	artifacts := many.shards()
	m := newMirror(t)
	one.write(".scangate.yaml", m.config+m.someImages(t, images))
	one.write("requirements.txt", vulnerable)
	one.write("Dockerfile", "FROM scratch\nADD . /\n")
	one.write("new.txt", leak)
	one.commit("code")

	whole := one.run("push.yml")
	want := map[string]string{"conclusion": "failed", "critical": "1", "high": "2", "medium": fmt.Sprint(1 + images), "low": fmt.Sprint(2 + images), "db-age-hours": "0", "sarif-file": "scangate.sarif"}
	maps.Copy(want, uploaded)
	if d := gocmp.Diff(want, whole.outputs("scangate/scan")); d != "" || whole.passed || whole.exit() != "1" {
		t.Fatalf("one job: %s, %s", whole.exit(), d)
	}
	parts := many.run("scale-out.yml")
	if parts.passed || parts.exit() != "1" {
		t.Errorf("the run passed: %v, %s", parts.passed, parts.exit())
	}
	for i := 1; i <= 3; i++ {
		parts.jobOf(t, "shard", fmt.Sprintf("%d/3", i))
		if n := count(t, artifacts, fmt.Sprintf("shard-%d.json", i)); n != 1 {
			t.Errorf("%d results of shard %d", n, i)
		}
	}
	if n := count(t, artifacts, "merged.json") + count(t, artifacts, "scangate.sarif"); n != 2 {
		t.Errorf("%d results of the gate", n)
	}
	if d := gocmp.Diff(want, parts.outputs("security/gate")); d != "" {
		t.Errorf("outputs: %s", d)
	}
	if d := gocmp.Diff(one.uploaded(), many.uploaded()); d != "" {
		t.Errorf("uploads: %s", d)
	}
}

// shards puts the example into the repository, with a release for it, and what it
// needs besides. Its artifacts are below a directory.
func (j *job) shards() (artifacts string) {
	j.t.Helper()
	rel := newRelease(j.t, j)
	content := read(j.t, "examples/github/scale-out.yml")
	for form, line := range map[*regexp.Regexp]string{programAddress: "  SCANGATE: " + rel.url, programDigest: "  SCANGATE_SHA256: " + must(j.t, digest)} {
		if len(form.FindAllString(content, -1)) != 1 {
			j.t.Fatalf("the example has not one line like %s", form)
		}
		content = form.ReplaceAllString(content, line)
	}
	j.write(".github/workflows/scale-out.yml", content)
	j.uses("scangate/scangate@"+strings.Repeat("0", 40), rel.source)
	j.standIn(uploadAction, map[string]string{"action.yml": uploadArtifact})
	j.standIn(downloadAction, map[string]string{"action.yml": downloadArtifact})
	artifacts = j.t.TempDir()
	j.env("ARTIFACTS", artifacts)
	return artifacts
}

// taken is what code scanning has.
type taken struct {
	Analyses []githubapi.Analysis
	Alerts   []githubapi.Alert
	Files    []string
}

func (j *job) uploaded() (out taken) {
	out.Analyses, out.Alerts = j.hub.Analyses(), j.hub.Alerts("refs/heads/main")
	for _, u := range j.hub.Uploads() {
		// push.yml has said what the example takes for granted.
		out.Files = append(out.Files, strings.ReplaceAll(string(u.SARIF), "fail-on: high (--fail-on)", "fail-on: high (default)"))
	}
	slices.SortFunc(out.Analyses, func(a, b githubapi.Analysis) int { return strings.Compare(a.Category, b.Category) })
	slices.SortFunc(out.Alerts, func(a, b githubapi.Alert) int {
		return cmp.Compare(a.Number, b.Number)
	})
	return out
}
