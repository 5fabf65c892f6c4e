package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/sarif"
	"github.com/scangate/scangate/text"
)

// Status is how an upload ended. It is the output upload-status of the action.
type Status string

const (
	Uploaded          Status = "uploaded"            // GitHub took it, and refused nothing of it so far
	SkippedFork       Status = "skipped-fork"        // the token of a fork's or Dependabot's pull request may only read
	SkippedMergeQueue Status = "skipped-merge-queue" // the refs of a merge queue vanish
	SkippedDisabled   Status = "skipped-disabled"    // the repository has no code scanning
	SkippedPermission Status = "skipped-permission"  // the token may not upload, or there is none
	UploadFailed      Status = "failed"
)

// UploadOptions say what an upload is about.
type UploadOptions struct {
	Event Event
	// Target is where to show the results; the zero value: where the event is.
	Target Target
	// Category and Below are those of sarif.Options.
	Category, Below string
	// Wait for GitHub to process what it took, which it may refuse then.
	Wait bool
	// Asked says that somebody wants the upload whatever the event is: of a
	// fork's pull request it is tried, too.
	Asked bool
	// Started is when the scan began; zero: it is not said.
	Started time.Time
}

// Outcome is what became of an upload.
type Outcome struct {
	Status Status
	IDs    []string // of the files that GitHub took
	Target Target
	Runs   []sarif.RunSummary // what was in them
	// Reason says in one line why nothing, or not all, was uploaded.
	Reason string
	// Notices say, a line each, what else a reader should know.
	Notices []string
	// Refusals are GitHub's words on what it would not process.
	Refusals []string
}

// fail is the outcome of an upload that went wrong.
func (o *Outcome) fail(err error) error {
	o.Status, o.Reason = UploadFailed, err.Error()
	return err
}

// Upload sends the results to code scanning, as many files as it takes. Runs
// that did not complete stay out, since GitHub would take what they do not have
// for fixed; and so do, but for a pull request, those that looked only at what
// is new. The error says why the status is UploadFailed, and is nil otherwise.
func (c *Client) Upload(ctx context.Context, rep report.Report, o UploadOptions) (Outcome, error) {
	var out Outcome
	if o.Event.MergeQueue() && o.Target == (Target{}) || queued(o.Target.Ref) {
		out.Status, out.Reason = SkippedMergeQueue, "the ref of a merge queue vanishes, and alerts on it are never shown"
		return out, nil
	}
	if o.Event.Fork && !o.Asked {
		out.Status, out.Reason = SkippedFork, "the token of a pull request from a fork may only read"
		return out, nil
	}
	if out.Target = o.Target; out.Target == (Target{}) {
		t, err := o.Event.Target(rep.Results.Commit)
		if err != nil {
			return out, out.fail(err)
		}
		out.Target = t
	}
	rep.Results.Runs = whole(rep.Results.Runs, pullRef.MatchString(out.Target.Ref), &out)
	files, err := pack(rep, sarif.Options{Upload: true, Category: o.Category, Below: o.Below}, c.limits.gzip, &out)
	if err != nil {
		return out, out.fail(err)
	}
	for i := range files {
		id, err := c.post(ctx, files[i].text, out.Target, o.Started)
		if err != nil {
			return out, c.refused(&out, o.Event, err, i, len(files))
		}
		out.IDs = append(out.IDs, id)
		files[i].text = "" // it can be large
	}
	out.Status = Uploaded
	if !o.Wait {
		return out, nil
	}
	return out, c.wait(ctx, &out)
}

// whole are the runs with those marked as not complete that may not be uploaded.
func whole(runs []finding.Run, pull bool, out *Outcome) []finding.Run {
	runs = slices.Clone(runs)
	var missing []string
	for i := range runs {
		run := &runs[i]
		if run.Status == finding.Completed && run.Part != "" && !pull {
			run.Status, run.Reason = finding.Partial, "it looked at "+run.Part+" only"
		}
		if run.Status != finding.Completed && run.Status != finding.Skipped {
			missing = append(missing, fmt.Sprintf("%s (%s)", run.Title(), run.Status))
		}
	}
	if len(missing) > 0 {
		out.Notices = append(out.Notices, "not uploaded, so that no alerts close: "+strings.Join(missing, ", "))
	}
	return runs
}

// post sends a file and returns its id.
func (c *Client) post(ctx context.Context, sarif string, t Target, started time.Time) (id string, err error) {
	in := &github.SarifAnalysis{CommitSHA: &t.Commit, Ref: &t.Ref, Sarif: &sarif, ToolName: github.String("scangate")}
	if !started.IsZero() {
		// Without the truncation it would be written with nanoseconds.
		in.StartedAt = &github.Timestamp{Time: started.UTC().Truncate(time.Second)}
	}
	err = c.try(ctx, func(ctx context.Context, gh *github.Client) (*github.Response, error) {
		got, resp, err := gh.CodeScanning.UploadSarif(ctx, c.owner, c.name, in)
		if err != nil {
			return resp, err
		}
		if got.GetID() == "" { // go-github makes neither of an answer 200 nor of an empty one an error
			return resp, errNoAnswer
		}
		id = got.GetID()
		return resp, nil
	})
	return id, err
}

// refused sorts out why GitHub did not take file i of n.
func (c *Client) refused(out *Outcome, e Event, err error, i, n int) error {
	var api *APIError
	if errors.As(err, &api) && api.Status == http.StatusForbidden && i == 0 {
		switch {
		case notEnabled.MatchString(api.Message):
			out.Status, out.Reason = SkippedDisabled, "the repository has no code scanning ("+api.Message+")"
			return nil
		case e.Fork:
			out.Status, out.Reason = SkippedFork, "the token of a pull request from a fork may only read ("+api.Message+")"
			return nil
		case e.Dependabot():
			out.Status, out.Reason = SkippedFork, "the token of a job that Dependabot has caused may only read, unless its workflow asks for security-events: write ("+api.Message+")"
			return nil
		case strings.Contains(api.Message, "archived"):
			out.Status, out.Reason = SkippedPermission, "the repository is archived, and takes no uploads"
			return nil
		case !api.limited:
			out.Status, out.Reason = SkippedPermission, "the token may not upload: the job needs the permission security-events: write ("+api.Message+")"
			return nil
		}
	}
	switch {
	case errors.As(err, &api) && api.Status == http.StatusNotFound && api.Message == "Not Found":
		err = fmt.Errorf("%w: check that the token may see the repository, and that the job has the permission security-events: write", err)
	case errors.As(err, &api) && api.Status == http.StatusNotFound:
		err = fmt.Errorf("%w: %s is not there, or not with the commit %.12s", err, text.OneLine(out.Target.Ref, 200), out.Target.Commit)
	}
	if n > 1 {
		err = fmt.Errorf("file %d of %d: %w", i+1, n, err)
	}
	return out.fail(err)
}
