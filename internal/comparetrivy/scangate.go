package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/scangate/scangate/finding"
)

// inventory is what is read of `--output inventory=FILE`.
type inventory struct {
	Sources []struct {
		Scanner string `json:"scanner"`
		finding.Source
	} `json:"sources"`
}

// scangate runs bin/scangate and reads its results.
func scangate(db string, args ...string) (res finding.Results, inv inventory, err error) {
	results, list := filepath.Join(work, "results.json"), filepath.Join(work, "inventory.json")
	cmd := exec.Command(filepath.Join("bin", "scangate"), append([]string{"scan", "--offline", "--db", db, "--results", results, "--output", "inventory=" + list}, args...)...)
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 1 && code != 3 {
		return res, inv, fmt.Errorf("scangate %s: %w: %s", strings.Join(args, " "), err, out)
	}
	f, err := os.Open(results)
	if err != nil {
		return res, inv, err
	}
	defer f.Close()
	if res, err = finding.Decode(f); err != nil {
		return res, inv, err
	}
	for _, run := range res.Runs {
		if run.Status == finding.Failed || run.Status == finding.TimedOut {
			return res, inv, fmt.Errorf("scangate %s: %s", strings.Join(args, " "), run.Reason)
		}
	}
	data, err := os.ReadFile(list)
	if err != nil {
		return res, inv, err
	}
	return res, inv, json.Unmarshal(data, &inv)
}

// ourDirectory reads what scangate says of a tree.
func ourDirectory(db, dir string, development, iac bool) (result, error) {
	names := "dependency"
	if iac {
		names += ",iac"
	}
	args := []string{dir, "--scanners", names}
	if development {
		args = append(args, "--config", developmentConfig)
	}
	res, inv, err := scangate(db, args...)
	if err != nil {
		return nil, err
	}
	out := result{}
	for _, run := range res.Runs {
		for _, x := range run.Findings {
			switch {
			case x.Suppressed(), x.Framework == "github-actions": // Trivy does not list what comments ignore, and knows no workflows
			case x.Package != nil:
				out.add(advisories, fmt.Sprintf("%s %s@%s %s %s %s", x.Location.Path, x.Package.Name, x.Package.Version, x.RuleID, x.Severity, status(x.Package)), x.Package.FixedVersion)
			default:
				out.add(settings, setting(x.Framework, x.Location.Path, x.Location.StartLine, x.RuleID, x.Severity.String()), "")
			}
		}
	}
	for _, s := range inv.Sources {
		for _, p := range s.Packages {
			if p.Dev && !development {
				continue // listed all the same, and not matched
			}
			out.add(packages, fmt.Sprintf("%s %s@%s%s", s.Path, p.Name, p.Version, mark(p.Dev)), "")
		}
	}
	return out, nil
}

// ourSettings reads what scangate says of a tree's infrastructure.
func ourSettings(db, dir string) (result, error) {
	res, _, err := scangate(db, dir, "--scanners", "iac")
	if err != nil {
		return nil, err
	}
	out := result{}
	for _, run := range res.Runs {
		for _, x := range run.Findings {
			if !x.Suppressed() && x.Framework != "github-actions" {
				out.add(settings, setting(x.Framework, x.Location.Path, x.Location.StartLine, x.RuleID, x.Severity.String()), "")
			}
		}
	}
	return out, nil
}

// status is in the words of the database.
func status(p *finding.Package) string { return strings.ReplaceAll(p.Status, "-", "_") }

// ourImage reads what scangate says of the image in an OCI layout.
func ourImage(db, dir, config string) (result, error) {
	empty := filepath.Join(work, "empty") // no Dockerfile fits the image
	if err := os.MkdirAll(empty, 0o755); err != nil {
		return nil, err
	}
	args := []string{empty, "--scanners", "image", "--image", "oci:" + dir}
	if config != "" {
		args = append(args, "--config", config)
	}
	res, inv, err := scangate(db, args...)
	if err != nil {
		return nil, err
	}
	out := result{}
	system := "none"
	for _, s := range inv.Sources {
		place := s.System
		if place != "" {
			system = place
		}
		for _, p := range s.Packages {
			if s.System == "" {
				place = p.File
			}
			out.add(packages, fmt.Sprintf("%s %s@%s %s", place, p.Name, p.Version, p.PURL), "")
		}
	}
	out.add(operatingSystem, system, "")
	family, _, _ := strings.Cut(system, " ")
	for _, run := range res.Runs {
		for _, x := range run.Findings {
			if x.Package == nil {
				continue
			}
			place := x.Layer.File
			if x.Package.Ecosystem == family {
				place = system
			}
			out.add(advisories, fmt.Sprintf("%s %s@%s %s %s %s %s", place, x.Package.Name, x.Package.Version, x.RuleID, x.Severity, status(x.Package), x.Layer.DiffID), x.Package.FixedVersion)
		}
	}
	return out, nil
}

func systemName(family, name string) string {
	if family == "" {
		return "none"
	}
	return strings.TrimSpace(family + " " + name)
}
