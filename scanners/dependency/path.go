package dependency

import (
	"slices"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/text"
)

const (
	maxPath  = 64  // packages of a path: longer ones are of no use, and a hostile lockfile could have very long ones for very many findings
	maxPlace = 200 // characters of one package in a path
)

// graph is who requires whom in a lockfile, walked once from the direct
// dependencies.
type graph struct {
	packages map[string]ftypes.Package // by id
	via      map[string]string         // the id of the package before on a shortest way; "" for a direct one
	depth    map[string]int
}

// paths returns, for those of the wanted packages that are not direct
// dependencies, the shortest way by which they are required. It takes linear
// time but for sorting, and follows no circles.
func paths(inv inventory, wanted func(match.Key) bool) map[string][]string {
	g := graph{map[string]ftypes.Package{}, map[string]string{}, map[string]int{}}
	for _, p := range inv.packages {
		if old, ok := g.packages[p.ID]; !ok || relationship(old) != "direct" {
			g.packages[p.ID] = p
		}
	}
	next := map[string][]string{}
	for _, d := range inv.requires {
		next[d.ID] = append(next[d.ID], d.DependsOn...)
	}
	if len(next) == 0 {
		return nil
	}
	queue := g.start(next)
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		if g.depth[id] == maxPath {
			continue
		}
		for _, to := range sorted(next[id]) {
			if _, known := g.packages[to]; !known {
				continue
			}
			if _, seen := g.depth[to]; !seen && !projectsOwn(g.packages[to]) {
				g.via[to], g.depth[to] = id, g.depth[id]+1
				queue = append(queue, to)
			}
		}
	}
	return g.read(wanted)
}

// start returns the direct dependencies: those that say so, those that the
// project itself requires and, in lockfiles that know neither, those that
// nothing requires.
func (g graph) start(next map[string][]string) (queue []string) {
	direct, required := map[string]bool{}, map[string]bool{}
	for id, p := range g.packages {
		if p.Relationship == ftypes.RelationshipDirect {
			direct[id] = true
		}
		for _, to := range next[id] {
			required[to] = required[to] || to != id
			if projectsOwn(p) {
				direct[to] = true
			}
		}
	}
	for id, p := range g.packages {
		if direct[id] && !projectsOwn(p) || len(direct) == 0 && !required[id] {
			queue = append(queue, id)
		}
	}
	slices.Sort(queue)
	for _, id := range queue {
		g.depth[id] = 1
	}
	return queue
}

// read makes a map by name and version, which several ids may share.
func (g graph) read(wanted func(match.Key) bool) map[string][]string {
	best := map[string]string{}
	for id, depth := range g.depth {
		p := g.packages[id]
		if !wanted(keyOf(p)) {
			continue
		}
		key := p.Name + "@" + p.Version
		old, ok := best[key]
		if !ok || depth < g.depth[old] || depth == g.depth[old] && id < old {
			best[key] = id
		}
	}
	all := make(map[string][]string, len(best))
	for key, id := range best {
		if g.depth[id] == 1 {
			continue
		}
		way := make([]string, 0, g.depth[id])
		for ; id != ""; id = g.via[id] {
			p := g.packages[id]
			way = append(way, text.OneLine(p.Name+"@"+p.Version, maxPlace))
		}
		slices.Reverse(way)
		all[key] = way
	}
	return all
}

func sorted(ids []string) []string {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, strings.Compare)
	return slices.Compact(ids)
}
