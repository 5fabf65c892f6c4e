package main

import (
	"cmp"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/scangate/scangate/github"
	"github.com/scangate/scangate/text"
)

// jobInputs is what action.yml passes on.
type jobInputs struct {
	scanning
	upload  *upload
	onlyNew string   // "auto", "true" or "false"
	saved   []string // files with results to judge, in place of a scan
}

// inputNames are the inputs of action.yml.
var inputNames = []string{
	"annotations", "audit-log", "baseline", "binary-path", "binary-sha256", "cache-dir", "category", "comment", "config", "db", "db-max-age", "db-repository", "download-url", "fail-on", "images",
	"log-format", "only-new", "output", "path", "ref", "results", "sarif-file", "scanners", "sha", "since", "targets", "timeout", "token", "upload", "wait-for-processing",
}

// installNames are those of them that get the program, and that it does not read.
var installNames = []string{"binary-path", "binary-sha256", "download-url"}

// checkInputNames refuses inputs that action.yml does not have: GitHub only warns
// of them, and a misspelt fail-on that nobody reads is a hole in the gate. The
// names come as GitHub's own list of all inputs.
func checkInputNames(job *github.Job) error {
	list := job.Input("inputs")
	if list == "" {
		return nil
	}
	var given map[string]any
	if err := json.Unmarshal([]byte(list), &given); err != nil {
		return usage("SCANGATE_INPUTS: want all inputs as JSON, as action.yml gives them")
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(inputNames, name) {
			return usage("unknown input %q%s", text.OneLine(name, 50), text.Suggest(name, inputNames))
		}
	}
	return nil
}

// readInputs reads all inputs.
func readInputs(job *github.Job) (in jobInputs, err error) {
	if err := checkInputNames(job); err != nil {
		return in, err
	}
	if in.scanning, err = scanInputs(job); err != nil {
		return in, err
	}
	if in.onlyNew, err = oneOf(job, "only-new"); err != nil {
		return in, err
	}
	if in.saved, err = savedInputs(job); err != nil {
		return in, err
	}
	if in.upload, err = uploadInputs(job); err != nil {
		return in, err
	}
	if _, err = oneOf(job, "annotations"); err != nil {
		return in, err
	}
	in.upload.comment, err = yesOrNo(job, "comment", false)
	return in, err
}

// autoModes are the values of inputs that choose by themselves.
var autoModes = []string{"auto", "true", "false"}

// oneOf reads an input that is auto, true or false.
func oneOf(job *github.Job, name string) (string, error) {
	word := cmp.Or(job.Input(name), autoModes[0])
	if !slices.Contains(autoModes, word) {
		return "", usage("%s: %q is none of auto, true and false%s", name, text.OneLine(word, 50), text.Suggest(word, autoModes))
	}
	return word, nil
}

// yesOrNo reads an input that is true or false.
func yesOrNo(job *github.Job, name string, unset bool) (bool, error) {
	word := job.Input(name)
	if word == "" {
		return unset, nil
	}
	yes, err := strconv.ParseBool(word)
	if err != nil {
		return false, usage("%s: %q is neither true nor false", name, text.OneLine(word, 50))
	}
	return yes, nil
}

// savedInputs finds the files of the input results, and refuses what is about a
// scan beside them.
func savedInputs(job *github.Job) (files []string, err error) {
	for _, pattern := range job.Inputs("results") {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			return nil, usage("results: no file matches %s", text.OneLine(pattern, 200))
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, nil
	}
	for _, name := range []string{"scanners", "images", "targets", "since", "only-new", "timeout"} {
		if v := job.Input(name); v != "" && v != autoModes[0] {
			return nil, usage("results: nothing is scanned, and %s is about a scan: leave one of them out", name)
		}
	}
	return files, nil
}

// scanInputs reads what is about the scan.
func scanInputs(job *github.Job) (s scanning, err error) {
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
		if s.timeout, err = duration("timeout", t); err != nil {
			return scanning{}, err
		}
	}
	if t := job.Input("db-max-age"); t != "" {
		age, err := duration("db-max-age", t)
		if err != nil {
			return scanning{}, err
		}
		s.maxAge = &age
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

func duration(name, value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return 0, usage("%s: %q is not a duration such as 10m", name, text.OneLine(value, 50))
	}
	return d, nil
}
