package external

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// TrivyOptions is the section trivy of the configuration.
type TrivyOptions struct {
	Command  string   `yaml:"command"`  // "fs", the default; "config", which is about infrastructure alone; "image": nothing but the images
	Scanners []string `yaml:"scanners"` // of "fs": vuln, misconfig, secret; empty: all of these
	// Cache is a directory as Trivy's --cache-dir, which holds the databases
	// and checks. They are used as they are: nothing uses the network.
	Cache string `yaml:"cache"`
	// Images are scanned as well, each by a start of its own: oci:DIR,
	// docker-archive:FILE, or the name of one in a registry.
	Images []string `yaml:"images"`
}

func aboutTrivy() About {
	return About{
		Name: "trivy", Adds: "a second opinion on packages, infrastructure, secrets and images, of the version of Trivy that a team has settled on",
		Sends:   "nothing of the project but the addresses of the Terraform modules and names of the Java artifacts that it uses; databases and checks come from `mirror.gcr.io` and `ghcr.io`. With `cache`: nothing",
		Licence: "Apache-2.0", Install: "brew install trivy", Example: "trivy: {scanners: [vuln, misconfig], cache: /opt/trivy}",
		Frameworks: []string{"azure-arm", "cloudformation", "dockerfile", "helm", "kubernetes", "terraform", "terraform-plan"},
	}
}

// trivyCommands are what it can be asked to do.
func trivyCommands() []string { return []string{"fs", "config", onImage} }

// trivyScanners are those that Trivy runs at once.
func trivyScanners() []string { return []string{"vuln", "misconfig", "secret"} }

// Trivy looks for vulnerable packages, misconfigurations and secrets in one run.
func Trivy(o TrivyOptions) (Tool, error) {
	switch o.Command {
	case "":
		o.Command = "fs"
	case "fs", "config":
	default:
		return Tool{}, fmt.Errorf("trivy: command: %q%s", text.OneLine(o.Command, maxID), text.Suggest(o.Command, trivyCommands()))
	}
	for _, s := range o.Scanners {
		if !slices.Contains(trivyScanners(), s) {
			return Tool{}, fmt.Errorf("trivy: scanners: %q%s", text.OneLine(s, maxID), text.Suggest(s, trivyScanners()))
		}
	}
	if o.Command == "config" && len(o.Scanners) > 0 && len(o.Images) == 0 {
		return Tool{}, errors.New("trivy: scanners: the command config has none to choose from")
	}
	if len(o.Scanners) == 0 {
		o.Scanners = trivyScanners()
	}
	if strings.ContainsAny(o.Cache, "\x00\n\r") {
		return Tool{}, errors.New("trivy: cache: not the name of a directory")
	}
	return Tool{
		Name: "trivy", Programs: []string{"trivy"}, Version: Version{Args: []string{"--version"}, Oldest: "0.54"}, Network: o.Cache == "",
		Units: wholeTree,
		Call:  func(_ Unit, p Place) Call { return trivyCall(o, p) },
		Read:  readTrivy,
	}, nil
}

// trivySettings is a file of settings that the scanned tree may have. One of
// them would send what is scanned to a server.
const trivySettings = "trivy.yaml"

// trivyCall keeps Trivy to settings of our own. What .trivyignore leaves out is
// reported, as suppressed.
func trivyCall(o TrivyOptions, p Place) Call {
	c := Call{
		Args:  []string{o.Command, "--config", p.File(trivySettings), "--format=json", "--quiet", "--disable-telemetry", "--skip-version-check"},
		Files: map[string][]byte{trivySettings: []byte("{}\n")},
	}
	cache := p.File("cache")
	if o.Cache != "" {
		if cache = o.Cache; !filepath.IsAbs(cache) {
			cache = filepath.Join(p.Tree, filepath.FromSlash(cache))
		}
		c.Args = append(c.Args, "--skip-check-update")
	}
	c.Args = append(c.Args, "--cache-dir", cache, "--cache-backend=memory")
	if o.Command == "fs" {
		c.Args = append(c.Args, "--scanners="+strings.Join(o.Scanners, ","), "--show-suppressed", "--list-all-pkgs")
		if o.Cache != "" {
			c.Args = append(c.Args, "--skip-db-update", "--skip-java-db-update", "--offline-scan")
		}
	}
	c.Args = append(c.Args, ".")
	return c
}

