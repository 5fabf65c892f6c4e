package sample

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
)

// Lines formats a run's findings the way testdata/sample/expected writes them
// down: severity, rule, place and subject, separated by tabs, and "suppressed"
// behind those that are.
func Lines(run finding.Run) []string {
	var out []string
	for _, f := range run.Findings {
		line := fmt.Sprintf("%s\t%s\t%s:%d\t%s", f.Severity, f.RuleID, f.Location.Path, f.Location.StartLine, subject(run.Scanner, f))
		if f.Suppressed() {
			line += "\tsuppressed"
		}
		out = append(out, line)
	}
	return out
}

func subject(scanner string, f finding.Finding) string {
	switch {
	case f.Package != nil:
		return f.Package.Name + "@" + f.Package.Version
	case f.Location.Commit != "":
		return "history:" + f.Location.Commit
	case scanner == "secret":
		return "tree"
	}
	return f.Resource
}

// Compare holds a run's findings against an expectation file, whatever the
// order of the lines. Lines that begin with # are comments.
func Compare(run finding.Run, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	var want []string
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if line := sc.Text(); line != "" && !strings.HasPrefix(line, "#") {
			want = append(want, line)
		}
	}
	got := Lines(run)
	for _, line := range got {
		if i := slices.Index(want, line); i >= 0 {
			want = slices.Delete(want, i, i+1)
		} else {
			err = errors.Join(err, fmt.Errorf("%s: not expected: %s", run.Scanner, line))
		}
	}
	for _, line := range want {
		err = errors.Join(err, fmt.Errorf("%s: missing: %s", run.Scanner, line))
	}
	return err
}
