package helm

import (
	"bytes"
	"path"
	"strings"
)

// ignore is the rules of .helmignore, in Helm's dialect: the first that
// matches wins, and one with "!" ignores everything that it does not match.
type ignore []ignoreRule

type ignoreRule struct {
	pattern         string
	negate, dir     bool
	anchored, whole bool // from the root; compared with the whole path
}

const maxIgnoreRules = 500

func parseIgnore(data []byte) ignore {
	var rules ignore
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	for line := range strings.Lines(string(data) + "\ntemplates/.?*") {
		line = strings.TrimSpace(line)
		_, bad := path.Match(line, "abc")
		if line == "" || line[0] == '#' || strings.Contains(line, "**") || bad != nil || len(rules) > maxIgnoreRules {
			continue
		}
		var r ignoreRule
		line, r.negate = strings.CutPrefix(line, "!")
		line, r.dir = strings.CutSuffix(line, "/")
		line, r.anchored = strings.CutPrefix(line, "/")
		r.pattern, r.whole = line, r.anchored || strings.Contains(line, "/")
		rules = append(rules, r)
	}
	return rules
}

// match reports whether a file is ignored, itself or with a directory above it.
func (rules ignore) match(name string) bool {
	for i, c := range name {
		if c == '/' && rules.one(name[:i], true) {
			return true
		}
	}
	return rules.one(name, false)
}

func (rules ignore) one(name string, dir bool) bool {
	for _, r := range rules {
		if r.dir && !dir {
			if r.negate {
				return true
			}
			continue
		}
		subject := name
		if !r.whole {
			subject = path.Base(name)
		}
		matched, _ := path.Match(r.pattern, subject)
		if matched != r.negate {
			return true
		}
	}
	return false
}
