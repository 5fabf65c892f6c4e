package dependency

import (
	"bytes"
	"regexp"
	"strconv"

	"github.com/scangate/scangate/text"
)

// remarksFunc says what a lockfile of its kind leaves out, or its parser: a
// reader must not take for clean what nobody looked at.
type remarksFunc func(data []byte, dev bool) []string

var goDirective = regexp.MustCompile(`(?m)^go[ \t]+(\d+)\.(\d+)`)

// goModRemarks: before Go 1.17, go.mod did not list all indirect modules, and
// those it lists are not what is built.
func goModRemarks(data []byte, _ bool) []string {
	if m := goDirective.FindSubmatch(data); m != nil {
		major, _ := strconv.Atoi(string(m[1]))
		minor, _ := strconv.Atoi(string(m[2]))
		if major > 1 || minor >= 17 {
			return nil
		}
	}
	return []string{"its Go version is below 1.17, so it does not list indirect modules and only direct ones are looked at: run go mod tidy -go=1.17 or later"}
}

// mixRemarks: packages that come from a repository have no version.
func mixRemarks(data []byte, _ bool) []string {
	if n := bytes.Count(data, []byte("{:git,")); n > 0 {
		return []string{text.Count(n, "package") + " from a git repository, without a version, cannot be looked at"}
	}
	return nil
}
