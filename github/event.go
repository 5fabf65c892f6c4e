package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/text"
)

// maxEvent bounds the file that describes an event, in bytes.
const maxEvent = 32 << 20

// Event is why a job runs.
type Event struct {
	Name  string // "push", "pull_request", …
	Ref   string // what the job is about: "refs/heads/main", "refs/pull/7/merge"
	SHA   string // its commit; of a pull request, that of the test merge
	Actor string // who caused it

	// Of a pull request only.
	Number  int
	HeadSHA string // the last commit of its branch
	Fork    bool   // the branch is in another repository

	// Of a pull request and of a merge queue: what it is to be merged into. Of a
	// push: what was there before, empty for a new branch.
	Base    string // a commit
	BaseRef string // a branch, "main"

	DefaultBranch string // of the repository, "main"; empty: not known
}

// Event reads the event of the job. Together with an error it returns what is
// known without the file that describes it.
func (j *Job) Event() (Event, error) {
	e := Event{Name: j.getenv("GITHUB_EVENT_NAME"), Ref: j.getenv("GITHUB_REF"), SHA: j.getenv("GITHUB_SHA"), Actor: j.getenv("GITHUB_ACTOR")}
	name := j.getenv("GITHUB_EVENT_PATH")
	if name == "" {
		return e, nil
	}
	data, err := readEvent(name)
	if err != nil {
		return e, fmt.Errorf("the file of the event (GITHUB_EVENT_PATH) cannot be read: %w", err)
	}
	type repository struct {
		FullName      string `json:"full_name"`
		DefaultBranch string `json:"default_branch"`
	}
	var in struct {
		Number      int        `json:"number"`
		Before      string     `json:"before"`
		Repository  repository `json:"repository"`
		PullRequest *struct {
			Number int `json:"number"`
			Base   struct {
				SHA string `json:"sha"`
				Ref string `json:"ref"`
			} `json:"base"`
			Head struct {
				SHA  string      `json:"sha"`
				Repo *repository `json:"repo"`
			} `json:"head"`
		} `json:"pull_request"`
		MergeGroup *struct {
			BaseSHA string `json:"base_sha"`
			BaseRef string `json:"base_ref"`
		} `json:"merge_group"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return e, errors.New("the file of the event (GITHUB_EVENT_PATH) is not the JSON that GitHub writes")
	}
	e.DefaultBranch = in.Repository.DefaultBranch
	if p := in.PullRequest; p != nil {
		e.Number = max(p.Number, in.Number)
		e.HeadSHA = p.Head.SHA
		e.Base, e.BaseRef = p.Base.SHA, p.Base.Ref
		repo := j.getenv("GITHUB_REPOSITORY")
		// A fork that was deleted has no repository any more.
		e.Fork = p.Head.Repo == nil || p.Head.Repo.FullName != "" && !strings.EqualFold(p.Head.Repo.FullName, repo)
	}
	if m := in.MergeGroup; m != nil {
		e.Base, e.BaseRef = m.BaseSHA, strings.TrimPrefix(m.BaseRef, "refs/heads/")
	}
	if e.Name == "push" && strings.Trim(in.Before, "0") != "" {
		e.Base = in.Before
	}
	return e, nil
}

// Workspace is the directory that the job checks its repository out to; empty:
// it is not known.
func (j *Job) Workspace() string { return j.getenv("GITHUB_WORKSPACE") }

func readEvent(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no regular file")
	}
	if err == nil && info.Size() > maxEvent {
		err = fmt.Errorf("it is over %d MiB", maxEvent>>20)
	}
	if err != nil {
		return nil, fileio.Cause(err)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fileio.Cause(err)
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxEvent))
}

// Dependabot reports whether Dependabot has caused the event: its jobs get a
// token that may only read, unless the workflow asks for more.
func (e Event) Dependabot() bool { return e.Actor == "dependabot[bot]" }

// MergeQueue reports whether the job is about a merge queue, whose refs vanish.
func (e Event) MergeQueue() bool { return e.Name == "merge_group" || queued(e.Ref) }

func queued(ref string) bool { return strings.HasPrefix(ref, "refs/heads/gh-readonly-queue/") }

// Target is what results are about: a commit, and the ref that it is shown on.
type Target struct{ Ref, Commit string }

var (
	commitForm = regexp.MustCompile(`^[0-9a-f]{40}$`)
	refForm    = regexp.MustCompile(`^refs/(heads|tags)/[^\s\x00-\x1f\x7f~^:?*\[\\]+$|^refs/pull/[1-9][0-9]{0,9}/(merge|head)$`)
	pullRef    = regexp.MustCompile(`^refs/pull/([1-9][0-9]*)/(merge|head)$`)
)

// NewTarget checks a ref and commit that somebody has given.
func NewTarget(ref, commit string) (Target, error) {
	commit = strings.ToLower(commit)
	switch {
	case ref == "" || commit == "":
		return Target{}, errors.New("ref and sha go together: give both, or neither")
	case !refForm.MatchString(ref) || strings.Contains(ref, ".."):
		return Target{}, fmt.Errorf("ref: %q is not of the form refs/heads/BRANCH, refs/tags/TAG, refs/pull/N/merge or refs/pull/N/head", text.OneLine(ref, 200))
	case !commitForm.MatchString(commit):
		return Target{}, fmt.Errorf("sha: %q is not a full commit id", text.OneLine(commit, 80))
	}
	return Target{ref, commit}, nil
}

// Target is what results of a scan are about that looked at the commit
// checkedOut; empty: it is not known, and taken for the event's.
func (e Event) Target(checkedOut string) (Target, error) {
	switch {
	case e.Name == "pull_request_target", e.Name == "workflow_run":
		// Its ref is that of the default branch, whatever was checked out.
		return Target{}, fmt.Errorf("%s: the event does not say which commit is scanned: give ref and sha", e.Name)
	case e.Ref == "" || e.SHA == "":
		return Target{}, errors.New("GITHUB_REF and GITHUB_SHA are not set, as they are in a workflow: give ref and sha")
	}
	t, err := NewTarget(e.Ref, e.SHA)
	if err != nil || checkedOut == "" || strings.EqualFold(checkedOut, t.Commit) {
		return t, err
	}
	if m := pullRef.FindStringSubmatch(t.Ref); m != nil && (e.HeadSHA == "" || strings.EqualFold(checkedOut, e.HeadSHA)) {
		// The branch itself was checked out, not the test merge.
		return NewTarget("refs/pull/"+m[1]+"/head", checkedOut)
	}
	return Target{}, fmt.Errorf("the checked out commit %.12s is not that of the event, %.12s: its results would be shown on %s; give ref and sha", checkedOut, t.Commit, text.OneLine(t.Ref, 200))
}
