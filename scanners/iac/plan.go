package iac

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/scanners/iac/workflow"
	"github.com/scangate/scangate/text"
)

// The kinds of file that the scanner knows.
const (
	terraformKind = iota
	planKind      // what `terraform show -json` makes of a plan
	cloudformationKind
	azureKind
	kubernetesKind
	kustomizeKind // kustomization.yaml and its like
	helmKind      // the files of charts
	dockerfileKind
	workflowKind
	kinds

	// byContent is what a name leaves open.
	byContent
)

// kindNames are the frameworks that the kinds belong to, as the configuration,
// findings and thresholds name them.
var kindNames = [kinds]string{
	work.Terraform, work.TerraformPlan, work.CloudFormation, work.AzureARM, work.Kubernetes, work.Kubernetes, work.Helm,
	work.Dockerfile, work.GitHubActions,
}

// labels are what people call the frameworks.
var labels = map[string]string{
	work.Terraform: "Terraform", work.TerraformPlan: "Terraform plan", work.CloudFormation: "CloudFormation", work.AzureARM: "Azure template",
	work.Kubernetes: "Kubernetes", work.Helm: "Helm", work.Dockerfile: "Dockerfile", work.GitHubActions: "GitHub Actions",
}

const (
	sniffSize = 64 << 10  // bytes of a file that decide whether the rest is looked at
	maxKept   = 256 << 20 // bytes of content that a plan carries over to the scan
)

// maxSize is how large a file of a kind may be, in bytes. Plans are made by a
// program.
func maxSize(kind int) int64 {
	if kind == planKind {
		return work.MaxPlanSize
	}
	return work.MaxFileSize
}

// plan is what Plan hands to Scan.
type plan struct {
	files  [kinds][]work.File // without data: to be read by Scan
	charts []chart
	raw    []work.File // YAML, JSON and TOML of any kind, for checks that ask for it
	notes  []finding.Note
	kept   int64

	tree *scanners.Tree
	dirs map[string]bool // whose Terraform code is judged, of a part; nil: all

	apart   []unit // what units has made of it
	divided bool   // it has
}

// Plan finds the files to judge: by their names, by their place, and YAML and
// JSON by their content, which is then kept, so that a file is read once.
func (s *Scanner) Plan(ctx context.Context, t scanners.Target) (scanners.Work, error) {
	p := &plan{tree: t.Tree}
	files := t.Tree.Files()
	if s.wanted[helmKind] {
		p.charts, files = splitCharts(files)
	}
	for _, f := range files {
		if ctx.Err() != nil {
			return scanners.Work{}, ctx.Err()
		}
		if len(s.options.Checks) > 0 && rawSource(f.Path) != "" && f.Size <= work.MaxFileSize {
			p.raw = append(p.raw, work.File{Path: f.Path})
		}
		k := kindByName(path.Base(f.Path))
		if k == byContent && s.wanted[workflowKind] && workflow.Is(t.Tree, f) {
			k = workflowKind
		}
		switch {
		case k == byContent:
			s.sniff(p, t.Tree, f)
		case k == kinds || !s.wanted[k]:
		case k == dockerfileKind && !isDockerfile(t.Tree, f):
		case f.Size > work.MaxFileSize:
			p.notes = append(p.notes, work.Gap(f.Path, 0, tooLarge(k)))
		default:
			p.files[k] = append(p.files[k], work.File{Path: f.Path})
		}
	}
	what := p.what()
	if what == "" && len(p.raw) > 0 {
		what = text.Count(len(p.raw), "file") + " for the checks of this repository"
	}
	if what == "" && len(p.notes) == 0 {
		return scanners.Nothing(s.nothing()), nil
	}
	return scanners.Work{What: what, Items: p}, nil
}

// tooLarge says that a file of a kind is over its limit.
func tooLarge(kind int) string {
	return fmt.Sprintf("is over %d MiB: not scanned; split it or generate it outside of the repository", maxSize(kind)>>20)
}

// what says how many files of which framework there are.
func (p *plan) what() string {
	total, parts := 0, []string{}
	counts := map[string]int{}
	for k, files := range p.files {
		counts[kindNames[k]] += len(files)
		total += len(files)
	}
	for _, c := range p.charts {
		counts[work.Helm] += len(c.files)
		total += len(c.files)
	}
	for _, name := range Frameworks() {
		if counts[name] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", name, counts[name]))
		}
	}
	if total == 0 {
		return ""
	}
	return text.Count(total, "file") + ": " + strings.Join(parts, ", ")
}

// nothing says why there is nothing to do.
func (s *Scanner) nothing() string {
	if len(s.options.Frameworks) == 0 {
		return "no infrastructure code in the tree"
	}
	var names []string
	for k := range kindNames {
		if label := labels[kindNames[k]]; s.wanted[k] && !slices.Contains(names, label) {
			names = append(names, label)
		}
	}
	why := "no " + names[len(names)-1]
	if len(names) > 1 {
		why = "no " + strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
	}
	return why + " in the tree"
}

// sniff adds f when its content is that of a kind.
func (s *Scanner) sniff(p *plan, tree *scanners.Tree, f scanners.File) {
	head, err := readHead(tree, f.Path)
	if err != nil {
		p.notes = append(p.notes, work.Gap(f.Path, 0, "cannot be read: "+err.Error()))
		return
	}
	kind, data, err := kindByContent(head, func() ([]byte, error) {
		if len(head) < sniffSize || f.Size > work.MaxPlanSize {
			return head, nil
		}
		return tree.Read(f.Path, work.MaxPlanSize)
	})
	switch {
	case kind == kinds || !s.wanted[kind]:
		return
	case err != nil:
		p.notes = append(p.notes, work.Gap(f.Path, 0, "cannot be read: "+err.Error()))
		return
	case max(f.Size, int64(len(data))) > maxSize(kind):
		p.notes = append(p.notes, work.Gap(f.Path, 0, tooLarge(kind)))
		return
	}
	if p.kept+int64(len(data)) > maxKept {
		data = nil
	}
	p.kept += int64(len(data))
	p.files[kind] = append(p.files[kind], work.File{Path: f.Path, Data: data})
}

// readHead returns the first bytes of a file.
func readHead(tree *scanners.Tree, name string) ([]byte, error) {
	f, err := tree.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, sniffSize))
}
