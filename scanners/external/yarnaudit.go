package external

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/scanners"
)

const (
	yarnLockName = "yarn.lock"
	// yarnSettings is a name of our own for Yarn's settings: those of the
	// project, and any further up, are not read.
	yarnSettings = ".scangate-yarn.yml"
	// maxManifests bounds the workspaces of a project.
	maxManifests = 5000
)

// isYarn1 tells a lockfile of Yarn 1 from those since then, which begin with a
// description of themselves.
func isYarn1(t *scanners.Tree, file string) bool {
	f, err := t.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4<<10)
	n, _ := f.Read(head)
	return !bytes.Contains(head[:n], []byte("__metadata:"))
}

// yarnEnv keeps Yarn from running another one, which a project may bring.
func yarnEnv() []string {
	return []string{
		"YARN_IGNORE_PATH=1", "YARN_RC_FILENAME=" + yarnSettings, "YARN_ENABLE_TELEMETRY=0", "YARN_ENABLE_COLORS=0",
		"COREPACK_ENABLE_PROJECT_SPEC=0", "GIT_ALLOW_PROTOCOL=https", "CI=true",
	}
}

// yarn1Audit asks by Yarn 1, which knows no registry but its own for this.
func yarn1Audit(dev bool) Tool {
	args := []string{"audit", "--json", "--no-default-rc", "--ignore-scripts", "--non-interactive", "--frozen-lockfile"}
	if !dev {
		args = append(args, "--groups", "dependencies", "optionalDependencies")
	}
	return Tool{
		Name: "yarn", Programs: []string{"yarn", "node"}, Version: Version{Args: []string{"--version"}, Env: yarnEnv(), Oldest: "1.22", Before: "2"},
		// A sum of powers of two, one for each severity that occurs.
		Exits: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31}, Install: "npm install -g yarn@1.22.22",
		Project: yarnProject,
		Call:    func(Unit, Place) Call { return Call{Args: args, Env: yarnEnv()} },
		Read:    func(o Output, r *Reading) error { return readYarn1Audit(o, r, dev) },
	}
}

// yarnAudit asks by Yarn 4.
func yarnAudit(dev bool) Tool {
	args := []string{"npm", "audit", "--json", "--all", "--recursive", "--no-deprecations"}
	if !dev {
		args = append(args, "--environment", "production")
	}
	return Tool{
		Name: "yarn", Programs: []string{"yarn", "node"}, Version: Version{Args: []string{"--version"}, Env: yarnEnv(), Oldest: "4"},
		Exits: []int{1}, Install: "npm install -g @yarnpkg/cli-dist",
		Project: yarnProject,
		Call:    func(Unit, Place) Call { return Call{Args: args, Env: yarnEnv()} },
		Read:    func(o Output, r *Reading) error { return readYarnAudit(o, r, dev) },
	}
}

// yarnProject copies the lockfile, and of each package.json what it says of
// dependencies. Nothing else of the project is needed, and its settings may
// name code: yarnPath, plugins, packageManager.
func yarnProject(t *scanners.Tree, u Unit) (map[string][]byte, error) {
	lock, err := t.Read(u.File, maxLock)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", yarnLockName, err)
	}
	settings, err := yarnRegistry(t, u.Dir)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{yarnLockName: lock, yarnSettings: settings}
	below := u.Dir + "/"
	if u.Dir == "." {
		below = ""
	}
	for _, f := range t.Files() {
		name, inside := strings.CutPrefix(f.Path, below)
		if !inside || path.Base(name) != "package.json" || strings.Contains("/"+name, "/node_modules/") {
			continue
		}
		if len(files) == maxManifests {
			return nil, fmt.Errorf("more than %d package.json", maxManifests)
		}
		if data, err := t.Read(f.Path, maxManifest); err == nil {
			if data = onlyDependencies(data); data != nil {
				files[name] = data
			}
		}
	}
	return files, nil
}

// onlyDependencies is a package.json without what could make Yarn do something.
func onlyDependencies(data []byte) []byte {
	var all map[string]json.RawMessage
	if json.Unmarshal(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), &all) != nil {
		return nil
	}
	kept := map[string]json.RawMessage{}
	for _, key := range []string{
		"name", "version", "private", "workspaces", "dependencies", "devDependencies", "optionalDependencies", "peerDependencies",
		"peerDependenciesMeta", "dependenciesMeta", "resolutions",
	} {
		if value, ok := all[key]; ok {
			kept[key] = value
		}
	}
	if value, ok := kept["workspaces"]; ok {
		kept["workspaces"] = innerPatterns(value)
	}
	data, err := json.Marshal(kept)
	if err != nil {
		return nil
	}
	return data
}

// outOfProject is a pattern with an absolute path in it, or with an escape.
var outOfProject = regexp.MustCompile(`^!?/|[{,(|]/|\\|:`)

