package vulndb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/fileio"
)

// Bounds on advisories in the OSV format (https://ossf.github.io/osv-schema).
const (
	maxOSVFiles    = 1_000_000 // below one directory, with all others there
	maxOSVSize     = 16 << 20  // bytes of one
	maxOSVTotal    = 4 << 30   // bytes of all
	maxOSVAffected = 10_000    // packages of one advisory
	maxOSVVersions = 50_000    // versions, and events, of one package
	maxOSVText     = 64 << 10  // bytes of a description
	maxOSVList     = 200       // references, aliases and so on
)

// osvRecord is what is read of an advisory.
type osvRecord struct {
	ID         string        `json:"id"`
	Summary    string        `json:"summary"`
	Details    string        `json:"details"`
	Published  string        `json:"published"`
	Withdrawn  string        `json:"withdrawn"`
	Aliases    []string      `json:"aliases"`
	Upstream   []string      `json:"upstream"`
	Severity   []osvSeverity `json:"severity"`
	Affected   []osvAffected `json:"affected"`
	References []struct {
		URL string `json:"url"`
	} `json:"references"`
	Specific osvSpecific `json:"database_specific"`
}

type osvSeverity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type osvAffected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
	} `json:"package"`
	Severity  []osvSeverity `json:"severity"`
	Ranges    []osvRange    `json:"ranges"`
	Versions  []string      `json:"versions"`
	Ecosystem osvSpecific   `json:"ecosystem_specific"`
	Specific  osvSpecific   `json:"database_specific"`
}

type osvRange struct {
	Type   string     `json:"type"`
	Events []osvEvent `json:"events"`
}

type osvEvent struct {
	Introduced   string `json:"introduced"`
	Fixed        string `json:"fixed"`
	LastAffected string `json:"last_affected"`
	Limit        string `json:"limit"`
}

// osvSpecific is what some databases add. What has another form elsewhere is
// left out, and no mistake.
type osvSpecific struct {
	severity string
	cwe      []string
	binaries []map[string]string
}

// UnmarshalJSON reads the keys that are known. Part of json.Unmarshaler.
func (s *osvSpecific) UnmarshalJSON(data []byte) error {
	var keys map[string]json.RawMessage
	if json.Unmarshal(data, &keys) != nil {
		return nil
	}
	read := func(key string, into any) bool { return keys[key] != nil && json.Unmarshal(keys[key], into) == nil }
	if !read("severity", &s.severity) {
		s.severity = ""
	}
	if !read("cwe_ids", &s.cwe) {
		s.cwe = nil
	}
	if !read("binaries", &s.binaries) {
		s.binaries = nil
	}
	return nil
}

// readOSV reads a file, or all .json, .yaml and .yml files below a directory,
// and gives each advisory to add, in the order of their names.
func readOSV(ctx context.Context, at string, add func(osvRecord)) (found int, err error) {
	seen, total := 0, int64(0)
	err = filepath.WalkDir(at, func(name string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("OSV advisories: %s: %w", name, fileio.Cause(err))
		}
		if seen++; seen > maxOSVFiles {
			return fmt.Errorf("OSV advisories: %s holds over %d files", at, maxOSVFiles)
		}
		kind := filepath.Ext(name)
		if entry.IsDir() || name != at && kind != ".json" && kind != ".yaml" && kind != ".yml" {
			return nil
		}
		data, err := readBounded(name, maxOSVSize)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if total += int64(len(data)); total > maxOSVTotal {
			return fmt.Errorf("OSV advisories: %s holds over %d GiB", at, maxOSVTotal>>30)
		}
		r, err := decodeOSV(data, kind != ".json")
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		found++
		add(r)
		return nil
	})
	if err == nil && found == 0 {
		err = fmt.Errorf("no OSV advisories: %s holds no .json or .yaml file", at)
	}
	return found, err
}

func decodeOSV(data []byte, isYAML bool) (r osvRecord, err error) {
	if isYAML {
		var any any
		if err := yaml.Unmarshal(data, &any); err != nil {
			return r, errors.New(oneLine(err))
		}
		if data, err = json.Marshal(any); err != nil {
			return r, errors.New("not an OSV advisory: a key is no text")
		}
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("not an OSV advisory: %s", oneLine(err))
	}
	return r, r.check()
}

var (
	osvID  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}$`)
	cweID  = regexp.MustCompile(`^CWE-[0-9]{1,6}$`)
	cveID  = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)
	webURL = regexp.MustCompile(`^https?://[!-~]+$`)
)

// check makes an error of what would be no advisory, and cuts what is only
// text to a bearable size.
func (r *osvRecord) check() error {
	if !osvID.MatchString(r.ID) {
		return fmt.Errorf("not an OSV advisory: the id %q cannot be used", cutText(r.ID, 40))
	}
	if len(r.Affected) > maxOSVAffected {
		return fmt.Errorf("%s: over %d packages", r.ID, maxOSVAffected)
	}
	for _, a := range r.Affected {
		n := len(a.Versions)
		for _, g := range a.Ranges {
			n += len(g.Events)
		}
		if n > maxOSVVersions {
			return fmt.Errorf("%s: over %d versions of one package", r.ID, maxOSVVersions)
		}
		if name := a.Package.Name; len(name) > 1000 || strings.ContainsFunc(name, func(c rune) bool { return c < ' ' }) {
			return fmt.Errorf("%s: the name of a package cannot be used", r.ID)
		}
	}
	r.Summary, r.Details = cutText(strings.Join(strings.Fields(r.Summary), " "), 300), cutText(r.Details, maxOSVText)
	return nil
}

// cutText cuts at the end of a character.
func cutText(s string, size int) string {
	if len(s) <= size {
		return s
	}
	return strings.ToValidUTF8(s[:size], "") + "…"
}

// title is the summary or, where a database has none, the beginning of the
// details.
func (r *osvRecord) title() string {
	if r.Summary != "" {
		return r.Summary
	}
	first, _, _ := strings.Cut(strings.TrimSpace(r.Details), "\n")
	if first == "" {
		return r.ID
	}
	return cutText(strings.Join(strings.Fields(first), " "), 200)
}

// ids are the one the advisory is known by, which is the CVE where there is
// exactly one, and the others.
func (r *osvRecord) ids() (id string, others []string) {
	all := []string{r.ID}
	var cves []string
	for _, list := range [][]string{{r.ID}, r.Aliases, r.Upstream} {
		for _, id := range list {
			if osvID.MatchString(id) && len(all) < maxOSVList {
				all = union(all, []string{id})
			}
			if cveID.MatchString(id) {
				cves = union(cves, []string{id})
			}
		}
		if len(cves) > 0 {
			break // those upstream may be others than those of the same name
		}
	}
	id = r.ID
	if len(cves) == 1 {
		id = cves[0]
	}
	return id, slices.DeleteFunc(all, func(other string) bool { return other == id })
}

func (r *osvRecord) published() time.Time {
	t, err := time.Parse(time.RFC3339, r.Published)
	if err != nil || t.Year() < 1980 { // the zero time of Go's database
		return time.Time{}
	}
	return t.UTC()
}

func (r *osvRecord) links() (out []string) {
	for _, ref := range r.References {
		if len(ref.URL) <= 2000 && webURL.MatchString(ref.URL) && len(out) < maxOSVList {
			out = union(out, []string{ref.URL})
		}
	}
	return out
}

func (r *osvRecord) cwes() (out []string) {
	for _, id := range r.Specific.cwe {
		if cweID.MatchString(id) && len(out) < maxOSVList {
			out = union(out, []string{id})
		}
	}
	return out
}
