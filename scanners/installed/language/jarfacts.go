package language

import (
	"bytes"
	"strings"
)

// maxProperties bounds pom.properties, of four lines, in bytes.
const maxProperties = 64 << 10

// parseProperties reads pom.properties as Maven writes it into an archive.
func parseProperties(data []byte) (a artifact) {
	for line := range bytes.Lines(data) {
		key, value, _ := strings.Cut(strings.TrimSpace(string(line)), "=")
		switch key {
		case "groupId":
			a.group = value
		case "artifactId":
			a.name = value
		case "version":
			a.version = value
		}
	}
	return a
}

// fromFileName takes name-1.2.3.jar apart: the last hyphen before a digit
// divides the two. It returns nothing for other names.
func fromFileName(file string) artifact {
	stem, ok := strings.CutSuffix(file, ".jar")
	if !ok || strings.ContainsAny(stem, " \t\n\v\f\r") {
		return artifact{}
	}
	for i := len(stem) - 2; i > 0; i-- {
		if stem[i] != '-' || stem[i+1] < '0' || stem[i+1] > '9' || stem[i-1] == '-' || stem[i-1] == '*' {
			continue
		}
		name := stem[:i]
		if strings.IndexFunc(name, notInName) >= 0 {
			continue
		}
		return artifact{name: name, version: stem[i+1:]}
	}
	return artifact{}
}

func notInName(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-')
}

// manifest holds the attributes of MANIFEST.MF that may tell what an archive is.
type manifest map[string]string

// manifestKeys are the attributes to keep, by their rank for each part.
var (
	groupKeys   = []string{"Implementation-Vendor-Id", "Bundle-SymbolicName", "Implementation-Vendor", "Specification-Vendor"}
	nameKeys    = []string{"Implementation-Title", "Specification-Title", "Bundle-Name"}
	versionKeys = []string{"Implementation-Version", "Specification-Version", "Bundle-Version"}
)

// parseManifest reads attributes of one line each. Those that are continued on
// the next line keep their first, as the engine has it.
func parseManifest(data []byte) manifest {
	m := manifest{}
	for raw := range bytes.Lines(data) {
		if len(raw) > 1024 { // the format allows 72
			continue
		}
		key, value, ok := strings.Cut(strings.TrimRight(string(raw), "\r\n"), ":")
		if !ok || !wantedKey(key) {
			continue
		}
		// A value of the form %name refers to another file.
		if value = strings.TrimSpace(value); value != "" && value[0] != '%' {
			m[key] = value
		}
	}
	return m
}

func wantedKey(key string) bool {
	for _, keys := range [][]string{groupKeys, nameKeys, versionKeys} {
		for _, k := range keys {
			if k == key {
				return true
			}
		}
	}
	return false
}

func (m manifest) first(keys []string) (key, value string) {
	for _, k := range keys {
		if m[k] != "" {
			return k, m[k]
		}
	}
	return "", ""
}

// artifact guesses what an archive is. The guess may name what does not exist.
func (m manifest) artifact() (a artifact) {
	key, group := m.first(groupKeys)
	if key == "Bundle-SymbolicName" { // org.example.thing, of the group org.example
		if i := strings.LastIndexByte(group, '.'); i > 0 {
			group = group[:i]
		}
	}
	_, name := m.first(nameKeys)
	_, version := m.first(versionKeys)
	return artifact{group, name, version}
}
