package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/github"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/sarif"
	"github.com/scangate/scangate/scanners/git"
	"github.com/scangate/scangate/text"
)

// upload is what the action's inputs say about code scanning.
type upload struct {
	mode     string // "auto", "true" or "false"
	target   github.Target
	category string
	wait     bool
	comment  bool // on the pull request, too
	started  time.Time

	place  sarif.Options // where GitHub shows the results
	job    *github.Job
	event  github.Event
	client *github.Client // nil: there is no access to GitHub
	lost   error          // why
	blind  error          // why the event is not known
}

// uploadInputs reads the inputs that are about code scanning.
func uploadInputs(job *github.Job) (*upload, error) {
	u := &upload{category: job.Input("category"), job: job, started: time.Now()}
	var err error
	if u.mode, err = oneOf(job, "upload"); err != nil {
		return nil, err
	}
	if u.wait, err = yesOrNo(job, "wait-for-processing", true); err != nil {
		return nil, err
	}
	if ref, sha := job.Input("ref"), job.Input("sha"); ref != "" || sha != "" {
		if u.target, err = github.NewTarget(ref, sha); err != nil {
			return nil, usageError{err}
		}
	}
	// What is wrong with these is told where the upload is missing: the verdict
	// does not depend on them.
	u.event, u.blind = job.Event()
	u.client, u.lost = github.NewClient(job.Access())
	return u, nil
}

// placeOf is where GitHub shows the results of a scan of dir.
func (u *upload) placeOf(dir string) sarif.Options {
	o := sarif.Options{Category: u.category}
	if g, prefix, err := git.Open(dir); err == nil && g != nil {
		o.Below = strings.Trim(prefix, "/")
		return o
	}
	// Without git, the repository is taken to be where jobs have it.
	abs, err := filepath.Abs(dir)
	if err != nil || u.job.Workspace() == "" {
		return o
	}
	if rel, err := filepath.Rel(u.job.Workspace(), abs); err == nil && rel != "." && filepath.IsLocal(rel) {
		o.Below = filepath.ToSlash(rel)
	}
	return o
}

// prepare finds out where results of a scan of dir are shown, and makes the files
// of outs that are for code scanning the same as what is uploaded from here.
func (u *upload) prepare(outs outputs, dir string) {
	u.place = u.placeOf(dir)
	for i := range outs {
		if outs[i].Format.Name != "sarif-upload" {
			continue
		}
		outs[i].Format.Write = func(w io.Writer, r report.Report) error {
			o := u.place
			o.Upload = true
			_, err := report.SARIF(w, r, o)
			return err
		}
	}
}

// dismissals marks the findings whose alerts somebody dismissed on GitHub. That
// they cannot be read is said, and makes findings count.
func (a *app) dismissals(ctx context.Context, u *upload, res *finding.Results) {
	if u.client == nil {
		return
	}
	alerts, notices, err := u.client.Dismissed(ctx, u.event)
	if err != nil && ctx.Err() == nil {
		a.notice("dismissed alerts of code scanning are not read, and count: %v", err)
		return
	}
	for _, n := range notices {
		a.notice("%s", n)
	}
	if n := github.ApplyDismissals(res, alerts, u.place); n > 0 {
		a.notice("%s ignored, as dismissed on code scanning", text.Count(n, "finding"))
	}
}

// upload sends the results to code scanning and tells the job. The verdict
// stays what it is, unless the upload was asked for: that it is missing then is
// an error.
func (a *app) upload(ctx context.Context, u *upload, rep report.Report) (github.Status, error) {
	if u.mode == "false" {
		return "", nil
	}
	out, err := a.send(ctx, u, rep)
	for _, r := range out.Refusals {
		a.notice("GitHub says: %s", r)
	}
	tell := errors.Join(
		u.job.SetOutput("upload-status", string(out.Status)),
		u.job.SetOutput("sarif-id", strings.Join(out.IDs, ",")),
	)
	switch out.Status {
	case github.Uploaded:
		for _, n := range out.Notices {
			a.notice("%s", n)
		}
		results := 0
		for _, run := range out.Runs {
			results += run.Results
		}
		a.notice("%s of %s uploaded to code scanning, for %s", text.Count(results, "result"), text.Count(len(out.Runs), "scanner"), out.Target.Ref)
		return out.Status, tell
	case github.SkippedFork, github.SkippedMergeQueue:
		// Nobody can change that, so it is no failure even if it was asked for.
		a.notice("not uploaded to code scanning (%s): %s", out.Status, out.Reason)
		return out.Status, tell
	}
	if u.mode != "true" {
		a.notice("not uploaded to code scanning (%s): %s", out.Status, out.Reason)
		return out.Status, tell
	}
	if err == nil {
		err = errors.New(out.Reason)
	}
	return out.Status, errors.Join(tell, fmt.Errorf("upload: true, but nothing is uploaded to code scanning (%s): %w", out.Status, err))
}

func (a *app) send(ctx context.Context, u *upload, rep report.Report) (github.Outcome, error) {
	switch {
	case errors.Is(u.lost, github.ErrNoAccess):
		return github.Outcome{Status: github.SkippedPermission, Reason: u.lost.Error()}, nil
	case u.client == nil:
		return github.Outcome{Status: github.UploadFailed, Reason: u.lost.Error()}, u.lost
	case u.blind != nil && u.target == (github.Target{}):
		return github.Outcome{Status: github.UploadFailed, Reason: u.blind.Error()}, u.blind
	}
	return u.client.Upload(ctx, rep, github.UploadOptions{
		Event: u.event, Target: u.target, Category: u.place.Category, Below: u.place.Below,
		Wait: u.wait, Asked: u.mode == "true", Started: u.started,
	})
}

// notice prints a line that is no error.
func (a *app) notice(format string, args ...any) {
	a.complain(fmt.Errorf("notice: "+format, args...))
}
