package dependency

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

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

// requirementsRemarks counts what does not say which version is installed.
func requirementsRemarks(data []byte, _ bool) (remarks []string) {
	loose, includes, continued := 0, 0, false
	eachLine(data, func(_ int, line []byte) {
		text, _, _ := strings.Cut(strings.TrimSpace(string(line)), "#")
		text = strings.TrimSpace(text)
		was := continued
		continued = strings.HasSuffix(text, `\`)
		switch {
		case was || text == "":
		case strings.HasPrefix(text, "-r") || strings.HasPrefix(text, "--requirement"):
			includes++
		case strings.HasPrefix(text, "-c") || strings.HasPrefix(text, "--c"), strings.HasPrefix(text, "--") || strings.HasPrefix(text, "-i") || strings.HasPrefix(text, "-f"):
		case !strings.Contains(text, "=="):
			loose++
		}
	})
	if loose > 0 {
		remarks = append(remarks, fmt.Sprintf("%s without an exact version (==) cannot be looked at: pin them, for instance with pip-compile", text.Count(loose, "requirement")))
	}
	if includes > 0 {
		remarks = append(remarks, fmt.Sprintf("%s of other files: those are read only when they are named requirements.txt", text.Count(includes, "include")))
	}
	return remarks
}

// pipenvRemarks: the engine's parser reads the default section only.
func pipenvRemarks(data []byte, dev bool) []string {
	if !dev {
		return nil
	}
	var lock struct {
		Develop map[string]json.RawMessage `json:"develop"`
	}
	if json.Unmarshal(data, &lock) != nil || len(lock.Develop) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s in its develop section cannot be looked at", text.Count(len(lock.Develop), "package"))}
}

// pnpmRemarks: before version 9 of the format, the engine's parser passes over
// development packages.
func pnpmRemarks(data []byte, dev bool) []string {
	if n := bytes.Count(data, []byte("\n    dev: true")); dev && n > 0 {
		return []string{fmt.Sprintf("%s cannot be looked at in this version of the format: pnpm 9 or later writes one that can", text.Count(n, "development package"))}
	}
	return nil
}

// mixRemarks: packages that come from a repository have no version.
func mixRemarks(data []byte, _ bool) []string {
	if n := bytes.Count(data, []byte("{:git,")); n > 0 {
		return []string{text.Count(n, "package") + " from a git repository, without a version, cannot be looked at"}
	}
	return nil
}
