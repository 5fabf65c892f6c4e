package github

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/sethvargo/go-githubactions"

	"github.com/scangate/scangate/fileio"
)

// maxSummary is what GitHub takes as a step's summary, in bytes; a larger one
// is dropped whole.
const maxSummary = 1 << 20

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

// SetOutput sets an output of the step, a plain line. Outside of a job it does
// nothing. What ends the value in the file is made up anew each time, so that no
// value can hold it and add outputs of its own.
func (j *Job) SetOutput(name, value string) error {
	file := j.getenv("GITHUB_OUTPUT")
	if file == "" {
		return nil
	}
	if strings.ContainsAny(value, "\r\n") {
		return fmt.Errorf("output %s: the value is not one plain line", name)
	}
	end := "end_" + rand.Text()
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err == nil {
		_, err = fmt.Fprintf(f, "%s<<%s\n%s\n%s\n", name, end, value, end)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("output %s: cannot write to the job's files: %w", name, fileio.Cause(err))
	}
	return nil
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
