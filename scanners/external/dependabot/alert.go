package dependabot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/text"
)

const (
	// maxEntries bounds the alerts of a page. It is more than is asked for.
	maxEntries = 1000
	// maxText bounds a description, in characters.
	maxText = 4000
	// maxWords bounds a line of GitHub's words, in characters.
	maxWords = 500
	// maxID bounds a name or an id, in characters.
	maxID = 200
	// maxPath bounds a path, in bytes.
	maxPath = 4096
	// maxList bounds the references, weaknesses and identifiers of an alert.
	maxList = 50
)

// alert is what GitHub says of an alert, as far as it is used.
type alert struct {
	Number           int           `json:"number"`
	State            string        `json:"state"` // open, dismissed, auto_dismissed, fixed
	HTMLURL          string        `json:"html_url"`
	DismissedReason  string        `json:"dismissed_reason"`
	DismissedComment string        `json:"dismissed_comment"`
	Dependency       dependency    `json:"dependency"`
	Advisory         advisory      `json:"security_advisory"`
	Vulnerability    vulnerability `json:"security_vulnerability"`
}

type dependency struct {
	Package      pkg    `json:"package"`
	ManifestPath string `json:"manifest_path"`
	Scope        string `json:"scope"`        // development, runtime
	Relationship string `json:"relationship"` // direct, transitive, unknown, inconclusive
}

type pkg struct {
	Ecosystem string `json:"ecosystem"`
	Name      string `json:"name"`
}

type advisory struct {
	GHSA        string `json:"ghsa_id"`
	CVE         string `json:"cve_id"`
	Summary     string `json:"summary"`
	Description string `json:"description"`
	Severity    string `json:"severity"`
	CVSS        cvss   `json:"cvss"`
	CVSSs       struct {
		V3 cvss `json:"cvss_v3"`
		V4 cvss `json:"cvss_v4"`
	} `json:"cvss_severities"`
	CWEs []struct {
		ID string `json:"cwe_id"`
	} `json:"cwes"`
	Identifiers []struct {
		Value string `json:"value"`
	} `json:"identifiers"`
	References []struct {
		URL string `json:"url"`
	} `json:"references"`
	PublishedAt string `json:"published_at"`
}

type cvss struct {
	Score  float64 `json:"score"`
	Vector string  `json:"vector_string"`
}

type vulnerability struct {
	Package  pkg     `json:"package"`
	Severity string  `json:"severity"`
	Range    string  `json:"vulnerable_version_range"`
	Patched  patched `json:"first_patched_version"`
}

// patched is a version, which GitHub puts into an object here, and says
// plainly where it speaks of advisories alone.
type patched string

func (p *patched) UnmarshalJSON(data []byte) error {
	var plain string
	if json.Unmarshal(data, &plain) == nil {
		*p = patched(plain)
		return nil
	}
	var o struct {
		Identifier string `json:"identifier"`
	}
	err := json.Unmarshal(data, &o)
	*p = patched(o.Identifier)
	return err
}

// entry is an alert of a page, or why it cannot be read.
type entry struct {
	alert alert
	err   error
}

// decode reads a page. One alert that cannot be read does not cost the others.
func decode(body []byte) ([]entry, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, errors.New("GitHub's answer is no list of alerts: check GITHUB_API_URL")
	}
	var all []entry
	for d.More() {
		if len(all) == maxEntries {
			return nil, fmt.Errorf("GitHub's answer has more than %d alerts where %d were asked for", maxEntries, perPage)
		}
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			return nil, errBroken
		}
		all = append(all, decodeOne(raw))
	}
	if _, err := d.Token(); err != nil {
		return nil, errBroken
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errBroken
	}
	return all, nil
}

var errBroken = errors.New("GitHub's answer is broken JSON: scan again")

func decodeOne(raw json.RawMessage) entry {
	var e entry
	err := json.Unmarshal(raw, &e.alert)
	if err == nil {
		e.alert.trim()
		if err = e.alert.check(); err == nil {
			return e
		}
	}
	// The error of the decoder is not shown, as it can quote what it read.
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		err = errors.New("is not as documented")
		if kind.Field != "" {
			err = fmt.Errorf("its %s is not as documented", kind.Field)
		}
	}
	if n := e.alert.Number; n > 0 {
		return entry{err: fmt.Errorf("alert %d: %w", n, err)}
	}
	return entry{err: fmt.Errorf("an alert without a number: %w", err)}
}

// trim lets go of what is not going to be used: there may be very many alerts.
func (a *alert) trim() {
	d, v, adv := &a.Dependency, &a.Vulnerability, &a.Advisory
	if d.Package.Name == "" {
		d.Package = v.Package
	}
	d.Package.Name, d.Package.Ecosystem = line(d.Package.Name, maxID), strings.ToLower(line(d.Package.Ecosystem, maxID))
	adv.Summary = line(adv.Summary, maxID)
	adv.Description = text.Cut(text.Clean(cutBytes(adv.Description, 16*maxText)), maxText)
	adv.CWEs = adv.CWEs[:min(len(adv.CWEs), maxList)]
	adv.Identifiers = adv.Identifiers[:min(len(adv.Identifiers), maxList)]
	adv.References = adv.References[:min(len(adv.References), maxList)]
	a.DismissedReason, a.DismissedComment = line(a.DismissedReason, maxID), line(a.DismissedComment, maxWords)
}

var (
	ghsaForm  = regexp.MustCompile(`^GHSA(-[0-9a-z]{4}){3}$`)
	cveForm   = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)
	aliasForm = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,15}-[A-Za-z0-9.:-]{1,60}$`)
	cweForm   = regexp.MustCompile(`^CWE-[0-9]{1,6}$`)
)

// check finds what an alert cannot do without.
func (a *alert) check() error {
	switch {
	case a.Number <= 0:
		return errors.New("is not as documented")
	case a.State == "":
		return errors.New("it has no state")
	case a.id() == "":
		return errors.New("it names no advisory")
	case a.Dependency.Package.Name == "":
		return errors.New("it names no package")
	}
	return nil
}

// id is the advisory's: GitHub's own, else its CVE.
func (a *alert) id() string {
	switch {
	case ghsaForm.MatchString(a.Advisory.GHSA):
		return a.Advisory.GHSA
	case cveForm.MatchString(a.Advisory.CVE):
		return a.Advisory.CVE
	}
	return ""
}

// aliases are the other names of the advisory.
func (a *alert) aliases() []string {
	var out []string
	add := func(name string) {
		if aliasForm.MatchString(name) && name != a.id() && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	add(a.Advisory.CVE)
	for _, i := range a.Advisory.Identifiers {
		add(i.Value)
	}
	slices.Sort(out)
	return out
}

// line makes GitHub's words, which anybody may have written, fit to begin a
// line of a log: a runner obeys "::name::" there, and "##[name]" anywhere.
func line(s string, limit int) string {
	s = text.OneLine(cutBytes(s, 16*limit), limit)
	return strings.TrimLeft(strings.ReplaceAll(s, "##[", "# ["), ": ")
}

func cutBytes(s string, limit int) string { return s[:min(len(s), limit)] }
