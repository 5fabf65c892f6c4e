package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// program is Trivy's, with a cache that holds the databases.
type program struct{ path, cache string }

// report is what is read of Trivy's JSON.
type report struct {
	Metadata struct {
		OS struct{ Family, Name string }
	}
	Results []struct {
		Target, Class, Type string
		Packages            []trivyPackage
		Vulnerabilities     []struct {
			VulnerabilityID, PkgName, PkgPath, InstalledVersion, FixedVersion, Status, Severity string

			Layer trivyLayer
		}
		Misconfigurations []struct {
			AVDID, Status, Severity string
			CauseMetadata           struct{ StartLine int }
		}
	}
}

type trivyLayer struct{ DiffID string }

type trivyPackage struct {
	ID, Name, Version, Release, FilePath, Relationship string

	Epoch      int
	Dev        bool
	Identifier struct{ PURL string }
}

// version is the package's, with epoch and release, as findings have it.
func (p trivyPackage) version() string {
	v := p.Version
	if p.Release != "" {
		v += "-" + p.Release
	}
	if p.Epoch > 0 {
		v = strconv.Itoa(p.Epoch) + ":" + v
	}
	return v
}

func (t program) run(input []string, args ...string) (r report, err error) {
	args = append(args, "--quiet", "--cache-dir", t.cache, "--skip-version-check", "--format", "json")
	cmd := exec.Command(t.path, append(args, input...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("trivy %s %s: %w", args[0], strings.Join(input, " "), err)
	}
	return r, json.Unmarshal(out, &r)
}

// offline are the arguments that keep Trivy from the network.
func offline() []string {
	return []string{"--scanners", "vuln", "--skip-db-update", "--skip-java-db-update", "--offline-scan", "--list-all-pkgs"}
}

// directory reads what Trivy says of a tree's lockfiles. With iac, its
// settings as well.
func (t program) directory(dir string, development, iac bool) (result, error) {
	args := append([]string{"fs"}, offline()...)
	if development {
		args = append(args, "--include-dev-deps")
	}
	vulns, err := t.run([]string{dir}, args...)
	if err != nil {
		return nil, err
	}
	out := result{}
	for _, r := range vulns.Results {
		for _, v := range r.Vulnerabilities {
			out.add(advisories, fmt.Sprintf("%s %s@%s %s %s %s", r.Target, v.PkgName, v.InstalledVersion, v.VulnerabilityID, strings.ToLower(v.Severity), v.Status), v.FixedVersion)
		}
		for _, p := range r.Packages {
			if p.Relationship == "root" || p.Relationship == "workspace" {
				continue // the project itself
			}
			out.add(packages, fmt.Sprintf("%s %s@%s%s", r.Target, p.Name, p.Version, mark(p.Dev)), "")
		}
	}
	if !iac {
		return out, nil
	}
	config, err := t.settings(dir)
	if err != nil {
		return nil, err
	}
	out[settings] = config[settings]
	return out, nil
}

// settings reads what Trivy says of a tree's infrastructure.
func (t program) settings(dir string) (result, error) {
	config, err := t.run([]string{dir}, "config", "--skip-check-update", "--helm-kube-version", "1.33.0")
	if err != nil {
		return nil, err
	}
	out := result{}
	for _, r := range config.Results {
		for _, m := range r.Misconfigurations {
			if m.Status == "FAIL" {
				out.add(settings, setting(r.Type, r.Target, m.CauseMetadata.StartLine, strings.TrimPrefix(m.AVDID, "AVD-"), strings.ToLower(m.Severity)), "")
			}
		}
	}
	return out, nil
}

// setting is one failed check. Where Trivy's lines are those of a text that it
// made, there are none.
func setting(framework, path string, line int, check, severity string) string {
	switch framework {
	case "helm":
	case "terraform-plan", "terraformplan":
		path = "plan"
	default:
		path = fmt.Sprintf("%s:%d", path, line)
	}
	return fmt.Sprintf("%s %s %s", path, check, severity)
}

func mark(development bool) string {
	if development {
		return " dev"
	}
	return ""
}

// image reads what Trivy says of the image in an OCI layout.
func (t program) image(dir string) (result, error) {
	r, err := t.run([]string{"--input", dir}, append([]string{"image"}, offline()...)...)
	if err != nil {
		return nil, err
	}
	out := result{}
	system := systemName(r.Metadata.OS.Family, r.Metadata.OS.Name)
	out.add(operatingSystem, system, "")
	for _, r := range r.Results {
		// The system's packages are known by the system, others by their file;
		// a program's is only in the name of the result.
		place := func(path string) string {
			switch {
			case r.Class == "os-pkgs":
				return system
			case path == "":
				return r.Target
			}
			return path
		}
		for _, v := range r.Vulnerabilities {
			out.add(advisories, fmt.Sprintf("%s %s@%s %s %s %s %s", place(v.PkgPath), v.PkgName, v.InstalledVersion, v.VulnerabilityID, strings.ToLower(v.Severity), v.Status, v.Layer.DiffID), v.FixedVersion)
		}
		for _, p := range r.Packages {
			out.add(packages, fmt.Sprintf("%s %s@%s %s", place(p.FilePath), p.Name, p.version(), spelled(p.Identifier.PURL)), "")
		}
	}
	return out, nil
}

// spelled is a package URL of Trivy's as scangate spells it: Debian's epoch is
// a part of the version, and a distribution has its name.
func spelled(purl string) string {
	switch kind, rest, _ := strings.Cut(strings.TrimPrefix(purl, "pkg:"), "/"); kind {
	case "deb":
		if url, epoch, ok := strings.Cut(purl, "&epoch="); ok {
			return strings.Replace(url, "@", "@"+epoch+"%3A", 1)
		}
	case "apk":
		family, _, _ := strings.Cut(rest, "/")
		return strings.Replace(purl, "&distro=", "&distro="+family+"-", 1)
	}
	return purl
}
