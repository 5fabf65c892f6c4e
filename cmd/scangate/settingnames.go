package main

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/scanners/external/lock"
)

// settingNames tell the files that say how to scan and to judge from those that
// are scanned. Paths are relative to the scanned directory.
type settingNames struct {
	own      []string // scangate's own, and what its configuration names for judging
	patterns []string // of VEX documents
	scanning []string // files and directories that the sections of scanners name
}

// settingFiles are what scanners and tools read their settings and ignores from,
// in any directory; those of a path only in the scanned directory itself.
var (
	settingFiles = []string{".gitleaks.toml", ".gitleaksignore", ".gitleaks-baseline.json", ".trivyignore", ".trivyignore.yaml", "osv-scanner.toml",
		".semgrepignore", ".grype.yaml", ".bandit"}
	settingPaths = []string{"trivy.yaml", "trivy-secret.yaml", ".checkov.yaml", ".checkov.yml", ".checkov.baseline", ".hadolint.yaml", ".hadolint.yml",
		"hadolint.yaml", "zizmor.yml", "zizmor.yaml", ".github/zizmor.yml", ".github/zizmor.yaml", ".cargo/audit.toml", ".grype/config.yaml"}
)

// settingKeys are the keys of scanners that name files or directories of rules
// or known findings.
var settingKeys = map[string][]string{
	"secret": {"config", "baseline"}, "iac": {"checks"}, "dast": {"rules"}, "zap": {"rules"},
	"semgrep": {"config"}, "bandit": {"config"}, "nuclei": {"templates"},
}

// namesOf reads what a configuration names. It was parsed before: what is no
// word where one is wanted does not get here. config is its path.
func namesOf(data []byte, config string) settingNames {
	var raw struct {
		Scanners map[string]map[string]any `yaml:"scanners"`
		Policy   struct {
			Baseline string `yaml:"baseline"`
		} `yaml:"policy"`
		Plugins any      `yaml:"plugins"`
		VEX     []string `yaml:"vex"`
	}
	n := settingNames{own: []string{config}}
	if yaml.Unmarshal(data, &raw) != nil {
		return n
	}
	beside := func(name string) string { return path.Join(path.Dir(config), filepath.ToSlash(name)) }
	n.own = append(n.own, beside(lock.DefaultName))
	for _, name := range append(wordsIn(raw.Plugins), raw.Policy.Baseline) {
		if name != "" {
			n.own = append(n.own, beside(name))
		}
	}
	n.own = append(n.own, wordsIn(raw.Scanners["image"]["require-signature"])...)
	for _, pattern := range raw.VEX {
		n.patterns = append(n.patterns, path.Clean(filepath.ToSlash(pattern)))
	}
	for scanner, keys := range settingKeys {
		for _, key := range keys {
			for _, name := range wordsIn(raw.Scanners[scanner][key]) {
				// The scanned directory as a whole holds more than rules.
				if name = path.Clean(filepath.ToSlash(name)); name != "." {
					n.scanning = append(n.scanning, name)
				}
			}
		}
	}
	return n
}

// wordsIn are all words in a value of YAML.
func wordsIn(v any) (out []string) {
	switch v := v.(type) {
	case string:
		if v != "" {
			out = append(out, v)
		}
	case []any:
		for _, e := range v {
			out = append(out, wordsIn(e)...)
		}
	case map[string]any:
		for _, e := range v {
			out = append(out, wordsIn(e)...)
		}
	}
	return out
}

// scans reports that a scanner or a tool reads the file as a setting.
func (n settingNames) scans(name string) bool {
	return slices.Contains(settingFiles, path.Base(name)) || slices.Contains(settingPaths, name) || within(name, n.scanning)
}

// judges reports that scangate itself reads the file to decide what to do.
func (n settingNames) judges(name string) bool {
	return within(name, n.own) || slices.ContainsFunc(n.patterns, func(p string) bool {
		ok, err := path.Match(p, name)
		return ok && err == nil
	})
}

// within reports that a path is one of a list, or below one.
func within(name string, list []string) bool {
	return slices.ContainsFunc(list, func(p string) bool { return name == p || strings.HasPrefix(name, p+"/") })
}