// trivyResult is what Trivy says of a target, which is a file or, for what
// belongs to no one file, a directory or a name. Its lists follow, which are
// read one by one: they may be long.
type trivyResult struct{ Target, Class, Type string }

func readTrivy(o Output, r *Reading) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	schema := 0
	artifact := ""
	var metadata *trivyMetadata
	if o.Unit.Mode == onImage {
		metadata = &trivyMetadata{}
	}
	files := map[string]bool{}
	err = d.members(func(key string) error {
		switch key {
		case "SchemaVersion":
			return d.value(&schema)
		case "ArtifactType":
			return d.value(&artifact)
		case "Metadata":
			if metadata == nil {
				return d.skip()
			}
			return d.value(metadata)
		case "Results":
			if d.next(o.Data) == 'n' {
				return d.skip() // null: there was nothing to look at
			}
			return d.elements(func() error {
				at := trivyTarget{metadata: metadata, packages: map[string]*trivyPackage{}}
				err := at.read(d, o.Data, r)
				files[at.result.Target] = true
				return err
			})
		}
		return d.skip()
	})
	if err = d.end(err); err != nil {
		return err
	}
	if schema != 2 || artifact == "" || (artifact == "container_image") != (metadata != nil) {
		return errors.New("it is no report of Trivy, or one of another form")
	}
	if metadata != nil {
		r.looked.Files += len(metadata.DiffIDs) // its layers
		return nil
	}
	if r.tree.Has(trivySettings) {
		r.Note(finding.Information, trivySettings, "not used: what is scanned does not say how")
	}
	for target := range files {
		if r.tree.Has(target) {
			r.looked.Files++
		}
	}
	return nil
}

// read reads a result. What it is about stands before its lists.
func (at *trivyTarget) read(d *document, data []byte, r *Reading) error {
	t := &at.result
	err := d.members(func(key string) error {
		switch key {
		case "Target":
			err := d.value(&t.Target)
			if at.metadata == nil {
				at.path = r.target(t.Target)
			}
			return err
		case "Class":
			return d.value(&t.Class)
		case "Type":
			return d.value(&t.Type)
		}
		one := at.element(key, r)
		if one == nil || d.next(data) == 'n' {
			return d.skip()
		}
		if t.Target == "" && t.Class == "" {
			return errors.New("a result about nothing")
		}
		return d.elements(func() error { return one(d) })
	})
	if err == nil && t.Target == "" && t.Class == "" {
		err = errors.New("a result about nothing")
	}
	return err
}

// element returns what reads an element of a list, nil for lists that are not
// read.
func (at *trivyTarget) element(list string, r *Reading) func(*document) error {
	switch list {
	case "Packages":
		return func(d *document) error {
			p := &trivyPackage{}
			if err := d.value(p); err != nil {
				return err
			}
			r.looked.Packages++
			if len(at.packages) < maxResults {
				at.packages[p.ID] = p
			}
			return nil
		}
	case "Vulnerabilities":
		return func(d *document) error {
			var v trivyVulnerability
			if err := d.value(&v); err != nil {
				return err
			}
			return v.read(at, r, nil)
		}
	case "Misconfigurations":
		return func(d *document) error {
			var m trivyMisconfiguration
			if err := d.value(&m); err != nil {
				return err
			}
			return m.read(at, r, nil)
		}
	case "Secrets":
		return func(d *document) error {
			var s trivySecret
			if err := d.value(&s); err != nil {
				return err
			}
			return s.read(at, r, nil)
		}
	case "ExperimentalModifiedFindings":
		return func(d *document) error {
			var m trivyModified
			if err := d.value(&m); err != nil {
				return err
			}
			return m.read(at, r)
		}
	}
	return nil
}

// trivyTarget is a result's place.
type trivyTarget struct {
	result   trivyResult
	path     string         // in the tree
	metadata *trivyMetadata // of an image; nil: it is the tree
	packages map[string]*trivyPackage
}

// target is the file that a result is about. What is installed somewhere has a
// kind as its target, "Node.js", which is no place.
func (r *Reading) target(name string) string {
	if r.tree.Has(name) {
		return name
	}
	if !strings.Contains(name, "/") {
		return ""
	}
	return r.Path(name)
}
