// Package kustomize renders the kustomizations of a tree, so that the checks
// see the objects that would be deployed and not the pieces that they are made
// of.
//
// It is an implementation of its own. kustomize's library takes no context,
// keeps its schema in a variable of the process, writes to standard error, and
// can clone repositories and start programs; a patch of a few lines makes it
// eat all memory. Here nothing is fetched or started, values are shared and
// never changed in place, and every step is paid from a budget.
//
// Understood are resources, bases, components, namespace, namePrefix,
// nameSuffix, labels, commonLabels, commonAnnotations, images, replicas,
// patches, patchesStrategicMerge, patchesJson6902 and, without the values,
// configMapGenerator and secretGenerator. Names in references (of a ConfigMap
// in a volume, say) are not adapted to prefixes, and generated names have no
// hash. Whatever else changes the result is a Problem.
//
// Patches' "test" operations are taken to hold.
//
// A kustomization is built as far as it can be: what is remote, missing,
// outside of the tree or broken is left out and is a Problem. A resource that
// several roots use is returned once for each of them, with the same Path and
// Line; whoever judges them drops equal findings.
package kustomize

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"strings"
)

// A Place is a line of a file of the tree. Lines count from 1.
type Place struct {
	Path string // relative to the root of the tree, with slashes
	Line int
}

// A Resource is one object of a rendered kustomization.
type Resource struct {
	Kustomization string        // path of the kustomization that was built, a root
	Place                       // where the object's document starts; of a generated one, its generator's line
	Text          []byte        // the object as YAML
	Lines         []int         // for each line of Text, the line in Path where its field stands, or the nearest field around it
	Set           map[int]Place // where a line of Text, by its index, comes from if that is another file
	Patched       bool          // not as in its file
}

// A Problem is what kept a kustomization, or a part of it, from being built.
type Problem struct {
	Place          // Line is 0 where it is about the whole file
	Message string // what, in words, without a quotation from the file
	Gap     bool   // something was not looked at; else the result is only less exact
}

// Result is what Build returns, in an order that depends on its input alone.
type Result struct {
	Resources []Resource
	Covered   map[string]bool // files that are part of what was built and need not be judged by themselves
	Problems  []Problem
}

// IsFile reports whether a file is a kustomization, by its name.
func IsFile(name string) bool {
	switch path.Base(name) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return true
	}
	return false
}

// Build renders the kustomizations at the given paths: each that no other one
// refers to, with all that it refers to. Further files are asked for by read,
// by a clean path with slashes relative to the root of the tree, which never
// leads out of it. An error of read is a Problem; the only error of Build is
// that of the context.
func Build(ctx context.Context, kustomizations []string, read func(path string) ([]byte, error)) (Result, error) {
	b := &build{
		purse:   purse{ctx: ctx, left: maxSteps},
		read:    read,
		dirs:    map[string]*kustomization{},
		broken:  map[string]bool{},
		files:   map[string]*parsed{},
		reached: map[string]bool{},
		out:     Result{Covered: map[string]bool{}},
	}
	if err := b.load(kustomizations); err != nil {
		return Result{}, err
	}
	// Those that others refer to come later, and only if no root reached them:
	// when their root could not be built, or when they refer to one another.
	order := b.roots()
	for _, dir := range order {
		if b.reached[dir] {
			continue
		}
		if b.left <= 0 || b.spent >= maxSpent {
			at := Place{Path: b.dirs[dir].path}
			b.out.Problems = append(b.out.Problems, Problem{at, "is not built: others cost too much", true})
			continue
		}
		b.root(b.dirs[dir])
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
	}
	slices.SortFunc(b.out.Problems, func(x, y Problem) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Message, y.Message))
	})
	b.out.Problems = slices.Compact(b.out.Problems)
	return b.out, nil
}

// build is the state of one Build.
type build struct {
	purse
	read    func(string) ([]byte, error)
	dirs    map[string]*kustomization // by directory
	broken  map[string]bool           // directories of those that cannot be read
	files   map[string]*parsed        // what was read, by path
	bytes   int                       // how much was read
	texts   int                       // how much was rendered
	reached map[string]bool           // directories of kustomizations that are part of what was built
	spent   int                       // roots that cost more than they may
	out     Result

	// Of the root that is being built:
	problems []Problem
	covered  map[string]bool
	visited  map[string]bool
	partial  bool // something is missing, so that a patch without a target is no surprise
}

