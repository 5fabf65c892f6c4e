package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/text"
)

// policyTests are the files that `scangate policy test` looks for.
const policyTests = "*.policytest.yaml"

// maxPolicyTest bounds a file of cases, in bytes.
const maxPolicyTest = 1 << 20

// policyCommands are the words after `scangate policy`.
func policyCommands() []command {
	return []command{
		{"test", "[FILE...]", "a team's own cases: findings, and what the policy must decide; default " + policyTests, (*app).policyTest},
		{"schema", "", "print the JSON Schema of .scangate.yaml, for editors", (*app).policySchema},
	}
}

// policy is the command `scangate policy`.
func (a *app) policy(ctx context.Context, args []string) (int, error) {
	return a.subcommand(ctx, "policy", policyCommands(), args)
}

// policyTest is the command `scangate policy test`: exit code 1 when a case
// fails.
func (a *app) policyTest(_ context.Context, args []string) (int, error) {
	var j judging
	f := newFlags("policy test")
	f.StringVar(&j.config, "config", "", "judge by this configuration, `FILE`, whatever the cases name")
	files, err := f.parse(args)
	if err != nil {
		return 0, err
	}
	if len(files) == 0 {
		if files, err = filepath.Glob(policyTests); err != nil {
			return 0, err
		}
		if len(files) == 0 {
			return 0, usage("no %s here: name a FILE", policyTests)
		}
	}
	slices.Sort(files)
	failed, total := 0, 0
	for _, name := range slices.Compact(files) {
		n, bad, err := a.runCases(j, name)
		if err != nil {
			return 0, usageError{err}
		}
		for _, line := range bad {
			fmt.Fprintln(a.stdout, report.Line(line))
		}
		total, failed = total+n, failed+len(bad)
	}
	if failed > 0 {
		fmt.Fprintf(a.stdout, "%d of %s failed\n", failed, text.Count(total, "case"))
		return exitFailed, nil
	}
	fmt.Fprintf(a.stdout, "%s passed\n", text.Count(total, "case"))
	return exitPassed, nil
}

// runCases checks the cases of a file, and returns how many there are and what
// is not as expected.
func (a *app) runCases(j judging, name string) (total int, bad []string, err error) {
	data, err := readPolicyTest(name)
	if err != nil {
		return 0, nil, err
	}
	doc, err := config.Document(data, name)
	if err != nil {
		return 0, nil, err
	}
	// The cases say which policy is meant, and the policy which names are known.
	var head struct {
		Policy string           `yaml:"policy"`
		Cases  []config.Section `yaml:"cases"`
	}
	if err := doc.Decode(&head); err != nil {
		return 0, nil, err
	}
	if j.config == "" && head.Policy != "" {
		j.config = head.Policy
		if !filepath.IsAbs(j.config) {
			j.config = filepath.Join(filepath.Dir(name), j.config)
		}
	}
	file, pol, err := a.loadPolicy(j, ".")
	if err != nil {
		return 0, nil, err
	}
	cases, err := policy.ParseCases(doc, a.known(file))
	if err != nil {
		return 0, nil, err
	}
	for i := range cases {
		if line := cases[i].Check(pol); line != "" {
			bad = append(bad, line)
		}
	}
	return len(cases), bad, nil
}

// readPolicyTest reads a file of cases.
func readPolicyTest(name string) ([]byte, error) {
	f, err := openRegular(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPolicyTest+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, fileio.Cause(err))
	case len(data) > maxPolicyTest:
		return nil, fmt.Errorf("%s: over the limit of %d KiB for cases", name, maxPolicyTest>>10)
	}
	return data, nil
}
