package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/dast"
	"github.com/scangate/scangate/scanners/dast/crawl"
	"github.com/scangate/scangate/scanners/external"
)

// maxDescription bounds a file that the section dast names, in bytes.
const maxDescription = 16 << 20

// defaultLog is where the program under test prints to.
const defaultLog = ".scangate/dast.log"

// makeDAST makes a scanner for each application that the command line or the
// configuration names.
func makeDAST(s config.Section, set settings) ([]scanners.Scanner, error) {
	var o dast.Options
	if err := s.Decode(&o); err != nil {
		return nil, err
	}
	for _, t := range set.targets {
		if _, err := crawl.ParseTarget(t); err != nil {
			return nil, usage("--target: %v", err) // which is no mistake of the file
		}
	}
	all, err := dast.New(o, dast.Setting{
		Targets: set.targets, Offline: set.offline, Dir: set.path, File: set.config, Getenv: set.getenv,
		ReadFile: func(name string) ([]byte, error) { return set.read(name, maxDescription) },
		Log: func(n int) (string, error) {
			name := defaultLog
			if n > 0 {
				name = fmt.Sprintf("%s-%d.log", strings.TrimSuffix(defaultLog, ".log"), n+1)
			}
			return name, makeResultsDir(filepath.Dir(name))
		},
	})
	var inFile *dast.FileError
	var atLine *config.Error
	switch {
	case errors.As(err, &inFile), errors.As(err, &atLine):
		return nil, usageError{err} // it names a better place than the section's
	case err != nil:
		return nil, usageError{s.Errorf("%v", err)}
	}
	out := make([]scanners.Scanner, len(all))
	for i, scanner := range all {
		out[i] = scanner
	}
	return out, nil
}

// below is the configuration's path in the scanned directory, or "".
func below(file *config.File, path string) string {
	name := file.Name
	if name == "" || name == config.DefaultName {
		return name
	}
	root, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	if name, err = filepath.Abs(name); err != nil {
		return ""
	}
	rel, err := filepath.Rel(root, name)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel)
}

// withProgram is a scanner of an application that dast starts.
type withProgram struct {
	*external.Scanner
	program *dast.Program
}

// Scan has the program running while it scans.
func (w withProgram) Scan(ctx context.Context, t scanners.Target, work scanners.Work) (out scanners.Report, err error) {
	done, err := w.program.Use(ctx)
	if err != nil {
		return out, err
	}
	defer func() { out.Notes = append(out.Notes, done(err != nil)...) }()
	return w.Scanner.Scan(ctx, t, work)
}
