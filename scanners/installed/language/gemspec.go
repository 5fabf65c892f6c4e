package language

import (
	"bytes"
	"errors"
	"strings"
	"unicode"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

// readGemspec reads a specification as RubyGems writes it when it installs a
// gem: Ruby code, one attribute a line.
//
//	Gem::Specification.new do |s|
//	  s.name = "rake".freeze
func readGemspec(path string, data []byte) (*installed.Result, error) {
	var prefix, name, version string
	var licenses []string
	for len(data) > 0 {
		var raw []byte
		raw, data, _ = bytes.Cut(data, []byte{'\n'})
		line := strings.TrimSpace(string(raw))
		if strings.Contains(line, "Gem::Specification.new") {
			prefix = blockVariable(line)
		}
		if prefix == "" {
			continue
		}
		if v := attribute(line, prefix, "name"); v != "" {
			name = unquote(firstWord(v))
		} else if v := attribute(line, prefix, "version"); v != "" {
			version = unquote(firstWord(v))
		} else if v := attribute(line, prefix, "licenses"); strings.HasPrefix(v, "[") {
			licenses = nil
			for l := range strings.SplitSeq(strings.Trim(v, "[]"), ",") {
				licenses = append(licenses, licenseNames(unquote(l))...)
			}
		} else if v := attribute(line, prefix, "license"); v != "" {
			licenses = licenseNames(unquote(firstWord(v)))
		}
		if name != "" && version != "" && licenses != nil {
			break // what follows are dependencies and code
		}
	}
	if name == "" || version == "" {
		return nil, errors.New("names no gem with a version")
	}
	return single(ftypes.GemSpec, path, ftypes.Package{Name: name, Version: version, Licenses: licenses})
}

// blockVariable returns "s." of "… do |s|".
func blockVariable(line string) string {
	_, after, _ := strings.Cut(line, "|")
	if end := strings.LastIndexByte(after, '|'); end > 0 {
		return after[:end] + "."
	}
	return ""
}

// attribute returns what is assigned to an attribute, or "".
func attribute(line, prefix, name string) string {
	rest, ok := strings.CutPrefix(line, prefix)
	if rest, ok = cutIf(ok, rest, name); !ok {
		return ""
	}
	rest, ok = strings.CutPrefix(strings.TrimSpace(rest), "=")
	if !ok {
		return ""
	}
	return strings.TrimSpace(rest)
}

func cutIf(ok bool, s, prefix string) (string, bool) {
	if !ok {
		return s, false
	}
	return strings.CutPrefix(s, prefix)
}

func firstWord(s string) string {
	if end := strings.IndexFunc(s, unicode.IsSpace); end >= 0 {
		return s[:end]
	}
	return s
}

// unquote makes rake of "rake".freeze.
func unquote(s string) string {
	return strings.Trim(strings.TrimSuffix(strings.TrimSpace(s), ".freeze"), `'"`)
}
