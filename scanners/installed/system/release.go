package system

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

// maxRelease bounds a release file, in bytes: far above real ones.
const maxRelease = 1 << 20

// esmStatus says which support contracts an Ubuntu has.
const esmStatus = "var/lib/ubuntu-advantage/status.json"

// releaseReader reads the files that say which operating system this is. No
// file is read of distributions that os-release is enough for.
func releaseReader() installed.Reader {
	return installed.Reader{
		Name:    "release",
		Version: 1,
		Wants:   func(path string, _ fs.FileMode, _ int64) bool { return releaseFile(path) != nil },
		Max:     maxRelease,
		Read:    readRelease,
	}
}

// releaseFile returns the parser of the release file at path. It returns nil
// for any other path; it is called for every file.
func releaseFile(path string) func(content string) (*ftypes.OS, error) {
	switch path {
	case "etc/os-release", "usr/lib/os-release",
		"aarch64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release",
		"x86_64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release":
		return osRelease
	case "etc/alpine-release":
		return firstLine(ftypes.Alpine)
	case "etc/debian_version":
		return firstLine(ftypes.Debian)
	case "etc/lsb-release":
		return lsbRelease
	case esmStatus:
		return extended
	case "etc/system-release", "usr/lib/system-release":
		return amazonRelease
	case "etc/almalinux-release":
		return redHatFamily(ftypes.Alma)
	case "etc/centos-release":
		return redHatFamily(ftypes.CentOS)
	case "etc/fedora-release", "usr/lib/fedora-release":
		return redHatFamily(ftypes.Fedora)
	case "etc/oracle-release":
		return redHatFamily(ftypes.Oracle)
	case "etc/rocky-release":
		return redHatFamily(ftypes.Rocky)
	case "etc/redhat-release":
		return redHatFamily(ftypes.RedHat)
	}
	return nil
}

func readRelease(ctx context.Context, f installed.File) (*installed.Result, error) {
	parse := releaseFile(f.Path)
	if parse == nil {
		return nil, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f.Content, maxRelease))
	if err != nil {
		return nil, errors.New("it cannot be read to its end")
	}
	os, err := parse(string(content))
	if os == nil || err != nil {
		return nil, err
	}
	if len(os.Name) > maxName || !utf8.ValidString(os.Name) || strings.ContainsFunc(os.Name, unicode.IsControl) {
		return nil, errors.New("what it gives as the release is not one")
	}
	return &installed.Result{OS: os}, nil
}

// textLines are the lines of a small file.
func textLines(content string) []string {
	content = strings.ReplaceAll(strings.TrimSuffix(content, "\n"), "\r\n", "\n")
	if content == "" {
		return nil
	}
	return strings.Split(content, "\n")
}

// osRelease reads the one file that nearly all distributions have, for those
// whose advisories go by its VERSION_ID. The others have their own file, with
// more of the version in it.
func osRelease(content string) (*ftypes.OS, error) {
	var family ftypes.OSType
	var version string
	for _, line := range textLines(content) {
		key, value, _ := strings.Cut(line, "=")
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		switch strings.TrimSpace(key) {
		case "ID":
			family = osReleaseFamily(value)
		case "VERSION_ID":
			version = value
		}
		if family != "" && version != "" {
			return &ftypes.OS{Family: family, Name: version}, nil
		}
	}
	return nil, nil
}

func osReleaseFamily(id string) ftypes.OSType {
	switch id {
	case "alpine":
		return ftypes.Alpine
	case "azurelinux":
		return ftypes.Azure
	case "bottlerocket":
		return ftypes.Bottlerocket
	case "chainguard":
		return ftypes.Chainguard
	case "echo":
		return ftypes.Echo
	case "mariner":
		return ftypes.CBLMariner
	case "minimos":
		return ftypes.MinimOS
	case "opensuse", "opensuse-leap": // 42 and 15
		return ftypes.OpenSUSELeap
	case "opensuse-tumbleweed":
		return ftypes.OpenSUSETumbleweed
	case "photon":
		return ftypes.Photon
	case "sle-micro", "sl-micro", "sle-micro-rancher": // its names over the years
		return ftypes.SLEMicro
	case "sles":
		return ftypes.SLES
	case "wolfi":
		return ftypes.Wolfi
	}
	return ""
}

// firstLine reads a file that holds nothing but the version.
func firstLine(family ftypes.OSType) func(string) (*ftypes.OS, error) {
	return func(content string) (*ftypes.OS, error) {
		all := textLines(content)
		if len(all) == 0 {
			return nil, nil
		}
		return &ftypes.OS{Family: family, Name: all[0]}, nil
	}
}

