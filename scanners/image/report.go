package image

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/image/source"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb"
)

// reporter collects what there is to say about one image.
type reporter struct {
	db      *vulndb.DB
	img     *source.Image
	build   build
	secrets *secrets
	now     time.Time

	findings  []finding.Finding
	rules     match.Rulebook
	notes     []finding.Note
	inventory []finding.Source
	looked    finding.Looked
	unsigned  []string // why signatures do not count
}

func (r *reporter) report() scanners.Report {
	return scanners.Report{Findings: r.findings, Rules: r.rules.Sorted(), Looked: r.looked, Notes: r.notes, Inventory: r.inventory}
}

func (r *reporter) note(level finding.NoteLevel, format string, args ...any) {
	r.notes = append(r.notes, finding.Note{Level: level, Message: fmt.Sprintf(format, args...)})
}

// add completes a finding that is about a file of a layer, or about the image
// as such (layer -1), and keeps it.
func (r *reporter) add(f finding.Finding, layer int, file, key string) {
	step := -1
	if layer >= 0 && layer < len(r.img.Layers) {
		l := r.img.Layers[layer]
		step = l.HistoryIndex
		f.Layer = &finding.Layer{Digest: l.Digest, DiffID: l.DiffID, CreatedBy: text.OneLine(l.CreatedBy, 300), Base: r.build.isBase(step), File: file}
	} else if file != "" {
		f.Layer = &finding.Layer{File: file}
	}
	if line := r.build.line(step); line > 0 && f.Location.Path == "" {
		f.Location = finding.Location{Path: r.build.path, StartLine: line}
	}
	// The image's name, and not its tag or digest: the same finding in the next
	// build is the same.
	f.Key = r.img.Name + " " + file + " " + key
	r.findings = append(r.findings, f)
}

// place names a file and its layer for people.
func (r *reporter) place(layer int, file string) string {
	if layer < 0 || layer >= len(r.img.Layers) {
		return file
	}
	s := fmt.Sprintf("layer %d", layer+1)
	switch {
	case r.build.isBase(r.img.Layers[layer].HistoryIndex):
		s += " (base image)"
	case r.img.Layers[layer].CreatedBy != "":
		s += " (" + text.OneLine(stepText(r.img.Layers[layer].CreatedBy), 80) + ")"
	}
	if file != "" {
		s = file + " of " + s
	}
	return s
}

func stepText(createdBy string) string {
	s := stepOf(createdBy)
	return strings.TrimSpace(s.word + " " + s.text)
}

// software matches everything that is installed.
func (r *reporter) software(ctx context.Context, s state) error {
	if err := r.system(ctx, s); err != nil {
		return err
	}
	if err := r.libraries(ctx, s); err != nil {
		return err
	}
	if r.secrets != nil {
		return r.filesSecrets(s)
	}
	return nil
}

func (r *reporter) digest(layer int) string {
	if layer < 0 || layer >= len(r.img.Layers) {
		return ""
	}
	return r.img.Layers[layer].Digest
}
