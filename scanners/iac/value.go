package iac

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/work"
)

// A finding on one line of code says what stands there, where that is a plain
// value which cannot be a secret: "acl = public-read" tells a reviewer more than
// that the bucket is public.

var (
	setting   = regexp.MustCompile(`^\s*(?:-\s+)?"?([A-Za-z][A-Za-z0-9_.-]{0,60})"?\s*[:=]\s*\[?\s*("?)([A-Za-z0-9.:/*_-]{1,40})("?)\s*\]?,?\s*(?:#.*)?$`)
	sensitive = regexp.MustCompile(`(?i)pass|secret|token|key|cred|auth|priv|cert|salt|seed|pin\b|user_?data|connection|dsn|sas|license`)
	opaque    = regexp.MustCompile(`[A-Za-z0-9]{20,}`)
)

// valueAt is the setting on a line, as "acl = public-read"; empty where there is
// none that can be shown.
func valueAt(line []byte) string {
	m := setting.FindSubmatch(bytes.TrimRight(line, "\r\n"))
	if m == nil || string(m[2]) != string(m[4]) || sensitive.Match(m[1]) || opaque.Match(m[3]) {
		return ""
	}
	return string(m[1]) + " = " + string(m[3])
}

// quoteValues adds to each message what stands on the line, where it is one
// line of code as it is written. What a tool made of a file has its values
// elsewhere.
func quoteValues(found []finding.Finding, files map[string][]byte) {
	var lines [][]byte // of the file of the finding before: they are in order
	path := ""
	for i := range found {
		f := &found[i]
		l := f.Location
		if l.StartLine == 0 || l.EndLine > l.StartLine || f.Framework == work.Dockerfile || f.Framework == work.Helm || f.Framework == work.TerraformPlan || f.Framework == work.GitHubActions {
			continue
		}
		if l.Path != path {
			path, lines = l.Path, bytes.Split(files[l.Path], []byte("\n"))
		}
		if l.StartLine > len(lines) {
			continue
		}
		if v := valueAt(lines[l.StartLine-1]); v != "" && !strings.Contains(f.Message, v) {
			f.Message = strings.TrimRight(f.Message, " ") + " Found: " + v
		}
	}
}