// lsbRelease reads Ubuntu's; other distributions have the file, too.
func lsbRelease(content string) (*ftypes.OS, error) {
	ubuntu := false
	for _, line := range textLines(content) {
		if line == "DISTRIB_ID=Ubuntu" {
			ubuntu = true
		} else if release, ok := strings.CutPrefix(line, "DISTRIB_RELEASE="); ok && ubuntu {
			return &ftypes.OS{Family: ftypes.Ubuntu, Name: strings.TrimSpace(release)}, nil
		}
	}
	return nil, nil
}

// extended tells whether an Ubuntu has extended maintenance, which has fixes,
// and so advisories, of its own. Its release is in another file.
func extended(content string) (*ftypes.OS, error) {
	var status struct {
		Services []struct {
			Name   string `json:"name"`
			Status string `json:"status"`
		} `json:"services"`
	}
	if err := json.Unmarshal([]byte(content), &status); err != nil {
		return nil, errors.New("it is not the status of Ubuntu Pro in JSON, so whether there is extended maintenance is unknown")
	}
	for _, s := range status.Services {
		if s.Name == "esm-infra" && s.Status == "enabled" {
			return &ftypes.OS{Family: ftypes.Ubuntu, Extended: true}, nil
		}
	}
	return nil, nil
}

// amazonRelease reads Amazon's; others have the file as a link to their own.
func amazonRelease(content string) (*ftypes.OS, error) {
	for _, line := range textLines(content) {
		fields := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "Amazon Linux release 2"):
			if len(fields) >= 5 { // 2 (Karoo), 2023.6.20250107 (Amazon Linux)
				return &ftypes.OS{Family: ftypes.Amazon, Name: strings.Join(fields[3:], " ")}, nil
			}
		case strings.HasPrefix(line, "Amazon Linux") && len(fields) >= 2: // AMI release 2018.03
			return &ftypes.OS{Family: ftypes.Amazon, Name: strings.Join(fields[2:], " ")}, nil
		}
	}
	return nil, nil
}

var redHatLine = regexp.MustCompile(`(.*) release (\d[\d.]*)`)

// redHatFamily reads the release file of a relative of Red Hat. A file of Red
// Hat's own name may be any relative's. Others count only when they are of
// the family, and what calls itself Oracle's always is.
func redHatFamily(family ftypes.OSType) func(string) (*ftypes.OS, error) {
	return func(content string) (*ftypes.OS, error) {
		for _, line := range textLines(content) {
			m := redHatLine.FindStringSubmatch(strings.TrimSpace(line))
			if m == nil {
				return nil, fmt.Errorf("it does not say which release of %s this is", family)
			}
			says := redHatRelative(strings.ToLower(m[1]))
			switch {
			case family == ftypes.RedHat:
				return &ftypes.OS{Family: says, Name: m[2]}, nil
			case family == ftypes.Oracle || says == family:
				return &ftypes.OS{Family: family, Name: m[2]}, nil
			}
		}
		return nil, nil
	}
}

func redHatRelative(name string) ftypes.OSType {
	switch name {
	case "alma", "almalinux", "alma linux":
		return ftypes.Alma
	case "centos", "centos linux": // CentOS Stream counts as Red Hat
		return ftypes.CentOS
	case "fedora", "fedora linux":
		return ftypes.Fedora
	case "oracle", "oracle linux", "oracle linux server":
		return ftypes.Oracle
	case "rocky", "rocky linux":
		return ftypes.Rocky
	}
	return ftypes.RedHat
}

// MergeOS joins what two files say: a, of the lower layer or read first, and
// b. Relatives carry the release files of Debian and Red Hat beside their own,
// so a more special family wins over these two; otherwise the lower one stays.
// Unlike [ftypes.OS.Merge], which the order of files of one layer can lead to
// an Ubuntu with the version of a Debian, it gives a family no other family's
// version.
func MergeOS(a, b ftypes.OS) ftypes.OS {
	general := []ftypes.OSType{"", ftypes.Debian, ftypes.RedHat}
	switch {
	case b.Family == "":
	case a.Family == b.Family && !slices.Contains(general, a.Family):
		if a.Name == "" {
			a.Name = b.Name
		}
		a.Extended = a.Extended || b.Extended
	case slices.Contains(general, a.Family):
		a = b
	}
	a.Normalize()
	return a
}
