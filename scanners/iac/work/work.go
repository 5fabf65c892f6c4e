// Package work is what the frameworks of infrastructure code have in common:
// files go in, verdicts of checks and notes come out.
package work

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
)

// The frameworks, as the configuration, findings and thresholds name them.
const (
	Terraform      = "terraform"
	TerraformPlan  = "terraform-plan"
	CloudFormation = "cloudformation"
	AzureARM       = "azure-arm"
	Kubernetes     = "kubernetes"
	Helm           = "helm"
	Dockerfile     = "dockerfile"
	GitHubActions  = "github-actions"
)

const (
	// MaxFileSize bounds a file, in bytes; no configuration that people write
	// comes near it.
	MaxFileSize = 4 << 20
	// MaxPlanSize bounds a plan of Terraform, which a program writes.
	MaxPlanSize = 16 << 20
)

// File is one file of the tree.
type File struct {
	Path string // relative to the root of the tree, with slashes
	Data []byte
}

// A Task judges one thing that does not depend on another: a root module, a
// manifest file, a Dockerfile.
type Task struct {
	Name string // the file or directory, for errors
	Do   func(ctx context.Context) (Outcome, error)
}

// Outcome is what a task brings home.
type Outcome struct {
	Results  []Result
	Findings []finding.Finding // of checks that are written in Go
	Notes    []finding.Note
}

// Result is a verdict and what it is about.
type Result struct {
	check.Verdict
	Framework    string
	Location     finding.Location
	Resource     string // bucket.aws_s3_bucket.this, Deployment/web
	Part         string // which part of the resource
	Related      []finding.Location
	Suppressions []finding.Suppression
}

// CompareResults orders the results about one file by line, check and what they
// are about.
func CompareResults(a, b Result) int {
	return cmp.Or(
		cmp.Compare(a.Location.StartLine, b.Location.StartLine),
		cmp.Compare(a.Location.EndLine, b.Location.EndLine),
		cmp.Compare(a.Check.File, b.Check.File),
		cmp.Compare(a.Resource, b.Resource),
		cmp.Compare(a.Part, b.Part),
		cmp.Compare(a.Message, b.Message),
	)
}

// Gap is a note about something that was not looked at.
func Gap(path string, line int, message string) finding.Note {
	return finding.Note{Level: finding.Gap, Path: path, Line: line, Message: message}
}

// OnlyGap is an outcome of one gap.
func OnlyGap(path string, line int, message string) Outcome {
	return Outcome{Notes: []finding.Note{Gap(path, line, message)}}
}

// SortNotes orders notes by path, line, level and text, and leaves each once.
func SortNotes(notes []finding.Note) []finding.Note {
	slices.SortStableFunc(notes, func(a, b finding.Note) int {
		return cmp.Or(
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Level, b.Level),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return slices.Compact(notes)
}

// Example is code as it should be.
type Example struct{ Language, Code string }

// Help composes the markdown of a rule: why it matters, what to do, how that
// looks, and where there is more.
func Help(r finding.Rule, resolution string, examples ...Example) string {
	var b strings.Builder
	b.WriteString(cmp.Or(r.Description, r.Title))
	if resolution != "" {
		b.WriteString("\n\n**What to do:** " + strings.TrimSuffix(resolution, ".") + ".")
	}
	for _, e := range examples {
		b.WriteString("\n\n```" + e.Language + "\n" + e.Code + "\n```")
	}
	for i, link := range r.References {
		if i == 0 {
			b.WriteString("\n\n**More:**\n")
		}
		b.WriteString("\n- <" + link + ">")
	}
	return b.String() + "\n"
}
