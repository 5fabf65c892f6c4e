package external

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/dependency"
)

// What pnpm and Yarn say is less than what npm says: which of the locked
// versions an advisory is about. The rest is in the lockfile.

// olderAdvisory is an advisory in the form that the registry gave to npm 6.
// pnpm and Yarn 1 pass it on.
type olderAdvisory struct {
	ID       json.Number `json:"id"`
	Name     string      `json:"module_name"`
	Title    string      `json:"title"`
	URL      string      `json:"url"`
	GHSA     string      `json:"github_advisory_id"`
	Severity string      `json:"severity"`
	Range    string      `json:"vulnerable_versions"`
	CWE      wordList    `json:"cwe"`
	CVE      []string    `json:"cves"`
	CVSS     struct {
		Score  float64 `json:"score"`
		Vector string  `json:"vectorString"`
	} `json:"cvss"`
	Findings []struct {
		Version string `json:"version"`
	} `json:"findings"`
}

// wordList is a list of words, or one text with commas.
type wordList []string

// UnmarshalJSON reads both forms.
func (w *wordList) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte{'"'}) {
		var all string
		if err := json.Unmarshal(data, &all); err != nil {
			return err
		}
		*w = strings.FieldsFunc(all, func(c rune) bool { return c == ',' || c == ' ' })
		return nil
	}
	return json.Unmarshal(data, (*[]string)(w))
}

// hit is an advisory about versions of a package.
type hit struct {
	npmAdvisory
	cves     []string
	versions []string
}

func (a *olderAdvisory) hit() (hit, error) {
	if a.Name == "" || a.Range == "" && a.URL == "" && a.Title == "" {
		return hit{}, fmt.Errorf("an advisory without package, or without title, range and address")
	}
	h := hit{npmAdvisory: npmAdvisory{Source: a.ID, Name: a.Name, Title: a.Title, URL: a.URL, Severity: a.Severity, Range: a.Range, CWE: a.CWE}, cves: a.CVE}
	h.CVSS.Score, h.CVSS.Vector = a.CVSS.Score, a.CVSS.Vector
	if id := ghsaForm.FindString(a.GHSA); id != "" && ghsaForm.FindString(a.URL) == "" {
		h.URL = "https://github.com/advisories/" + id
	}
	for _, f := range a.Findings {
		h.versions = append(h.versions, f.Version)
	}
	return h, nil
}

// addHits reports advisories with what the lockfile says of the versions. dev
// is whether development packages count, update the command that updates one.
func (r *Reading) addHits(u Unit, hits []hit, dev bool, update, override string) error {
	names := map[string]bool{}
	for _, h := range hits {
		names[h.Name] = true
	}
	// The tool has ended: what reads its lockfile has a time limit of its own.
	locked, total, err := dependency.ReadLocked(context.Background(), r.tree, u.File, func(name string) bool { return names[name] })
	if err != nil {
		return fmt.Errorf("%s: %w", path.Base(u.File), err)
	}
	installed := map[string][]dependency.Locked{}
	for _, l := range locked {
		installed[l.Name] = append(installed[l.Name], l)
	}
	type about struct{ source, url, name, version string }
	seen := map[about]bool{}
	for _, h := range hits {
		for _, l := range h.among(installed[h.Name]) {
			key := about{string(h.Source), h.URL, l.Name, l.Version}
			if seen[key] || l.Dev && !dev {
				continue
			}
			seen[key] = true
			f, rule := npmFinding(u, l.Name, h.npmAdvisory, npmInstalled{version: l.Version, line: l.Line, dev: l.Dev, known: l.Relationship != "", chain: l.Path})
			f.Package.Relationship = l.Relationship
			f.Aliases = otherNames(h.cves, f.RuleID)
			f.Fix = otherFix(f.Package, update, override)
			r.Add(f, rule)
		}
	}
	r.looked.Files++
	r.looked.Packages += total
	return nil
}

// among picks the versions that the tool names, or else those in the
// advisory's range. What the lockfile does not have is reported all the same.
func (h *hit) among(installed []dependency.Locked) (out []dependency.Locked) {
	for _, version := range h.versions {
		if i := slices.IndexFunc(installed, func(l dependency.Locked) bool { return l.Version == version }); i >= 0 {
			out = append(out, installed[i])
		} else {
			out = append(out, dependency.Locked{Name: h.Name, Version: version})
		}
	}
	if len(h.versions) > 0 {
		return out
	}
	for _, l := range installed {
		if affects(h.Range, l.Version) {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		out = []dependency.Locked{{Name: h.Name}}
	}
	return out
}

// otherFix says what to do about a package.
func otherFix(p *finding.Package, update, override string) string {
	if p.FixedVersion == "" {
		return "no fixed version is known"
	}
	if p.Relationship == "direct" {
		if command := pasteable(update+" %s", p.Name+"@"+p.FixedVersion); command != "" {
			return command
		}
	}
	return "update what requires " + p.Name + ", or set it to " + p.FixedVersion + " or later in " + override
}

// projectRegistry is the registry that the project's .npmrc names, or "". No
// other setting is taken over: some of them run programs.
func projectRegistry(t *scanners.Tree, dir string) string {
	data, err := t.Read(path.Join(dir, ".npmrc"), maxManifest)
	if err != nil {
		return ""
	}
	registry := ""
	for row := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(row, "=")
		if strings.TrimSpace(key) == "registry" {
			registry = plainAddress(strings.Trim(strings.TrimSpace(value), `"'`))
		}
	}
	return registry
}

// plainAddress is an address on the web without a login and without anything
// that the tool would replace, or "".
func plainAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(s) > maxWords {
		return ""
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && !strings.ContainsRune("-._~:/@[]%+", c) {
			return ""
		}
	}
	return s
}

// maxManifest bounds a package.json and a file of settings, in bytes.
const maxManifest = 4 << 20
