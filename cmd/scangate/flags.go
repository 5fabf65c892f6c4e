package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/text"
)

// flags is a flag set whose errors are one line, and which takes flags and
// arguments in any order.
type flags struct {
	*flag.FlagSet
	names []string
}

func newFlags(command string) *flags {
	fs := flag.NewFlagSet(command, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return &flags{FlagSet: fs}
}

// helpError asks for a command's help.
type helpError struct{ flags string }

func (helpError) Error() string { return "help" }

// parse reads args and returns those that are no flags.
func (f *flags) parse(args []string) ([]string, error) {
	f.VisitAll(func(fl *flag.Flag) { f.names = append(f.names, fl.Name) })
	var rest []string
	for {
		err := f.Parse(args)
		switch {
		case errors.Is(err, flag.ErrHelp):
			return nil, helpError{f.describe()}
		case err != nil:
			return nil, usageError{f.explain(err)}
		}
		left := f.Args()
		if len(left) == 0 {
			return rest, nil
		}
		if i := len(args) - len(left); i > 0 && args[i-1] == "--" {
			return append(rest, left...), nil
		}
		rest = append(rest, left[0])
		args = left[1:]
	}
}

// explain rewrites the flag package's message, which names flags with one dash.
func (f *flags) explain(err error) error {
	const unknown = "flag provided but not defined: -"
	if name, ok := strings.CutPrefix(err.Error(), unknown); ok {
		name = strings.TrimLeft(name, "-")
		return errors.New("unknown flag --" + name + text.Suggest(name, f.names))
	}
	msg := strings.ReplaceAll(err.Error(), "flag -", "flag --")
	return errors.New(strings.ReplaceAll(msg, "argument: -", "argument: --"))
}

func (f *flags) describe() string {
	var b strings.Builder
	f.VisitAll(func(fl *flag.Flag) {
		kind, text := flag.UnquoteUsage(fl)
		b.WriteString("  --" + fl.Name)
		if kind != "" {
			b.WriteString(" " + kind)
		}
		b.WriteString("\n        " + text)
		if fl.DefValue != "" && fl.DefValue != "false" && fl.DefValue != "0" && fl.DefValue != "[]" {
			b.WriteString(" (default " + fl.DefValue + ")")
		}
		b.WriteString("\n")
	})
	return b.String()
}

// checkFormat refuses a --format that is none of these.
func checkFormat(format string, formats ...string) error {
	if slices.Contains(formats, format) {
		return nil
	}
	return usage("--format: unknown format %q%s", format, text.Suggest(format, formats))
}

// printJSON prints a value for programs.
func (a *app) printJSON(value any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

// outputs is the repeatable --output flag.
type outputs []report.Output

func (o *outputs) String() string { return "" }

func (o *outputs) Set(spec string) error {
	out, err := report.ParseOutput(spec)
	if err != nil {
		return err
	}
	*o = append(*o, out)
	return nil
}

// texts is a repeatable flag.
type texts []string

func (t *texts) String() string { return "" }

func (t *texts) Set(s string) error {
	if s == "" {
		return errors.New("it is empty")
	}
	*t = append(*t, s)
	return nil
}

// judging is what every command that judges results takes.
type judging struct {
	config   string
	failOn   string
	baseline string
	unread   bool // the baseline is not for judging
	out      outputs
	pull     *pull  // whose base decides; nil: it is no pull request
	audit    string // file of the audit log; empty: none
	part     bool   // only part of what there is to look at is judged

	// maxAge takes the place of the configuration's db.max-age; nil: it does not.
	maxAge *time.Duration
	// amend adds what is known elsewhere to the results, before they are judged;
	// it may be nil.
	amend func(context.Context, *finding.Results)
}

func (j *judging) register(f *flags) {
	j.registerPolicy(f)
	f.Var(&j.out, "output", "`FORMAT=FILE` (repeatable), FORMAT one of "+strings.Join(report.FormatNames(), ", ")+"; FILE - is standard output")
}

// registerPolicy is for commands that judge and write no report.
func (j *judging) registerPolicy(f *flags) {
	f.StringVar(&j.config, "config", "", "configuration `FILE` (default .scangate.yaml, which may be absent)")
	f.StringVar(&j.failOn, "fail-on", "", "`SPEC`: high, or per scanner secret=any,dependency=critical,iac=none; wins over the configuration")
	f.StringVar(&j.baseline, "baseline", "", "judge only what is not in the baseline `FILE`, which scangate baseline write makes (default: that of the configuration)")
}
