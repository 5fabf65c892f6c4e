package main

import (
	"context"
	"fmt"
	"path"
	"path/filepath"

	"github.com/scangate/scangate/github"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/scanners/git"
	"github.com/scangate/scangate/text"
)

// whole is the value of the input since that asks for no pull-request mode.
const whole = "none"

// deepen is how much history is fetched for a pull request whose branch was
// checked out rather than GitHub's merge of it.
const deepen = 200

// chooseMode finds out from the event what the job is to judge: of a pull
// request and in a merge queue what is new, else everything.
func (a *app) chooseMode(ctx context.Context, up *upload, s *scanning) error {
	e := up.event
	if e.Name == "pull_request_target" && up.target == (github.Target{}) {
		return usage("pull_request_target runs with the rights of the repository, on code that anybody wrote: use pull_request, or check that code out without running any of it and say so with ref and sha")
	}
	switch {
	case s.since == whole:
		s.since = ""
		return nil
	case s.since != "":
		return nil
	case e.Name != "pull_request" && e.Name != "pull_request_target" && e.Name != "merge_group":
		return nil
	case up.blind != nil:
		return usage("%s: %w; name a revision with since, or judge everything with since: none", e.Name, up.blind)
	}
	rev, err := baseOf(ctx, s.path, e, !s.offline)
	if err != nil {
		return usage("%s: what it is to be merged into cannot be found: %w; check out with fetch-depth: 2 (or 0), name a revision with since, or judge everything with since: none", e.Name, err)
	}
	s.since = rev
	return nil
}

// baseOf is the commit to compare a pull request with, fetched if the clone is
// too shallow to have it.
func baseOf(ctx context.Context, dir string, e github.Event, fetch bool) (string, error) {
	g, _, err := git.Open(dir)
	switch {
	case err != nil:
		return "", err
	case g == nil:
		return "", fmt.Errorf("%s is not in a git repository: is there a step with actions/checkout?", filepath.Base(dir))
	}
	head, err := g.Resolve(ctx, "HEAD")
	if err != nil || head == "" {
		return "", fmt.Errorf("there is no commit (%w)", orNone(err))
	}
	rev, err := foundBase(ctx, g, e, head)
	if rev != "" || err != nil {
		return rev, err
	}
	shallow, err := g.Shallow(ctx)
	if err != nil || !shallow || !fetch {
		return "", fmt.Errorf("the clone does not have %.12s (%w)", e.Base, orNone(err))
	}
	if head == e.SHA && e.Name == "pull_request" { // GitHub's merge: its parents are enough
		err = g.Fetch(ctx, 2, head)
	} else {
		err = g.Fetch(ctx, deepen, head, e.Base)
	}
	if err == nil {
		rev, err = foundBase(ctx, g, e, head)
	}
	if rev == "" {
		return "", fmt.Errorf("the clone is shallow, and fetching what it lacks did not help (%w)", orNone(err))
	}
	return rev, nil
}

// orNone is an error to quote where there may be none.
func orNone(err error) error {
	if err == nil {
		return fmt.Errorf("no error")
	}
	return err
}

// foundBase is the base if the clone has it, with history enough to compare.
func foundBase(ctx context.Context, g *git.Git, e github.Event, head string) (string, error) {
	if head == e.SHA {
		// GitHub has merged the pull request into its base: the first parent.
		parents, err := g.Parents(ctx, head)
		if err != nil {
			return "", err
		}
		if len(parents) == 2 {
			return parents[0], nil
		}
	}
	if !git.IsHash(e.Base) {
		return "", fmt.Errorf("the event names no commit")
	}
	id, err := g.Resolve(ctx, e.Base)
	if id == "" || err != nil {
		return "", err
	}
	bases, err := g.MergeBases(ctx, head, id)
	if len(bases) == 0 || err != nil {
		return "", err
	}
	return id, nil
}

// annotate puts remarks beside the code, unless code scanning does so, and says
// in a line where findings are shown.
func (a *app) annotate(job *github.Job, up *upload, status github.Status, dir string, rep report.Report) error {
	mode := job.Input("annotations")
	show := mode == "true" || (mode == "" || mode == "auto") && status != github.Uploaded
	switch {
	case status == github.Uploaded && show:
		a.notice("findings are shown by code scanning, as annotations and in the job summary")
	case status == github.Uploaded:
		a.notice("findings are shown by code scanning and in the job summary")
	case show:
		a.notice("findings are shown as annotations and in the job summary")
	default:
		a.notice("findings are shown in the job summary")
	}
	if !show {
		return nil
	}
	return job.Annotate(a.stdout, report.Annotations(rep, path.Clean(up.place(dir).Below), "the job summary"))
}

// checkAnnotations refuses what the input annotations cannot be.
func checkAnnotations(job *github.Job) error {
	switch mode := job.Input("annotations"); mode {
	case "", "auto", "true", "false":
		return nil
	default:
		return usage("annotations: %q is none of auto, true and false%s", text.OneLine(mode, 50), text.Suggest(mode, uploadModes))
	}
}