// innerPatterns are those of the patterns of workspaces that stay below the
// project: Yarn would search through wherever the others lead.
func innerPatterns(value json.RawMessage) json.RawMessage {
	var all []string
	if json.Unmarshal(value, &all) != nil {
		var object struct {
			Packages []string `json:"packages"`
		}
		_ = json.Unmarshal(value, &object) // what is neither names none
		all = object.Packages
	}
	kept := []string{}
	for _, p := range all {
		if !strings.Contains(p, "..") && !outOfProject.MatchString(p) {
			kept = append(kept, p)
		}
	}
	data, _ := json.Marshal(kept)
	return data
}

// yarnRegistry writes settings with the project's registry, and no others of
// the project's.
func yarnRegistry(t *scanners.Tree, dir string) ([]byte, error) {
	var theirs struct {
		Server string `yaml:"npmRegistryServer"`
		Audit  string `yaml:"npmAuditRegistry"`
	}
	ours := map[string]any{"enableScripts": false}
	if data, err := t.Read(path.Join(dir, ".yarnrc.yml"), maxManifest); err == nil {
		yaml.Unmarshal(data, &theirs) // what is not understood names no registry
	}
	registry := plainAddress(theirs.Audit)
	if registry == "" {
		registry = plainAddress(theirs.Server)
	}
	if registry != "" {
		ours["npmRegistryServer"] = registry
		if u, err := url.Parse(registry); err == nil && u.Scheme == "http" {
			ours["unsafeHttpWhitelist"] = []string{u.Hostname()}
		}
	}
	return yaml.Marshal(ours)
}

// readYarn1Audit reads a document for each line. An advisory is repeated for
// every way by which its package is required.
func readYarn1Audit(o Output, r *Reading, dev bool) error {
	var hits []hit
	seen := map[string]bool{}
	summary := false
	err := eachDocument(o.Data, func(raw json.RawMessage) error {
		var m struct {
			Type string          `json:"type"`
			Data json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			return early(err)
		}
		switch m.Type {
		case "auditAdvisory":
			var data struct {
				Advisory olderAdvisory `json:"advisory"`
			}
			if err := json.Unmarshal(m.Data, &data); err != nil {
				return fmt.Errorf("an advisory: %w", early(err))
			}
			h, err := data.Advisory.hit()
			if err != nil {
				return err
			}
			key := string(h.Source) + " " + h.URL + " " + h.Name + " " + strings.Join(h.versions, " ")
			if !seen[key] {
				seen[key] = true
				hits = append(hits, h)
			}
		case "auditSummary":
			summary = true
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case summary:
	case returnedStatus.Match(o.Stderr):
		return fmt.Errorf("the registry answered with status %s", returnedStatus.FindSubmatch(o.Stderr)[1])
	case bytes.Contains(o.Stderr, []byte(`"type":"error"`)):
		return errors.New("it could not ask")
	default:
		return errors.New("it is no audit report of Yarn 1: the lockfile and package.json may not fit each other")
	}
	return r.addHits(o.Unit, hits, dev, "yarn upgrade", "resolutions")
}

var returnedStatus = regexp.MustCompile(`returned a ([0-9]{3})\b`)

// yarnError is how Yarn names what went wrong, on its standard output.
var yarnError = regexp.MustCompile(`\bYN[0-9]{4}\b`)

// readYarnAudit reads a document for each advisory. That there is none is what
// Yarn says when nothing is wrong.
func readYarnAudit(o Output, r *Reading, dev bool) error {
	if bytes.Contains(o.Data, []byte("doesn't seem to be present in your lockfile")) {
		return errors.New("yarn.lock is of another release of Yarn, or does not fit package.json: put the release that wrote it first in PATH")
	}
	if code := yarnError.Find(o.Data); code != nil && !bytes.HasPrefix(o.Data, []byte("{")) {
		return fmt.Errorf("error %s", code)
	}
	var hits []hit
	err := eachDocument(o.Data, func(raw json.RawMessage) error {
		var m struct {
			Package  string `json:"value"`
			Children struct {
				ID       json.Number
				Issue    string
				URL      string
				Severity string
				Range    string   `json:"Vulnerable Versions"`
				Versions []string `json:"Tree Versions"`
			} `json:"children"`
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			return early(err)
		}
		c := &m.Children
		if m.Package == "" || c.ID == "" || c.Issue == "" && c.URL == "" {
			return errors.New("an advisory without package, id or title")
		}
		hits = append(hits, hit{npmAdvisory: npmAdvisory{Source: c.ID, Name: m.Package, Title: c.Issue, URL: c.URL, Severity: c.Severity, Range: c.Range}, versions: c.Versions})
		return nil
	})
	if err != nil {
		return err
	}
	return r.addHits(o.Unit, hits, dev, "yarn up", "resolutions")
}
