package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/policy/ignore"
	"github.com/scangate/scangate/report"
)

// ignore is the command `scangate ignore`: write an ignore into the
// configuration.
func (a *app) ignore(_ context.Context, args []string) (int, error) {
	var name string
	var permanent bool
	var r ignore.Request
	f := newFlags("ignore")
	f.StringVar(&name, "config", config.DefaultName, "the configuration to write to, `FILE`; it is made if it is absent")
	f.StringVar(&r.Reason, "reason", "", "why the finding does not count, `TEXT`; required")
	f.StringVar(&r.Expires, "expires", "", "the last day on which it holds, `DATE` (YYYY-MM-DD); required unless --permanent")
	f.BoolVar(&permanent, "permanent", false, "it holds for good")
	f.StringVar(&r.Path, "path", "", "only in files of this pattern, `P`, as in .gitignore")
	f.StringVar(&r.Package, "package", "", "only of packages of this pattern, `P`: a name or a package URL")
	f.StringVar(&r.Scanner, "scanner", "", "only of this scanner, `S`")
	ids, err := f.parse(args)
	if err != nil {
		return 0, err
	}
	r.Reason = strings.Join(strings.Fields(r.Reason), " ")
	switch {
	case len(ids) != 1 || strings.TrimSpace(ids[0]) == "":
		return 0, usage("want one ID: an advisory, a rule, a pattern of rules such as 'aws-*', or a finding's fingerprint")
	case r.Reason == "":
		return 0, usage("want --reason TEXT: those who read the ignore next need it")
	case (r.Expires == "") == !permanent:
		return 0, usage("want either --expires DATE, the last day on which it holds, or --permanent")
	}
	r.What = strings.TrimSpace(ids[0])
	data, err := readConfig(name)
	if err != nil {
		return 0, usageError{err}
	}
	file, err := config.Parse(data, name)
	if err != nil {
		return 0, usageError{err}
	}
	out, entry, err := ignore.Insert(data, name, r, slices.Sorted(maps.Keys(a.known(file))), time.Now())
	if err != nil {
		return 0, usageError{err}
	}
	if err := fileio.Replace(name, func(w io.Writer) error {
		_, err := w.Write(out)
		return err
	}); err != nil {
		return 0, fmt.Errorf("cannot write %s: %w", name, fileio.Cause(err))
	}
	fmt.Fprintf(a.stdout, "%s: %s is ignored\n", report.Line(entry.Origin), report.Line(r.What))
	return exitPassed, nil
}

// readConfig reads the configuration that is to be changed. One that is absent
// is empty. A link is refused: what it leads to would be replaced by a copy.
func readConfig(name string) ([]byte, error) {
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, fileio.Cause(err))
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file: name the file itself with --config", name)
	case info.Size() > config.MaxSize:
		return nil, fmt.Errorf("%s: over the limit of %d KiB for a configuration", name, config.MaxSize>>10)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, fileio.Cause(err))
	}
	return data, nil
}
