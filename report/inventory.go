package report

import (
	"io"

	"github.com/scangate/scangate/finding"
)

// Inventory writes the software that the scanners looked at, as JSON: for each
// lockfile, package database or binary its packages, with their versions,
// package URLs, licences and relations. Only a scan has it: saved results do
// not, and are an error here rather than an empty list.
func Inventory(w io.Writer, r Report) error {
	type source struct {
		Scanner string `json:"scanner"`
		Target  string `json:"target,omitempty"`
		Status  string `json:"status"` // of the scanner: a list of one that did not complete is not whole
		finding.Source
	}
	out := struct {
		Version int            `json:"schemaVersion"`
		Tool    finding.Engine `json:"tool"`
		Root    string         `json:"root,omitempty"`
		Sources []source       `json:"sources"`
	}{Version: 1, Tool: r.Results.Tool, Root: r.Results.Root, Sources: []source{}}
	for i := range r.Results.Runs {
		run := &r.Results.Runs[i]
		if run.Looked.Packages > 0 && len(run.Inventory) == 0 {
			return errNoInventory("inventory")
		}
		for _, s := range run.Inventory {
			if s.Packages == nil {
				s.Packages = []finding.Component{}
			}
			out.Sources = append(out.Sources, source{run.Scanner, run.Target, run.Status.String(), s})
		}
	}
	return writeDocument(w, out)
}
