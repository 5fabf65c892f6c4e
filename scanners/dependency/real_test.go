package dependency

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the expectations of TestRealLockfiles, to be checked by hand")

// TestRealLockfiles reads what the package managers themselves wrote, and
// compares everything that is known of each package with want.txt beside it.
func TestRealLockfiles(t *testing.T) {
	dirs, err := filepath.Glob("testdata/real/*/*")
	if err != nil || len(dirs) < 30 {
		t.Fatalf("%d fixtures, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		t.Run(strings.TrimPrefix(filepath.ToSlash(dir), "testdata/real/"), func(t *testing.T) {
			tr := walk(t, dir)
			var got strings.Builder
			for _, f := range tr.Files() {
				k, ok := kindOf(f.Path)
				if !ok {
					continue
				}
				data, err := tr.Read(f.Path, maxSize)
				if err != nil {
					t.Fatal(err)
				}
				inv, err := k.parse(source{path: f.Path, data: data, tree: tr})
				if err != nil {
					t.Fatalf("%s: %v", f.Path, err)
				}
				fmt.Fprintf(&got, "# %s\n", f.Path)
				for _, line := range describe(k, data, inv) {
					fmt.Fprintln(&got, line)
				}
			}
			expected := filepath.Join(dir, "want.txt")
			if *update {
				if err := os.WriteFile(expected, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(expected)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// describe writes a line for each package: name, version, line, how it is
// required, its licences in brackets, and what it requires in turn. A required
// id that no package has is marked with a question mark.
func describe(k kind, data []byte, inv inventory) []string {
	names, lines := map[string]string{}, map[string]int{}
	for _, p := range inv.packages {
		key := p.Name + "@" + p.Version
		names[p.ID] = key
		if line, ok := lines[key]; !ok || len(p.Locations) > 0 && p.Locations[0].StartLine < line {
			lines[key] = 0
			if len(p.Locations) > 0 {
				lines[key] = p.Locations[0].StartLine
			}
		}
	}
	if k.lines != nil {
		k.lines(data, lines)
	}
	requires := map[string][]string{}
	for _, d := range inv.requires {
		for _, to := range d.DependsOn {
			if names[to] == "" {
				names[to] = "?" + to
			}
			requires[d.ID] = append(requires[d.ID], names[to])
		}
	}
	var out []string
	for _, p := range inv.packages {
		how := map[ftypes.Relationship]string{ftypes.RelationshipRoot: "own", ftypes.RelationshipDirect: "direct", ftypes.RelationshipIndirect: "indirect"}[p.Relationship]
		if how == "" {
			how = "unknown"
		}
		line := fmt.Sprintf("%s %s %d %s", p.Name, p.Version, lines[p.Name+"@"+p.Version], how)
		if p.Dev {
			line += " dev"
		}
		if len(p.Licenses) > 0 {
			line += fmt.Sprint(" ", p.Licenses)
		}
		if on := requires[p.ID]; len(on) > 0 {
			slices.Sort(on)
			line += " > " + strings.Join(slices.Compact(on), " ")
		}
		out = append(out, line)
	}
	slices.Sort(out)
	for _, remark := range inv.remarks {
		out = append(out, "! "+remark)
	}
	return slices.Compact(out)
}
