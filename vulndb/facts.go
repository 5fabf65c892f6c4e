package vulndb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"time"

	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/fileio"
)

const (
	maxFactsSize  = 16 << 20 // bytes of one file of advisory facts
	maxFactsFiles = 100_000  // and other files and directories beside them
)

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
// Those of an operating system name its release and one fixed version:
//
//	ecosystem: debian                     # a key of distributions
//	release: "12"                         # as in VERSION_ID; none for a distribution without releases
//	repositories: {rhel-9-…-rpms: ["cpe:/o:…"]}     # redhat only: whose packages are of which products
//	advisories:
//	  - id: CVE-2023-45853
//	    package: zlib                     # as the distribution's advisories name it: mostly the source package
//	    fixed: 1:1.2.13.dfsg-2            # none: no fix is out
//	    status: will_not_fix              # without a fix: affected (the default), will_not_fix, fix_deferred, end_of_life
//	    introduced: 1:1.2.0               # alpine only: from this version on
//	    arches: [x86_64]                  # rocky, oracle, redhat only: none is all
//	    products: ["cpe:/o:…"]            # redhat only: none is those that every RHEL of the release has
//	    …                                 # severity and below as above
//
// An advisory about several packages is listed once for each, with the same
// id, severity, title and so on. Unknown keys are errors.
type factsFile struct {
	Ecosystem  string `yaml:"ecosystem"`
	Release    string `yaml:"release"`
	Advisories []fact `yaml:"advisories"`

	Repositories map[string][]string `yaml:"repositories"`
}

type fact struct {
	ID          string   `yaml:"id"`
	Aliases     []string `yaml:"aliases"`
	Package     string   `yaml:"package"`
	Vulnerable  []string `yaml:"vulnerable"`
	Patched     []string `yaml:"patched"`
	Fixed       string   `yaml:"fixed"`
	Introduced  string   `yaml:"introduced"`
	Status      string   `yaml:"status"`
	Arches      []string `yaml:"arches"`
	Products    []string `yaml:"products"`
	Severity    string   `yaml:"severity"`
	CVSS        cvss     `yaml:"cvss"`
	Title       string   `yaml:"title"`
	Description string   `yaml:"description"`
	CWE         []string `yaml:"cwe"`
	Published   string   `yaml:"published"`
	References  []string `yaml:"references"`

	ecosystem string
	release   string // of an operating system
	place     string // file:line, for messages
	published time.Time
	severity  dbtypes.Severity
	vectors   dbtypes.CVSS        // instead of CVSS
	source    *dbtypes.DataSource // of a language's package, if it is not the usual one
}

type cvss struct {
	Score  float64 `yaml:"score"`
	Vector string  `yaml:"vector"`
}

// factsIn finds every .yaml file below dir, in the order of their names.
func factsIn(dir string) (names []string, err error) {
	seen := 0
	err = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("advisory facts: %w", err)
		}
		if seen++; seen > maxFactsFiles {
			return fmt.Errorf("advisory facts: %s holds over %d files", dir, maxFactsFiles)
		}
		if !entry.IsDir() && filepath.Ext(name) == ".yaml" {
			names = append(names, name)
		}
		return nil
	})
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("no advisory facts: %s holds no .yaml file", dir)
	}
	return names, err
}

// readFacts reads every .yaml file below dir.
func readFacts(dir string) ([]factsFile, error) {
	names, err := factsIn(dir)
	if err != nil {
		return nil, err
	}
	var all []factsFile
	for _, name := range names {
		base, err := filepath.Rel(dir, name)
		if err != nil {
			return nil, err
		}
		file, err := readFactsFile(name, filepath.ToSlash(base))
		if err != nil {
			return nil, err
		}
		all = append(all, file)
	}
	return all, nil
}

func readFactsFile(name, base string) (factsFile, error) {
	var file factsFile
	data, err := readBounded(name, maxFactsSize)
	if err != nil {
		return file, fmt.Errorf("%s: %w", base, err)
	}
	if err := strict(data, &file); err != nil {
		return file, yamlError(base, err)
	}
	if err := file.check(); err != nil {
		return file, fmt.Errorf("%s: %w", base, err)
	}
	var lines struct {
		Advisories []yaml.Node `yaml:"advisories"`
	}
	if err := yaml.Unmarshal(data, &lines); err != nil {
		return file, yamlError(base, err)
	}
	for i := range file.Advisories {
		f := &file.Advisories[i]
		f.ecosystem, f.release, f.place = file.Ecosystem, file.Release, fmt.Sprintf("%s:%d", base, lines.Advisories[i].Line)
		if err := f.check(); err != nil {
			return file, fmt.Errorf("%s: %w", f.place, err)
		}
	}
	return file, nil
}

// readBounded reads a regular file of at most limit bytes.
func readBounded(name string, limit int64) ([]byte, error) {
	f, err := openRegular(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fileio.Cause(err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("over %d MiB", limit>>20)
	}
	return data, nil
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
