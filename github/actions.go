package github

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sethvargo/go-githubactions"
)

// maxSummary is what GitHub takes as a step's summary, in bytes; a larger one
// is dropped whole.
const maxSummary = 1 << 20

// delimiter is what go-githubactions v1.3.2 puts around a value in the output
// file. A value that holds it could add outputs of its own.
const delimiter = "_GitHubActionsFileCommandDelimeter_"

// Job is the surroundings of a step.
type Job struct {
	getenv func(string) string
	action *githubactions.Action
}

// NewJob reads the surroundings through getenv.
func NewJob(getenv func(string) string) *Job {
	return &Job{getenv: getenv, action: githubactions.New(githubactions.WithGetenv(getenv))}
}

// Input returns an input of action.yml, which passes each on as an environment
// variable: fail-on is SCANGATE_FAIL_ON. Steps of a composite action get no
// INPUT_ variables.
func (j *Job) Input(name string) string {
	return strings.TrimSpace(j.getenv("SCANGATE_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))))
}

// Inputs returns the non-empty lines of an input.
func (j *Job) Inputs(name string) []string {
	var out []string
	for line := range strings.Lines(j.Input(name)) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// SetOutput sets an output of the step. Outside of a job it does nothing.
func (j *Job) SetOutput(name, value string) error {
	if j.getenv("GITHUB_OUTPUT") == "" {
		return nil
	}
	if strings.Contains(value, delimiter) || strings.ContainsAny(value, "\r\n") {
		return fmt.Errorf("output %s: the value is not one plain line", name)
	}
	return safely(func() { j.action.SetOutput(name, value) })
}

// AddSummary appends markdown to the job summary. Outside of a job it does
// nothing.
func (j *Job) AddSummary(markdown string) error {
	if j.getenv("GITHUB_STEP_SUMMARY") == "" {
		return nil
	}
	if len(markdown) > maxSummary {
		return errors.New("the job summary would be over GitHub's limit of 1 MiB")
	}
	return safely(func() { j.action.AddStepSummary(markdown) })
}

// safely turns a panic of go-githubactions, its only way to report that a file
// cannot be written, into an error.
func safely(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cannot write to the job's files: %v", r)
		}
	}()
	f()
	return nil
}
