package main

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/scangate/scangate/github"
	"github.com/scangate/scangate/text"
)

// inputNames are the inputs of action.yml.
var inputNames = []string{
	"annotations", "baseline", "binary-path", "binary-sha256", "category", "comment", "config", "db", "db-repository", "download-url", "fail-on", "images", "output", "path", "ref",
	"sarif-file", "scanners", "sha", "since", "targets", "timeout", "token", "upload", "wait-for-processing",
}

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
