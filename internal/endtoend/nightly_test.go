package endtoend

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/internal/githubapi"
)

// TestNightly: the reusable workflow, called from another repository, opens an
// issue, leaves it alone while nothing changes, and closes it when all is well.
func TestNightly(t *testing.T) {
	t.Parallel()
	j, rel := newUser(t, "nightly.yml")
	j.standIn(checkoutAction, map[string]string{"action.yml": checkout})
	j.env("SOURCE_OF", "scangate/scangate@"+commit)
	j.env("SOURCE", rel.source)
	j.write(".scangate.yaml", newMirror(t).config)
	j.write("requirements.txt", vulnerable)
	j.write("new.txt", leak)
	j.commit("code")
	j.event = "schedule"

	night := func(notice string, want githubapi.Issue, parts ...string) string {
		t.Helper()
		r := j.run("nightly.yml")
		if !r.passed {
			t.Errorf("the job failed: %s", r.exit())
		}
		r.has(t, "scangate: notice: "+notice+"\n")
		all := j.hub.Issues()
		if len(all) != 1 {
			t.Fatalf("%d issues\n%s", len(all), r.log)
		}
		got := all[0]
		for _, part := range parts {
			if !strings.Contains(got.Body+strings.Join(got.Comments, "\n"), part) {
				t.Errorf("the issue has no %q:\n%s", part, got.Body)
			}
		}
		got.Body, got.Comments = "", nil
		want.Number, want.Title, want.Login, want.Labels = 1, "scangate: what has come up", "github-actions[bot]", []string{"scangate"}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("the issue: %s", d)
		}
		return all[0].Body
	}
	opened := night("issue 1 opened", githubapi.Issue{State: "open"}, "CVE-2021-33503", "requirements.txt", "aws-access-token", "new.txt")
	if left := night("issue 1 stays as it is", githubapi.Issue{State: "open"}); left != opened {
		t.Errorf("the issue has changed: %s", cmp.Diff(opened, left))
	}

	j.write("requirements.txt", mended)
	j.git("checkout", "-q", "--orphan", "clean") // a secret stays in the history
	j.git("rm", "-q", "-f", "new.txt")
	j.commit("mended")
	j.git("branch", "-q", "-M", "clean", "main")
	night("issue 1 closed", githubapi.Issue{State: "closed", Reason: "completed", Edits: 1})
	if comments := j.hub.Comments(1); len(comments) != 1 {
		t.Errorf("comments: %+v", comments)
	}
	if n := rel.asked.Load(); n != 1 {
		t.Errorf("the program was downloaded %d times", n)
	}
	if n := len(j.hub.Uploads()); n != 0 {
		t.Errorf("%d uploads", n)
	}
}
