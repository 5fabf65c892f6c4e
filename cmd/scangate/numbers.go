package main

import (
	"errors"
	"strconv"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/github"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/report"
)

// numbers sets the outputs that later steps of a job can go by: how many
// findings count, each once however many scanners found it, in a pull request
// those that are new, and the age of the database.
func numbers(job *github.Job, rep report.Report) error {
	counts := map[finding.Severity]int{}
	for i := range rep.Results.Runs {
		run := &rep.Results.Runs[i]
		for n := range run.Findings {
			f := &run.Findings[n]
			old := rep.Results.Since != nil && f.Base != ""
			if rep.Verdict.Decisions[i][n].Action != policy.Ignored && f.SameAs == "" && !old {
				counts[f.Severity]++
			}
		}
	}
	var errs []error
	for _, s := range []finding.Severity{finding.Critical, finding.High, finding.Medium, finding.Low} {
		errs = append(errs, job.SetOutput(s.String(), strconv.Itoa(counts[s])))
	}
	age := ""
	if built := rep.Results.DatabaseBuilt(); !built.IsZero() {
		age = strconv.Itoa(int(max(time.Since(built), 0).Hours()))
	}
	return errors.Join(append(errs, job.SetOutput("db-age-hours", age))...)
}
