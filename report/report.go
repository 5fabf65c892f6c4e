// Package report turns results and their verdict into what people and
// programs read. There is one file per format, and one list of formats.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/sarif"
	"github.com/scangate/scangate/text"
)

// Report is what every format is made from.
type Report struct {
	Results  finding.Results
	Verdict  policy.Verdict
	Occasion Occasion
}

// Format is a way to write a Report.
type Format struct {
	Name  string
	Write func(io.Writer, Report) error
}

// Formats lists the formats that --output takes. A new one is a file with a
// function, its test, and a line here.
func Formats() []Format {
	return []Format{
		{"sarif", writeSARIF(sarif.Options{})},
		{"sarif-upload", writeSARIF(sarif.Options{Upload: true})},
		{"json", JSON},
		{"inventory", Inventory},
		{"openvex", OpenVEX},
		{"markdown", Markdown},
		{"html", HTML},
		{"junit", JUnit},
		{"spdx", SPDX},
		{"cyclonedx", CycloneDX},
		{"metrics", Metrics},
		{"table", func(w io.Writer, r Report) error { return Table(w, r, TableOptions{}) }},
	}
}

// FormatNames lists the names that ParseOutput takes.
func FormatNames() []string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return names
}

// Output is a format and the file to write it to.
type Output struct {
	Format Format
	File   string // "-" is standard output
}

// ParseOutput reads FORMAT=FILE.
func ParseOutput(spec string) (Output, error) {
	name, file, ok := strings.Cut(spec, "=")
	if !ok || file == "" {
		return Output{}, fmt.Errorf("%q: want FORMAT=FILE, for example sarif=results.sarif, or sarif=- for standard output", spec)
	}
	formats := Formats()
	i := slices.IndexFunc(formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Output{}, fmt.Errorf("unknown format %q%s", name, text.Suggest(name, FormatNames()))
	}
	return Output{Format: formats[i], File: file}, nil
}
