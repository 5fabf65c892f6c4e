package iac

import (
	"bytes"
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/helm"
	"github.com/scangate/scangate/scanners/iac/kubernetes"
	"github.com/scangate/scangate/scanners/iac/work"
)

// chart is a Helm chart of the tree.
type chart struct {
	dir   string          // "." for the root
	files []scanners.File // with paths relative to the root of the tree
}

// splitCharts takes the charts out of a tree's files. A chart in the directory
// charts of another one is a part of that. What lies in a chart's directory and
// is no part of it (a workflow, an example) stays a file of the tree.
func splitCharts(files []scanners.File) (charts []chart, rest []scanners.File) {
	dirs := map[string]int{}
	for _, f := range files {
		if path.Base(f.Path) == "Chart.yaml" {
			dirs[path.Dir(f.Path)] = -1
		}
	}
	if len(dirs) == 0 {
		return nil, files
	}
	for _, f := range files {
		dir, part := chartOf(f.Path, dirs)
		if !part {
			rest = append(rest, f)
			continue
		}
		if dirs[dir] < 0 {
			dirs[dir] = len(charts)
			charts = append(charts, chart{dir: dir})
		}
		at := dirs[dir]
		charts[at].files = append(charts[at].files, f)
	}
	slices.SortFunc(charts, func(a, b chart) int { return strings.Compare(a.dir, b.dir) })
	return charts, rest
}

// chartParts are what a chart consists of. Other files are read when a template
// asks for them.
var chartParts = []string{"Chart.yaml", "Chart.lock", "requirements.yaml", "requirements.lock", "values.yaml", "templates/", "charts/", "crds/"}

// chartOf returns the outermost chart that a file is a part of.
func chartOf(name string, dirs map[string]int) (dir string, part bool) {
	for up := path.Dir(name); ; up = path.Dir(up) {
		if _, ok := dirs[up]; ok {
			inside := name
			if up != "." {
				inside = strings.TrimPrefix(name, up+"/")
			}
			if slices.ContainsFunc(chartParts, func(p string) bool {
				return inside == p || strings.HasSuffix(p, "/") && strings.HasPrefix(inside, p)
			}) {
				dir, part = up, true
			}
		}
		if up == "." {
			return dir, part
		}
	}
}

const (
	maxChart     = 32 << 20 // bytes of a chart
	maxChartFile = 10 << 20 // bytes of one of its files: archives of subcharts are large
)

// readChart reads a chart's files. all are the files of the tree, of which a
// template may ask for those in the chart's directory.
func readChart(tree *scanners.Tree, c chart, all []scanners.File) (helm.Chart, []finding.Note) {
	out, notes, total := helm.Chart{}, []finding.Note(nil), int64(0)
	asks := false
	add := func(f scanners.File) {
		name := f.Path
		if c.dir != "." {
			name = strings.TrimPrefix(name, c.dir+"/")
		}
		if out[name] != nil {
			return
		}
		data, err := tree.Read(f.Path, maxChartFile)
		if total += int64(len(data)); err == nil && total > maxChart {
			err = errors.New("the chart is over 32 MiB")
		}
		if err != nil {
			notes = append(notes, work.Gap(f.Path, 0, "cannot be read: "+err.Error()))
			return
		}
		out[name] = data
		asks = asks || bytes.Contains(data, []byte(".Files"))
	}
	for _, f := range c.files {
		add(f)
	}
	if asks {
		for _, f := range all {
			if (c.dir == "." || strings.HasPrefix(f.Path, c.dir+"/")) && f.Size <= maxChartFile/10 {
				add(f)
			}
		}
	}
	return out, notes
}

// chartTask renders a chart and judges what comes out.
func (r *run) chartTask(c chart) work.Task {
	return work.Task{Name: c.dir, Do: func(ctx context.Context) (work.Outcome, error) {
		files, notes := readChart(r.tree, c, r.tree.Files())
		manifests, problems, err := helm.Render(ctx, files, helm.Options{Values: r.values})
		if err != nil {
			return work.Outcome{}, err
		}
		out := work.Outcome{Notes: notes}
		for _, p := range problems {
			level := finding.Gap
			if p.Wanting() {
				level = finding.Information
			}
			out.Notes = append(out.Notes, finding.Note{Level: level, Path: path.Join(c.dir, p.Path), Line: p.Line, Message: p.Message})
		}
		for _, m := range manifests {
			found, _, err := kubernetes.Judge(ctx, r.checks, kubernetes.Manifests{Path: path.Join(c.dir, m.Template), Framework: work.Helm, Text: m.Text, Lines: m.Lines})
			if err != nil {
				return work.Outcome{}, err
			}
			out.Results = append(out.Results, found.Results...)
			out.Notes = append(out.Notes, found.Notes...)
		}
		return out, nil
	}}
}
