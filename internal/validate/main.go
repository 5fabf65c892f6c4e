// Command validate checks SARIF files with everything that knows the format:
// the official schema, scangate's own lint of GitHub's rules, and Microsoft's
// multitool with its GitHub rules. It fails on the first error-level result.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scangate/scangate/sarif"
)

func main() {
	tool := flag.String("tool", "", "the Sarif.Multitool program")
	schema := flag.String("schema", "sarif/testdata/sarif-2.1.0.json", "the official SARIF schema")
	flag.Parse()
	for _, file := range flag.Args() {
		err := errors.Join(checkSchema(*schema, file), checkLint(file), checkTool(*tool, file))
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			os.Exit(1)
		}
		fmt.Printf("%s: valid by the SARIF schema, `sarif lint` and Sarif.Multitool (Sarif;Ghas)\n", file)
	}
}

func checkSchema(schema, file string) error {
	compiled, err := jsonschema.NewCompiler().Compile(schema)
	if err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		return err
	}
	return compiled.Validate(doc)
}

func checkLint(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	problems, err := sarif.Lint(f)
	for _, p := range problems {
		if p.Level == sarif.Reject {
			err = errors.Join(err, errors.New(p.String()))
		}
	}
	return err
}

// checkTool runs the multitool. Its exit code is 0 whatever it finds, so its
// output is what counts, and an output without a single run is a failure too.
func checkTool(tool, file string) error {
	// npm does not run the package's own post-install step.
	if err := os.Chmod(tool, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "validate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "out.sarif")
	cmd := exec.Command(tool, "validate", file, "--rule-kind", "Sarif;Ghas", "--output", out, "--log", "ForceOverwrite")
	if log, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("multitool: %w: %s", err, log)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	var report struct {
		Runs []struct {
			Results []struct {
				RuleID, Level string
				Message       struct {
					Arguments []string
					Text      string
				}
			}
		}
	}
	if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")), &report); err != nil {
		return fmt.Errorf("multitool: %w", err)
	}
	if len(report.Runs) == 0 {
		return errors.New("multitool: no run in its output")
	}
	for _, run := range report.Runs {
		for _, r := range run.Results {
			if r.Level == "error" {
				err = errors.Join(err, fmt.Errorf("multitool: %s: %s %q", r.RuleID, r.Message.Text, r.Message.Arguments))
			}
		}
	}
	return err
}
