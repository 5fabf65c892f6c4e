package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

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

// checkEvent refuses the event on which code that anybody wrote is scanned with
// the rights of the repository, unless somebody has thought of that.
func checkEvent(up *upload) error {
	if up.event.Name == "pull_request_target" && up.target == (github.Target{}) {
		return usage("pull_request_target runs with the rights of the repository, on code that anybody wrote: use pull_request, or check that code out without running any of it and say so with ref and sha")
	}
	return nil
}

// chooseMode finds out from the event what the job is to judge: of a pull
// request and in a merge queue what is new, else everything; of a push what is
// new if that is asked for.
func (a *app) chooseMode(ctx context.Context, up *upload, onlyNew string, s *scanning) error {
	e := up.event
	switch {
	case onlyNew == "true" && s.since == whole, onlyNew == "false" && s.since != "" && s.since != whole:
		return usage("only-new: %s and since: %s contradict each other: leave one of them out", onlyNew, text.OneLine(s.since, 100))
	case s.since == whole, onlyNew == "false":
		s.since = ""
		return nil
	case s.since != "":
		return nil
	case up.blind != nil && (compared(e) || onlyNew == "true"):
		return usage("%s: %w; name a revision with since, or judge everything with only-new: false", e.Name, up.blind)
	case onlyNew == "true" && !compared(e) && e.Base == "":
		a.notice("only-new: there is nothing that this event could be compared with, so everything is judged")
		return nil
	case !compared(e) && onlyNew != "true":
		return nil
	}
	rev, err := baseOf(ctx, s.path, e, !s.offline)
	if err != nil {
		return usage("%s: what to compare with cannot be found: %w; check out with fetch-depth: 2 (or 0), name a revision with since, or judge everything with only-new: false", e.Name, err)
	}
	s.since = rev
	return nil
}

// compared reports whether an event is about what is to be merged.
func compared(e github.Event) bool {
	return e.Name == "pull_request" || e.Name == "pull_request_target" || e.Name == "merge_group"
}

// baseOf is the commit to compare a pull request, or a push, with, fetched if
// the clone is too shallow to have it.
func baseOf(ctx context.Context, dir string, e github.Event, fetch bool) (string, error) {
	g, _, err := git.Open(dir)
	switch {
	case err != nil:
		return "", err
	case g == nil:
		return "", fmt.Errorf("%s is not in a git repository: is there a step with actions/checkout?", filepath.Base(dir))
	}
	head, err := g.Resolve(ctx, "HEAD")
	switch {
	case err != nil:
		return "", err
	case head == "":
		return "", errors.New("there is no commit yet")
	}
	rev, err := foundBase(ctx, g, e, head)
	if rev != "" || err != nil {
		return rev, err
	}
	shallow, err := g.Shallow(ctx)
	switch {
	case err != nil:
		return "", err
	case !shallow || !fetch:
		return "", fmt.Errorf("the clone does not have %.12s", e.Base)
	}
	if head == e.SHA && e.Name == "pull_request" { // GitHub's merge: its parents are enough
		err = g.Fetch(ctx, 2, head)
	} else {
		err = g.Fetch(ctx, deepen, head, e.Base)
	}
	if err == nil {
		rev, err = foundBase(ctx, g, e, head)
	}
	switch {
	case rev != "":
		return rev, nil
	case err != nil:
		return "", fmt.Errorf("the clone is shallow, and what it lacks cannot be fetched: %w", err)
	}
	return "", errors.New("the clone is shallow, and fetching what it lacks did not help")
}

// foundBase is the base if the clone has it, with history enough to compare.
func foundBase(ctx context.Context, g *git.Git, e github.Event, head string) (string, error) {
	if head == e.SHA && e.Name != "push" {
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

// annotate puts remarks beside the code, unless code scanning does so: in a check
// run where the token may write one, else by commands that need no permission.
// A line says where findings are shown.
func (a *app) annotate(ctx context.Context, job *github.Job, up *upload, status github.Status, rep report.Report) error {
	mode := job.Input("annotations")
	places := []string{"in the job summary"}
	defer func() { a.notice("findings are shown %s", strings.Join(places, " and ")) }()
	if status == github.Uploaded {
		places = append([]string{"by code scanning"}, places...)
	}
	if mode == "false" || mode != "true" && status == github.Uploaded {
		return nil
	}
	below := path.Clean(up.place.Below)
	if mode != "true" && a.check(ctx, up, below, rep) {
		places = append([]string{"as annotations of a check"}, places...)
		return nil
	}
	places = append([]string{"as annotations"}, places...)
	return job.Annotate(a.stdout, report.Annotations(rep, below, "the job summary", report.PerStep))
}

// check makes a check run, if it can. That it cannot is nothing to say: most
// tokens may not, and there are other ways.
func (a *app) check(ctx context.Context, up *upload, below string, rep report.Report) bool {
	commit := cmp.Or(up.event.HeadSHA, up.event.SHA)
	if up.client == nil || up.event.Fork || !git.IsHash(commit) || rep.Results.Interrupted {
		return false
	}
	list := report.Annotations(rep, below, "the job summary", github.MaxRemarks)
	for _, r := range list {
		if r.Path == "" {
			return false // a remark on the run itself needs a command
		}
	}
	return up.client.Check(ctx, commit, rep.Verdict.Outcome, list) == nil
}
