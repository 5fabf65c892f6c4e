package images

import (
	"fmt"
	"strings"
)

// pkg is a package of an operating system.
type pkg struct{ name, source, version string }

// apkDatabase is lib/apk/db/installed, as apk documents it. Debian has no apk
// that could write one.
func apkDatabase(arch string, pkgs []pkg) File {
	var b strings.Builder
	for _, p := range pkgs {
		fmt.Fprintf(&b, "P:%s\nV:%s\nA:%s\nS:1000\nI:4096\nT:a fixture\nL:MIT\no:%s\nF:usr\nF:usr/share\nR:%s\n\n", p.name, p.version, arch, p.source, p.name)
	}
	return File{Path: "lib/apk/db/installed", Content: b.String()}
}

// dpkgStatus is a package's part of dpkg's status file; a stanza of a control
// file where there is no dpkg.
func (p pkg) dpkgStatus(arch string, controlOnly bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Package: %s\n", p.name)
	if !controlOnly {
		b.WriteString("Status: install ok installed\n")
	}
	b.WriteString("Priority: optional\nSection: libs\nMaintainer: Fixture <fixture@example.com>\n")
	fmt.Fprintf(&b, "Architecture: %s\n", arch)
	if p.source != p.name {
		fmt.Fprintf(&b, "Source: %s\n", p.source)
	}
	fmt.Fprintf(&b, "Version: %s\nDescription: a fixture\n with a longer description\n", p.version)
	return b.String()
}

func dpkgDatabase(arch string, pkgs []pkg) File {
	var b strings.Builder
	for _, p := range pkgs {
		b.WriteString(p.dpkgStatus(arch, false) + "\n")
	}
	return File{Path: "var/lib/dpkg/status", Content: b.String()}
}

// statusDirectory is what images without dpkg have: a file for each package.
func statusDirectory(arch string, pkgs []pkg) []File {
	var out []File
	for _, p := range pkgs {
		out = append(out, File{Path: "var/lib/dpkg/status.d/" + p.name, Content: p.dpkgStatus(arch, true)})
	}
	return out
}

// osRelease is etc/os-release, and where it really lies.
func osRelease(name, id, version string) []File {
	content := fmt.Sprintf("NAME=%q\nID=%q\n", name, id)
	if version != "" {
		content += fmt.Sprintf("VERSION_ID=%q\n", version)
	}
	return []File{
		{Path: "usr/lib/os-release", Content: content},
		{Path: "etc/os-release", Link: "../usr/lib/os-release"},
	}
}
