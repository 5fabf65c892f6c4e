package main

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/github"
	"github.com/scangate/scangate/report"
)

// action is the command `scangate action`: a scan with the inputs of
// action.yml, whose results go where a job shows them.
func (a *app) action(ctx context.Context, args []string) (int, error) {
	if rest, err := newFlags("action").parse(args); err != nil || len(rest) > 0 {
		return 0, errors.Join(err, usage("action takes no arguments: it reads the inputs of action.yml from the environment"))
	}
	job := github.NewJob(a.getenv)
	if err := a.logAs(job.Input("log-format")); err != nil {
		return 0, err
	}
	return a.watch("action", inputsOf(job), job.Input("audit-log"), func() (int, error) { return a.scanJob(ctx, job) })
}

// scanJob scans as the inputs of a job say.
func (a *app) scanJob(ctx context.Context, job *github.Job) (int, error) {
	s, up, err := readInputs(job)
	if err == nil {
		err = a.chooseMode(ctx, up, &s)
	}
	if err != nil {
		return 0, err
	}
	up.prepare(s.out, s.path)
	s.amend = func(ctx context.Context, res *finding.Results) { a.dismissals(ctx, up, s.path, res) }
	return a.scanAndReport(ctx, s, func(rep report.Report) error {
		var summary bytes.Buffer
		err := errors.Join(report.Markdown(&summary, rep), job.AddSummary(summary.String()))
		status, uerr := a.upload(ctx, up, s.path, rep)
		err = errors.Join(err, uerr, a.annotate(ctx, job, up, status, s.path, rep))
		a.comment(ctx, up, rep)
		err = errors.Join(err, job.SetOutput("conclusion", rep.Verdict.Outcome.String()), numbers(job, rep))
		for _, o := range s.out {
			if o.Format.Name == "sarif-upload" {
				err = errors.Join(err, job.SetOutput("sarif-file", o.File))
			}
		}
		return err
	})
}

// readInputs reads all inputs, and what they are checked with.
func readInputs(job *github.Job) (scanning, *upload, error) {
	if err := checkInputNames(job); err != nil {
		return scanning{}, nil, err
	}
	s, err := actionInputs(job)
	if err != nil {
		return s, nil, err
	}
	up, err := uploadInputs(job)
	if err == nil {
		err = checkAnnotations(job)
	}
	if err == nil {
		up.comment, err = wantsComment(job)
	}
	return s, up, err
}

// actionInputs reads what action.yml passes on.
func actionInputs(job *github.Job) (s scanning, err error) {
	s = scanning{
		judging:  judging{config: job.Input("config"), failOn: job.Input("fail-on"), baseline: job.Input("baseline")},
		scanners: job.Input("scanners"),
		images:   job.Inputs("images"),
		targets:  job.Inputs("targets"),
		db:       job.Input("db"),
		since:    job.Input("since"),
		jobs:     defaultJobs(),
		timeout:  defaultTimeout,
		results:  defaultResults,
	}
	var path []string
	if p := job.Input("path"); p != "" {
		path = append(path, p)
	}
	if s.path, err = onePath(path); err != nil {
		return scanning{}, err
	}
	if t := job.Input("timeout"); t != "" {
		d, err := time.ParseDuration(t)
		if err != nil {
			return scanning{}, usage("timeout: %q is not a duration such as 10m", t)
		}
		s.timeout = d
	}
	for _, repo := range job.Inputs("db-repository") {
		if err := s.repositories.Set(repo); err != nil {
			return scanning{}, usage("db-repository: %w", err)
		}
	}
	for _, spec := range job.Inputs("output") {
		if err := s.out.Set(spec); err != nil {
			return scanning{}, usage("output: %w", err)
		}
	}
	if name := job.Input("sarif-file"); name != "" {
		if err := s.out.Set("sarif-upload=" + name); err != nil {
			return scanning{}, usage("sarif-file: %w", err)
		}
	}
	if err := checkOutputs(s.out, s.results); err != nil {
		return scanning{}, usageError{err}
	}
	return s, nil
}
