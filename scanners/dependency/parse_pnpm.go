package dependency

import (
	"fmt"
	"strconv"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"gopkg.in/yaml.v3"
)

// pnpmLock is pnpm-lock.yaml. Before version 9 of the format, packages say what
// they require; since then, snapshots do. A project without workspaces stands
// at the top before version 9.
type pnpmLock struct {
	Version      any                     `yaml:"lockfileVersion"`
	Importers    map[string]pnpmImporter `yaml:"importers"`
	pnpmImporter `yaml:",inline"`
	Packages     map[string]pnpmPackage `yaml:"packages"`
	Snapshots    map[string]pnpmPackage `yaml:"snapshots"`
}

// pnpmImporter is the project or one of its workspaces.
type pnpmImporter struct {
	Dependencies map[string]pnpmReference `yaml:"dependencies"`
	Optional     map[string]pnpmReference `yaml:"optionalDependencies"`
	Dev          map[string]pnpmReference `yaml:"devDependencies"`
}

// pnpmReference is a version, or the key of a package; since version 6, in an
// object with the range.
type pnpmReference string

// UnmarshalYAML reads both forms.
func (r *pnpmReference) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode((*string)(r))
	}
	var object struct {
		Version string `yaml:"version"`
	}
	if err := n.Decode(&object); err != nil {
		return err
	}
	*r = pnpmReference(object.Version)
	return nil
}

type pnpmPackage struct {
	Name         string            `yaml:"name"`    // of what comes from no registry
	Version      string            `yaml:"version"` // the same
	Dev          bool              `yaml:"dev"`     // before version 9
	Dependencies map[string]string `yaml:"dependencies"`
	Optional     map[string]string `yaml:"optionalDependencies"`
}

// parsePnpm reads all versions of the format. The engine's parser passes over
// development packages before version 9, finds direct ones of workspaces since
// then only, and those that are optional never.
func parsePnpm(in source) (inv inventory, err error) {
	var lock pnpmLock
	if err := yaml.Unmarshal(in.data, &lock); err != nil {
		return inv, err
	}
	format, err := pnpmFormat(lock.Version)
	if err != nil {
		return inv, err
	}
	nodes := lock.Packages
	if format >= 9 {
		nodes = lock.Snapshots
	}
	for key, node := range nodes {
		p := ftypes.Package{ID: key, Name: node.Name, Version: node.Version, Dev: node.Dev}
		if p.Name == "" {
			var version string
			p.Name, version = pnpmName(key, format)
			info := lock.Packages[p.Name+"@"+version]
			if p.Version = version; info.Version != "" {
				p.Version = info.Version
			}
			if !versionLike.MatchString(p.Version) {
				p.Version = "" // an address, which may hold a password
			}
		}
		inv.packages = append(inv.packages, p)
		var on []string
		for _, names := range []map[string]string{node.Dependencies, node.Optional} {
			for name, reference := range names {
				if id, ok := pnpmFind(nodes, name, reference); ok {
					on = append(on, id)
				}
			}
		}
		if len(on) > 0 {
			inv.requires = append(inv.requires, ftypes.Dependency{ID: key, DependsOn: on})
		}
	}
	importers := lock.Importers
	if importers == nil {
		importers = map[string]pnpmImporter{".": lock.pnpmImporter}
	}
	direct, production, development := map[string]bool{}, []string(nil), []string(nil)
	for _, importer := range importers {
		for i, names := range []map[string]pnpmReference{importer.Dependencies, importer.Optional, importer.Dev} {
			for name, reference := range names {
				id, ok := pnpmFind(nodes, name, string(reference))
				switch {
				case !ok: // a workspace
				case i == 2:
					direct[id], development = true, append(development, id)
				default:
					direct[id], production = true, append(production, id)
				}
			}
		}
	}
	inv.direct(direct)
	if format >= 9 {
		inv.develop(production, development)
	}
	return inv, nil
}

// pnpmFormat returns the major version of the format: a number up to 5, and a
// text since then.
func pnpmFormat(version any) (int, error) {
	digits, _, _ := strings.Cut(fmt.Sprint(version), ".")
	format, err := strconv.Atoi(digits)
	if err != nil {
		return 0, fmt.Errorf("no version of the format: %w", err)
	}
	return format, nil
}

// pnpmName splits a key: /name/1.0.0_peers up to version 5,
// /name@1.0.0(peers) in version 6, name@1.0.0(peers) since then. The host of a
// registry may stand before the first slash.
func pnpmName(key string, format int) (name, version string) {
	if format < 9 {
		_, key, _ = strings.Cut(key, "/")
	}
	if format < 6 {
		if i := strings.IndexByte(key, '/'); i >= 0 && strings.HasPrefix(key, "@") {
			name, key = key[:i+1], key[i+1:]
		}
		last, version, _ := strings.Cut(key, "/")
		version, _, _ = strings.Cut(version, "_")
		return name + last, version
	}
	key, _, _ = strings.Cut(key, "(")
	name, version, _ = cutVersion(key)
	return name, version
}

// pnpmFind returns the key of what is required under a name.
func pnpmFind(nodes map[string]pnpmPackage, name, reference string) (string, bool) {
	for _, key := range []string{name + "@" + reference, "/" + name + "@" + reference, "/" + name + "/" + reference, reference} {
		if _, ok := nodes[key]; ok {
			return key, true
		}
	}
	return "", false
}
