package vulndb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	"go.yaml.in/yaml/v3"
)

// maxFactsSize bounds one file of advisory facts, in bytes.
const maxFactsSize = 16 << 20

// factsFile is a file of advisory facts: what is publicly known, in YAML.
//
//	ecosystem: npm                        # a key of sourceNames
//	advisories:
//	  - id: CVE-2021-44906                # the CVE where there is one
//	    aliases: [GHSA-xvch-5gv4-984h]    # its ids elsewhere
//	    package: minimist
//	    vulnerable: ["<0.2.4", ">=1.0.0, <1.2.6"]   # ranges; any of them matches
//	    patched: ["0.2.4", "1.2.6"]       # the first fixed versions; none: no fix is known
//	    severity: critical                # low, medium, high or critical
//	    cvss: {score: 9.8, vector: "CVSS:3.1/AV:N/…"}   # may be absent
//	    title: one line
//	    description: plain text
//	    cwe: [CWE-1321]
//	    published: 2022-03-18
//	    references: ["https://…"]
//
// An advisory about several packages is listed once for each, with the same
// id, severity, title and so on. Unknown keys are errors.
type factsFile struct {
	Ecosystem  string `yaml:"ecosystem"`
	Advisories []fact `yaml:"advisories"`
}

type fact struct {
	ID          string   `yaml:"id"`
	Aliases     []string `yaml:"aliases"`
	Package     string   `yaml:"package"`
	Vulnerable  []string `yaml:"vulnerable"`
	Patched     []string `yaml:"patched"`
	Severity    string   `yaml:"severity"`
	CVSS        cvss     `yaml:"cvss"`
	Title       string   `yaml:"title"`
	Description string   `yaml:"description"`
	CWE         []string `yaml:"cwe"`
	Published   string   `yaml:"published"`
	References  []string `yaml:"references"`

	ecosystem string
	place     string // file:line, for messages
	published time.Time
	severity  dbtypes.Severity
}

type cvss struct {
	Score  float64 `yaml:"score"`
	Vector string  `yaml:"vector"`
}

// sourceNames are the ecosystems that facts may be about, as trivy-db calls
// them, and what the name of GitHub's advisory source for it ends in. GitHub
// has none for Conan, and lists pods under Swift.
var sourceNames = map[string]string{
	"npm": "npm", "go": "Go", "pip": "pip", "cargo": "Rust", "rubygems": "RubyGems", "composer": "Composer", "nuget": "NuGet",
	"maven": "Maven", "pub": "Pub", "erlang": "Erlang", "swift": "Swift", "cocoapods": "Swift", "conan": "Conan",
}

// readFacts reads every .yaml file in dir, in the order of their names.
func readFacts(dir string) ([]fact, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no advisory facts: %s holds no .yaml file", dir)
	}
	var all []fact
	for _, name := range names {
		facts, err := readFactsFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, facts...)
	}
	return all, nil
}

func readFactsFile(name string) ([]fact, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("advisory facts: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFactsSize+1))
	if err != nil {
		return nil, fmt.Errorf("advisory facts: %w", err)
	}
	base := filepath.Base(name)
	if len(data) > maxFactsSize {
		return nil, fmt.Errorf("%s: over %d MiB", base, maxFactsSize>>20)
	}
	var file factsFile
	if err := strict(data, &file); err != nil {
		return nil, yamlError(base, err)
	}
	if sourceNames[file.Ecosystem] == "" {
		return nil, fmt.Errorf("%s: unknown ecosystem %q: want %s", base, file.Ecosystem, strings.Join(slices.Sorted(maps.Keys(sourceNames)), ", "))
	}
	if len(file.Advisories) == 0 {
		return nil, fmt.Errorf("%s: no advisories", base)
	}
	var lines struct {
		Advisories []yaml.Node `yaml:"advisories"`
	}
	if err := yaml.Unmarshal(data, &lines); err != nil {
		return nil, yamlError(base, err)
	}
	for i := range file.Advisories {
		f := &file.Advisories[i]
		f.ecosystem, f.place = file.Ecosystem, fmt.Sprintf("%s:%d", base, lines.Advisories[i].Line)
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", f.place, err)
		}
	}
	return file.Advisories, nil
}

// strict decodes one document; an unknown key is an error with its line.
func strict(data []byte, into any) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		return err
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.New("more than one document")
	}
	return nil
}

// yamlLine is where the decoder mentions a line.
var yamlLine = regexp.MustCompile(`line (\d+): `)

// yamlError names the file and, from the decoder's message, the line.
func yamlError(file string, err error) error {
	message := oneLine(err)
	if m := yamlLine.FindStringSubmatchIndex(message); m != nil {
		return fmt.Errorf("%s:%s: %s", file, message[m[2]:m[3]], message[m[1]:])
	}
	return fmt.Errorf("%s: %s", file, message)
}

func (f *fact) check() (err error) {
	for _, must := range []struct{ key, value string }{
		{"id", f.ID}, {"package", f.Package}, {"title", f.Title}, {"severity", f.Severity}, {"published", f.Published},
	} {
		if strings.TrimSpace(must.value) == "" {
			return fmt.Errorf("advisory %s has no %s", f.ID, must.key)
		}
	}
	if len(f.Vulnerable) == 0 {
		return fmt.Errorf("advisory %s has no vulnerable versions", f.ID)
	}
	for _, v := range append(f.Vulnerable[:len(f.Vulnerable):len(f.Vulnerable)], f.Patched...) {
		if strings.TrimSpace(v) == "" {
			return fmt.Errorf("advisory %s: an empty version would match everything", f.ID)
		}
	}
	if f.severity, err = dbtypes.NewSeverity(strings.ToUpper(f.Severity)); err != nil || f.severity == dbtypes.SeverityUnknown {
		return fmt.Errorf("advisory %s: unknown severity %q: want low, medium, high or critical", f.ID, f.Severity)
	}
	if f.CVSS.Score < 0 || f.CVSS.Score > 10 {
		return fmt.Errorf("advisory %s: a CVSS score is from 0 to 10", f.ID)
	}
	if f.published, err = time.Parse(time.DateOnly, f.Published); err != nil {
		return fmt.Errorf("advisory %s: published %q is not a date like 2021-05-06", f.ID, f.Published)
	}
	return nil
}
