package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/github"
	"github.com/scangate/scangate/nightly"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/vulndb"
)

// issueKey tells the issue from others that are written by us. Labels tell
// those of several directories apart.
const issueKey = "issue"

// keeping is what the flags of `issue` ask for.
type keeping struct {
	judging
	results    texts
	previous   string
	repository string
	label      string
	title      string
	db         string
	offline    bool
	dry        bool
}

// issue is the command `scangate issue`: exit code 0 when the issue is as it
// should be, whether open or closed, and 3 when it could not be made so.
func (a *app) issue(ctx context.Context, args []string) (int, error) {
	var k keeping
	f := newFlags("issue")
	k.registerPolicy(f)
	f.Var(&k.results, "results", "saved results, `FILE` (repeatable, default "+defaultResults+")")
	f.StringVar(&k.previous, "previous", "", "results of an earlier scan, `FILE`: what it has is not new; the issue itself remembers the rest")
	f.StringVar(&k.repository, "repository", "", "whose issue it is, `OWNER/NAME` (default GITHUB_REPOSITORY)")
	f.StringVar(&k.label, "label", "scangate", "the `LABEL` that the issue is found by")
	f.StringVar(&k.title, "title", "scangate: what has come up", "the `TITLE` of a new issue")
	registerDB(f, &k.db)
	f.BoolVar(&k.offline, "offline", false, "download no feeds of exploits")
	f.BoolVar(&k.dry, "dry-run", false, "print what the issue would say, and use no network")
	rest, err := f.parse(args)
	if err != nil {
		return 0, err
	}
	dir, err := onePath(rest)
	if err != nil {
		return 0, err
	}
	if err := k.check(); err != nil {
		return 0, err
	}
	client, err := a.issueClient(k)
	if err != nil {
		return 0, err
	}
	in, err := a.lookAt(ctx, k, dir)
	if err != nil {
		return 0, err
	}
	if k.dry {
		news := nightly.Look(in)
		_, err := fmt.Fprint(a.stdout, news.Markdown(github.MaxBody))
		return exitPassed, err
	}
	return exitPassed, a.keepIssue(ctx, client, k, in)
}

// check looks for mistakes in the flags.
func (k *keeping) check() error {
	if err := github.CheckLabel(k.label); err != nil {
		return usage("--label: %w", err)
	}
	if n := utf8.RuneCountInString(k.title); strings.TrimSpace(k.title) == "" || n > 256 {
		return usage("--title: want from 1 to 256 characters")
	}
	if len(k.results) == 0 {
		k.results = texts{defaultResults}
	}
	return nil
}

// issueClient makes the client; a dry run gets none.
func (a *app) issueClient(k keeping) (*github.Client, error) {
	if k.dry {
		return nil, nil
	}
	access := a.access()
	access.Repository = cmp.Or(k.repository, access.Repository)
	switch {
	case access.Repository == "":
		return nil, usage("want --repository OWNER/NAME, or GITHUB_REPOSITORY, as a workflow has it")
	case strings.TrimSpace(access.Token) == "":
		return nil, usage("want a token in GITHUB_TOKEN, which may write issues; or --dry-run")
	}
	client, err := github.NewClient(access)
	if err != nil {
		return nil, usageError{err}
	}
	return client, nil
}

// access is how to ask GitHub, in a job of an action and elsewhere.
func (a *app) access() github.Access {
	access := github.NewJob(a.getenv).Access()
	access.Token = cmp.Or(strings.TrimSpace(access.Token), a.getenv("GITHUB_TOKEN"))
	return access
}

// lookAt reads and judges the results as gate does.
func (a *app) lookAt(ctx context.Context, k keeping, dir string) (in nightly.Input, err error) {
	res, err := readAll(k.results)
	if err != nil {
		return in, usageError{err}
	}
	if res.Since != nil || slices.ContainsFunc(res.Runs, func(r finding.Run) bool { return r.Part != "" }) {
		return in, usage("the results are of part of a scan, of what is new: an issue wants a whole one")
	}
	if k.previous != "" {
		before, err := readResults(k.previous)
		if err != nil {
			return in, usageError{err}
		}
		in.Before = &before
	}
	file, pol, err := a.loadPolicy(k.judging, dir)
	if err != nil {
		return in, err
	}
	at, err := a.feedPlace(k.db, k.offline || k.dry, file.DB)
	if err != nil {
		return in, err
	}
	pol = a.honour(knowing(pol, a.lookUp(ctx, &res, at, pol)), k.settingsDir(dir), res)
	in.Results, in.Verdict, in.Require = res, pol.Judge(res), pol.Require
	in.Now, in.MaxAge = time.Now(), cmp.Or(file.DB.MaxAge, vulndb.MaxAge)
	in.Ignores = ending(pol, res)
	return in, nil
}

// ending are lines on the exemptions of a policy that end.
func ending(pol policy.Policy, res finding.Results) (out []string) {
	for _, e := range pol.Exemptions {
		if set, ok := e.(interface {
			Ending(finding.Results) []string
		}); ok {
			out = append(out, set.Ending(res)...)
		}
	}
	return out
}

// keepIssue makes the issue say what there is to say.
func (a *app) keepIssue(ctx context.Context, client *github.Client, k keeping, in nightly.Input) error {
	body, _, err := client.FindIssue(ctx, issueKey, k.label)
	if err != nil {
		return issueError(err)
	}
	in.State = nightly.ParseState(body, in.Now)
	news := nightly.Look(in)
	kept, err := client.KeepIssue(ctx, github.Issue{
		Key: issueKey, Title: k.title, Label: k.label, Body: news.Markdown(github.MaxBody), Open: !news.Clean(), Last: news.Closing(),
	})
	switch {
	case err != nil:
		return issueError(err)
	case kept.Number == 0:
		a.notice("nothing has come up, and there is no issue")
	case kept.Change == "":
		a.notice("issue %d stays as it is", kept.Number)
	default:
		a.notice("issue %d %s", kept.Number, kept.Change)
	}
	return nil
}

// issueError says what to do where the token is the reason.
func issueError(err error) error {
	if github.Refused(err) && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("the issue is not up to date: %w: the token needs issues: write", err)
	}
	return fmt.Errorf("the issue is not up to date: %w", err)
}
