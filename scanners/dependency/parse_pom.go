package dependency

import (
	"encoding/xml"
	"maps"
	"path"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/text"
)

// maxParents bounds the chain of a project's parents.
const maxParents = 16

// pomProject is what is read of a pom.xml.
type pomProject struct {
	XMLName    xml.Name `xml:"project"`
	GroupID    string   `xml:"groupId"`
	ArtifactID string   `xml:"artifactId"`
	Version    string   `xml:"version"`
	Parent     struct {
		GroupID      string  `xml:"groupId"`
		ArtifactID   string  `xml:"artifactId"`
		Version      string  `xml:"version"`
		RelativePath *string `xml:"relativePath"`
	} `xml:"parent"`
	Properties   properties               `xml:"properties"`
	Managed      []pomDependency          `xml:"dependencyManagement>dependencies>dependency"`
	Dependencies []located[pomDependency] `xml:"dependencies>dependency"`
	InProfiles   []located[pomDependency] `xml:"profiles>profile>dependencies>dependency"`
}

type pomDependency struct {
	GroupID    string `xml:"groupId"`
	ArtifactID string `xml:"artifactId"`
	Version    string `xml:"version"`
	Scope      string `xml:"scope"`
}

// parsePOM reads the dependencies that a pom.xml names, with properties and
// managed versions of itself and of its parents in the tree. The engine's
// parser is not used: it reads the user's Maven settings and repository,
// follows any path, and fetches from the network. So what those dependencies
// require in turn is not known, and the remarks say so.
func parsePOM(in source) (inv inventory, err error) {
	var project pomProject
	if err := decodeXML(in.data, &project); err != nil {
		return inv, err
	}
	values, managed := properties{}, map[string]pomDependency{}
	chain, missing := pomChain(in, project)
	var all []pomDependency
	for i := len(chain) - 1; i >= 0; i-- { // the nearest counts
		maps.Copy(values, chain[i].Properties)
		all = append(all, chain[i].Managed...)
	}
	own(values, project)
	for _, d := range all {
		managed[values.name(d)] = d
	}
	seen, unknown, imported := 0, 0, 0
	for _, d := range managed {
		if strings.TrimSpace(d.Scope) == "import" {
			imported++
		}
	}
	for _, entry := range append(project.Dependencies, project.InProfiles...) {
		d := entry.value
		seen++
		name, set := values.name(d), managed[values.name(d)]
		version := values.expand(firstText(d.Version, set.Version), "${", "}")
		if fixed, ok := strings.CutPrefix(version, "["); ok && strings.HasSuffix(fixed, "]") {
			version = strings.TrimSuffix(fixed, "]")
		}
		if strings.Contains(name, "$") || strings.ContainsAny(version, "[(,$") || !versionLike.MatchString(version) {
			unknown++
			continue
		}
		inv.packages = append(inv.packages, ftypes.Package{ID: name + ":" + version, Name: name, Version: version,
			Relationship: ftypes.RelationshipDirect, Dev: values.expand(firstText(d.Scope, set.Scope), "${", "}") == "test",
			Locations: entry.at()})
	}
	if unknown > 0 {
		why := ""
		if missing || imported > 0 {
			why = ", which a parent or an imported project outside the tree sets,"
		}
		inv.remarks = append(inv.remarks, text.Count(unknown, "dependency")+" without a version known from the tree"+why+" cannot be looked at")
	}
	if seen > 0 {
		inv.remarks = append(inv.remarks, "it names direct dependencies only: what those require in turn is not looked at")
	}
	return inv, nil
}

// pomChain is the project and those of its parents that lie in the tree.
func pomChain(in source, project pomProject) (chain []pomProject, missing bool) {
	at := in.path
	chain = append(chain, project)
	for range maxParents {
		parent := project.Parent
		if parent.ArtifactID == "" {
			return chain, false
		}
		relative := "../pom.xml"
		if parent.RelativePath != nil {
			relative = strings.TrimSpace(*parent.RelativePath)
		}
		name, ok := inTree(at, strings.ReplaceAll(relative, `\`, "/"))
		if relative == "" || !ok || in.tree == nil {
			return chain, true
		}
		if !in.tree.Has(name) {
			name = path.Join(name, "pom.xml") // the path may be that of a directory
		}
		if !in.tree.Has(name) {
			return chain, true
		}
		data, err := in.tree.Read(name, maxBeside)
		if err != nil {
			return chain, true
		}
		project = pomProject{}
		if decodeXML(data, &project) != nil || strings.TrimSpace(project.ArtifactID) != strings.TrimSpace(parent.ArtifactID) {
			return chain, true
		}
		chain, at = append(chain, project), name
	}
	return chain, true
}

// own adds the properties that every project has.
func own(values properties, p pomProject) {
	group, version := firstText(p.GroupID, p.Parent.GroupID), firstText(p.Version, p.Parent.Version)
	for _, prefix := range []string{"project.", "pom."} {
		values[prefix+"groupId"], values[prefix+"version"] = strings.TrimSpace(group), strings.TrimSpace(version)
	}
	values["project.artifactId"] = strings.TrimSpace(p.ArtifactID)
	values["project.parent.groupId"], values["project.parent.version"] = strings.TrimSpace(p.Parent.GroupID), strings.TrimSpace(p.Parent.Version)
}

// name is group:artifact.
func (p properties) name(d pomDependency) string {
	return p.expand(d.GroupID, "${", "}") + ":" + p.expand(d.ArtifactID, "${", "}")
}
