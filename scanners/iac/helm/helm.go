// Package helm renders Helm charts for scanning, without a cluster, without a
// network and without Helm: what `helm template RELEASE CHART` of Helm 3
// prints, with the line of the template that wrote each line.
//
// What comes out is what Trivy's scanner looks at: no hooks (tests are hooks),
// no NOTES.txt, nothing from partials (files whose names begin with "_"), from
// library charts or from crds/. A file that renders to several documents gives
// several manifests.
//
// Where Helm stops, this goes on: a template that requires a value is rendered
// as if it did not, which is a Problem; a template that cannot be rendered, a
// subchart that cannot be read or is not there, is a Problem, and the rest is
// rendered. values.schema.json and kubeVersion of Chart.yaml are not enforced,
// and manifests are not validated. Functions whose result is random, depends on
// the time or on the machine give fixed stand-ins of the right shape; so do
// expensive ones (certificates, keys, hashes of passwords).
//
// Charts are hostile: everything is bounded. A template cannot be stopped from
// outside, so its parse tree is changed before it runs: each round of a loop
// and each call of a template is charged to a budget, and so is what functions
// do.
package helm

import (
	"context"
	"fmt"
	"sort"
)

// Chart is the files of a chart's directory by their path in it, with slashes:
// Chart.yaml, values.yaml, templates/…, charts/… (directories and .tgz
// archives), and others that templates may read. It is not changed.
type Chart map[string][]byte

// File is a named file; the name is for errors.
type File struct {
	Name string
	Data []byte
}

// Options are what a caller may set. The zero value gives what Trivy's scanner
// gives, but for the version of Kubernetes.
type Options struct {
	Values      []File   // values files; later ones win
	Release     string   // .Release.Name; the chart's name unless set
	Namespace   string   // .Release.Namespace; empty unless set
	KubeVersion string   // the released Helm's, 1.33.0, unless set; Trivy v0.66.0 is built with 1.20.0
	APIVersions []string // added to those that Helm knows
}

// Manifest is one rendered document.
type Manifest struct {
	// Template is the file that wrote it, by its path in the chart. What is in
	// an archive has the archive's path before its own:
	// charts/db-1.0.0.tgz/templates/x.yaml.
	Template string
	// Source is the name that Helm and Trivy print: chart/charts/db/templates/x.yaml.
	Source string
	Text   []byte
	// Lines holds, for each line of Text, the line of Template (from 1) that
	// wrote it. What a named template or a function wrote has the line of the
	// action that called it.
	Lines []int
}

// Problem is something that could not be rendered. The message quotes nothing
// of the values.
type Problem struct {
	Path    string // in the chart, as Manifest.Template
	Line    int    // from 1; 0 if none
	Message string
}

// Render renders a chart. Manifests are sorted by the path of the template, and
// are in the order of the file within it. An error means that nothing could be
// rendered: a values file is at fault, or ctx is done. A faulty chart gives
// problems instead.
func Render(ctx context.Context, c Chart, o Options) ([]Manifest, []Problem, error) {
	return renderWithin(ctx, newBudget(ctx, workOfChart), c, o)
}

func renderWithin(ctx context.Context, b *budget, c Chart, o Options) (manifests []Manifest, problems []Problem, err error) {
	defer func() {
		if p := recover(); p != nil {
			manifests, problems, err = nil, nil, fmt.Errorf("the chart cannot be rendered: the renderer gave up on it")
		}
	}()
	user, err := mergeFiles(b, o.Values)
	if err != nil {
		return nil, nil, err
	}
	capabilities, err := newCapabilities(o)
	if err != nil {
		return nil, nil, err
	}
	l := &loader{b: b}
	root := l.load(c)
	if root != nil {
		var found []Manifest
		var broken []Problem
		found, broken = renderChart(b, root, user, o, capabilities)
		manifests, l.problems = found, append(l.problems, broken...)
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	sort.SliceStable(manifests, func(i, j int) bool {
		if manifests[i].Template != manifests[j].Template {
			return manifests[i].Template < manifests[j].Template
		}
		return manifests[i].Source < manifests[j].Source
	})
	sort.SliceStable(l.problems, func(i, j int) bool {
		a, b := l.problems[i], l.problems[j]
		if a.Path != b.Path {
			return a.Path < b.Path
		}
		return a.Line < b.Line
	})
	return manifests, l.problems, nil
}

// renderChart prepares the values of a chart and renders its templates.
func renderChart(b *budget, root *chart, user map[string]any, o Options, k capabilities) ([]Manifest, []Problem) {
	broken := func(err error) ([]Manifest, []Problem) {
		return nil, []Problem{{Path: "Chart.yaml", Message: explain(err)}}
	}
	if err := processDependencies(b, root, user); err != nil {
		return broken(err)
	}
	values, err := coalesceValues(b, root, user)
	if err != nil {
		return broken(err)
	}
	name := o.Release
	if name == "" {
		name = root.meta.Name
	}
	release := map[string]any{
		"Name": name, "Namespace": o.Namespace, "IsUpgrade": false, "IsInstall": true, "Revision": 1, "Service": "Helm",
	}
	problems := missingDependencies(root)
	e := newEngine(b)
	e.collect(root, values, release, &k)
	manifests, failed := e.render()
	return manifests, append(problems, failed...)
}
