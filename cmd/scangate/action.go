package main

import (
	"bytes"
	"context"
	"errors"

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

// scanJob scans as the inputs of a job say, or judges what other jobs have found.
func (a *app) scanJob(ctx context.Context, job *github.Job) (int, error) {
	in, err := readInputs(job)
	if err == nil {
		err = checkEvent(in.upload)
	}
	if err == nil && len(in.saved) == 0 {
		err = a.chooseMode(ctx, in.upload, in.onlyNew, &in.scanning)
	}
	if err != nil {
		return 0, err
	}
	s, up := in.scanning, in.upload
	up.prepare(s.out, s.path)
	s.amend = func(ctx context.Context, res *finding.Results) { a.dismissals(ctx, up, res) }
	publish := func(rep report.Report) error { return a.publish(ctx, job, up, s.out, rep) }
	if len(in.saved) > 0 {
		return a.gateFiles(ctx, gating{judging: s.judging, dir: s.path, db: s.db}, in.saved, publish)
	}
	return a.scanAndReport(ctx, s, publish)
}

// publish shows the results where a job does.
func (a *app) publish(ctx context.Context, job *github.Job, up *upload, outs outputs, rep report.Report) error {
	var summary bytes.Buffer
	err := errors.Join(report.Markdown(&summary, rep), job.AddSummary(summary.String()))
	status, uerr := a.upload(ctx, up, rep)
	err = errors.Join(err, uerr, a.annotate(ctx, job, up, status, rep))
	a.comment(ctx, up, rep)
	err = errors.Join(err, job.SetOutput("conclusion", rep.Verdict.Outcome.String()), numbers(job, rep))
	for _, o := range outs {
		if o.Format.Name == "sarif-upload" {
			err = errors.Join(err, job.SetOutput("sarif-file", o.File))
		}
	}
	return err
}
