package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/scangate/scangate/audit"
	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/report"
)

// watched is a run of a command that judges, as its log, its audit log and its
// metrics tell of it. Its methods do nothing on a nil one: other commands judge,
// too, and nobody watches them.
type watched struct {
	began, ended time.Time
	report       *report.Report // nil: it did not get that far
	line         string         // SHA-256 of the audit log's line

	audit  string // file of the audit log; empty: there is none
	policy string // digest of what judges
	config bool   // it is known
	files  []audit.File
	kept   string      // file of the results
	binary chan string // gets the program's digest
}

func registerAudit(f *flags, name *string) {
	f.StringVar(name, "audit-log", "", "append a record of the run to `FILE`, a line of JSON that holds the digest of the line before")
}

// watch runs a command that judges, with what its command line asks for, and
// records it. A run that cannot be recorded is no pass.
func (a *app) watch(command string, args []string, auditLog string, run func() (int, error)) (code int, err error) {
	w := &watched{began: time.Now(), audit: auditLog}
	if w.audit != "" {
		if err := audit.Check(w.audit); err != nil {
			return 0, usageError{fmt.Errorf("--audit-log: %w", err)}
		}
		w.binary = make(chan string, 1)
		go func() { w.binary <- ownDigest() }()
	}
	a.watched = w
	code, err = exitIncomplete, errors.New("internal error") // what a panic comes to
	defer func() {
		w.ended = time.Now()
		if w.audit != "" {
			var werr error
			if w.line, werr = audit.Append(w.audit, a.record(w, command, args, codeOf(code, err), err)); werr != nil {
				err = errors.Join(err, fmt.Errorf("--audit-log: %w", werr))
			}
		}
		a.logEnd(w, codeOf(code, err))
	}()
	return run()
}

// apart refuses reports that would replace the audit log.
func (w *watched) apart(outs outputs, results string) error {
	if w == nil || w.audit == "" {
		return nil
	}
	log, err := os.Stat(w.audit)
	if err != nil {
		return fmt.Errorf("--audit-log: %s: %w", w.audit, fileio.Cause(err))
	}
	names := []string{results}
	for _, o := range outs {
		names = append(names, o.File)
	}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && os.SameFile(log, info) {
			return usage("--audit-log: %s is written to by something else, too", w.audit)
		}
	}
	return nil
}

// outcome is the verdict in a word.
func (w *watched) outcome() string {
	if w.report == nil {
		return "error"
	}
	return w.report.Verdict.Outcome.String()
}

// judged takes the verdict, and gives the report the occasion.
func (w *watched) judged(a *app, rep report.Report) report.Report {
	rep.Occasion = report.Occasion{Ended: time.Now(), Repository: a.repository(), Version: buildVersion(), Go: runtime.Version()}
	if w != nil {
		rep.Occasion.Began = w.began
		w.report = &rep
	}
	return rep
}

// read notes a file that decides about the outcome. A second policy, which is
// only compared, decides about nothing.
func (w *watched) read(role, name string, data []byte) {
	if w == nil || w.audit == "" || w.config && role == "vex" {
		return
	}
	h := sha256.Sum256(data)
	w.note(role, name, hex.EncodeToString(h[:]))
}

func (w *watched) note(role, name, digest string) {
	f := audit.File{Role: role, Name: audit.Clean(name), SHA256: digest}
	if len(w.files) < audit.MaxItems && !slices.Contains(w.files, f) {
		w.files = append(w.files, f)
	}
}

// readFile notes a file by its name.
func (w *watched) readFile(role, name string) {
	if w == nil || w.audit == "" {
		return
	}
	digest, err := digestOf(name)
	if err != nil {
		digest = "" // which is not known is better said than left out
	}
	w.note(role, name, digest)
}

// judging notes the configuration and what judges in it.
func (w *watched) judging(j judging, file *config.File) {
	if w == nil || w.audit == "" || w.config {
		return
	}
	w.config = true
	if file.Digest != "" {
		w.note("config", file.Name, file.Digest)
	}
	h := sha256.New()
	for _, s := range append([]config.Section{file.Policy, file.Ignore}, file.VEX...) {
		data, err := s.Canonical()
		if err != nil {
			return
		}
		fmt.Fprintf(h, "%s\n", data)
	}
	fmt.Fprintf(h, "%s\n", j.failOn)
	w.policy = hex.EncodeToString(h.Sum(nil))
}

// keeps notes where the results are kept.
func (w *watched) keeps(name string) {
	if w != nil {
		w.kept = name
	}
}

// readBaseline notes the baseline: the file that was read, under the name that
// was asked for.
func (w *watched) readBaseline(file, name string) {
	if w == nil || w.audit == "" || w.config {
		return
	}
	if digest, err := digestOf(file); err == nil {
		w.note("baseline", name, digest)
	}
}

// digestOf is the SHA-256 of a regular file.
func digestOf(name string) (string, error) {
	f, err := openRegular(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return sumOf(f)
}

func sumOf(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", fileio.Cause(err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// ownDigest is the SHA-256 of the program that runs, empty if it cannot be read.
func ownDigest() string {
	f, err := os.Open("/proc/self/exe") // even if it was replaced since it started
	if err != nil {
		name, nerr := os.Executable()
		if nerr != nil {
			return ""
		}
		if f, err = os.Open(name); err != nil {
			return ""
		}
	}
	defer f.Close()
	digest, err := sumOf(f)
	if err != nil {
		return ""
	}
	return digest
}

// directory is the base name of the working directory.
func directory() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	return filepath.Base(dir)
}