// load reads the kustomizations themselves.
func (b *build) load(paths []string) error {
	paths = slices.Sorted(slices.Values(paths))
	b.limit = max(0, b.left-maxStepsOfRoot)
	for _, p := range slices.Compact(paths) {
		if b.ctx.Err() != nil {
			return b.ctx.Err()
		}
		dir := path.Dir(p)
		if first := b.dirs[dir]; first != nil {
			b.problem(Place{Path: p}, true, "is not built: its directory has another kustomization")
			continue
		}
		docs, err := b.parse(p)
		if err == nil && len(docs) == 0 {
			b.problem(Place{Path: p}, false, "is empty")
			continue
		}
		var k *kustomization
		if err == nil && len(docs) == 1 && isOther(docs[0]) {
			continue
		}
		if err == nil {
			k, err = newKustomization(p, docs)
		}
		if err != nil {
			b.broken[dir] = true
			b.problem(Place{p, lineOf(err)}, true, "cannot be built: it "+err.Error())
			continue
		}
		b.dirs[dir] = k
	}
	b.out.Problems, b.problems = b.problems, nil
	return b.ctx.Err()
}

// roots lists the directories: first those that no other refers to, then the
// components, then the rest.
func (b *build) roots() []string {
	used := map[string]bool{}
	for dir, k := range b.dirs {
		for _, entry := range slices.Concat(k.resources, k.components) {
			if to, ok := within(dir, entry.text); ok && to != dir && b.dirs[to] != nil {
				used[to] = true
			}
		}
	}
	rank := func(dir string) int {
		switch {
		case used[dir]:
			return 2
		case b.dirs[dir].component:
			return 1
		}
		return 0
	}
	dirs := make([]string, 0, len(b.dirs))
	for dir := range b.dirs {
		dirs = append(dirs, dir)
	}
	slices.SortFunc(dirs, func(x, y string) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)), strings.Compare(x, y))
	})
	return dirs
}

// root builds one kustomization and keeps what came of it. When it costs more
// than it may, there is a Problem and nothing of it counts.
func (b *build) root(k *kustomization) {
	b.problems, b.covered, b.visited = nil, map[string]bool{}, map[string]bool{}
	b.partial = k.component // its patches are meant for what others bring
	b.limit = max(0, b.left-maxStepsOfRoot)
	objects, err := b.accumulate(k, nil, nil)
	var rendered []Resource
	if err == nil {
		rendered, err = b.render(k.path, objects)
	}
	if err != nil {
		if errors.Is(err, errSpent) {
			b.spent++
		}
		at := Place{Path: k.path}
		b.out.Problems = append(b.out.Problems, Problem{at, "cannot be built: it " + err.Error(), true})
		return
	}
	b.out.Resources = append(b.out.Resources, rendered...)
	b.out.Problems = append(b.out.Problems, b.problems...)
	for p := range b.covered {
		b.out.Covered[p] = true
	}
	for dir := range b.visited {
		b.reached[dir] = true
	}
}

// problem notes what the root lacks.
func (b *build) problem(at Place, gap bool, message string) {
	if len(b.problems) < maxProblems {
		b.problems = append(b.problems, Problem{at, message, gap})
	}
}

// render writes the objects down, without those that are for tools only.
func (b *build) render(root string, objects []*object) ([]Resource, error) {
	var out []Resource
	for _, o := range objects {
		if v := o.root.get("metadata", "annotations", "config.kubernetes.io/local-config"); v != nil && v.text != "false" {
			continue
		}
		w := writer{purse: &b.purse, path: o.at.Path, left: maxText - b.texts, set: map[int]Place{}}
		if err := w.value(o.root, 0, o.at.Line, false); err != nil {
			return nil, err
		}
		b.texts += len(w.text)
		if len(w.set) == 0 {
			w.set = nil
		}
		out = append(out, Resource{root, o.at, w.text, w.lines, w.set, o.patched})
	}
	return out, nil
}

// within resolves what a kustomization in dir refers to. It reports false
// where that is outside of the tree.
func within(dir, entry string) (string, bool) {
	if entry == "" || strings.HasPrefix(entry, "/") || strings.ContainsAny(entry, "\\\x00\n") {
		return "", false
	}
	p := path.Join(dir, entry)
	return p, p != ".." && !strings.HasPrefix(p, "../")
}
