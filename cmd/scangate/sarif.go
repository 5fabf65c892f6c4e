package main

import (
	"bufio"
	"context"
	"fmt"

	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/sarif"
)

// sarif is the command `scangate sarif lint`: exit code 1 when GitHub would
// reject one of the files.
func (a *app) sarif(_ context.Context, args []string) (int, error) {
	if len(args) == 0 || args[0] != "lint" {
		if len(args) > 0 && (args[0] == "-h" || args[0] == "--help") {
			return exitPassed, helpError{}
		}
		return 0, usage("want `scangate sarif lint FILE...`")
	}
	f := newFlags("sarif lint")
	files, err := f.parse(args[1:])
	if err != nil {
		return 0, err
	}
	if len(files) == 0 {
		return 0, usage("want at least one FILE")
	}
	code := exitPassed
	for _, name := range files {
		problems, err := lintFile(name)
		if err != nil {
			return 0, usageError{err}
		}
		for _, p := range problems {
			if p.Level == sarif.Reject {
				code = exitFailed
			}
			fmt.Fprintf(a.stdout, "%s: %s\n", report.Line(name), report.Line(p.String()))
		}
		if len(problems) == 0 {
			fmt.Fprintf(a.stdout, "%s: would be accepted as it is\n", report.Line(name))
		}
	}
	return code, nil
}

func lintFile(name string) ([]sarif.Problem, error) {
	f, err := openRegular(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	problems, err := sarif.Lint(bufio.NewReaderSize(f, 1<<16))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return problems, nil
}
