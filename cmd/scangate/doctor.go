package main

import (
	"context"
	"fmt"

	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/text"
)

// The states of what doctor looks at.
const (
	fine    = "ok"
	warning = "warning" // a scan runs, and says less than it could
	problem = "problem" // a scan would not be complete, or would not start
	absent  = "-"       // it is not there, and nothing asks for it
)

// checkup is what doctor says of one thing.
type checkup struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Words  string `json:"words"`
	Remedy string `json:"remedy,omitempty"`
}

// doctoring is a run of doctor.
type doctoring struct {
	scanning
	list  []checkup
	usage error // the mistake in flags or configuration that keeps a scan from starting
}

func (d *doctoring) say(name, state, remedy, format string, args ...any) {
	d.list = append(d.list, checkup{name, state, text.OneLine(fmt.Sprintf(format, args...), 500), remedy})
}

// doctor is the command `scangate doctor`: would a scan of PATH be complete, and
// if not, what is to be done. It scans nothing and changes nothing; the exit code
// is 3 if a scan would not be complete, and 2 if it would not start.
func (a *app) doctor(ctx context.Context, args []string) (int, error) {
	var d doctoring
	var format string
	f := newFlags("doctor")
	f.StringVar(&d.config, "config", "", "configuration `FILE` (default .scangate.yaml, which may be absent)")
	f.StringVar(&format, "format", "table", "`FORMAT`: table or json")
	d.scanning.register(f)
	rest, err := f.parse(args)
	if err == nil {
		err = checkFormat(format, "table", "json")
	}
	switch {
	case err != nil:
		return 0, err
	case d.since != "" || d.staged || d.shard.given() || len(d.baseResults) > 0:
		return 0, usage("doctor looks at a whole scan: leave --since, --base-results, --staged and --shard out")
	}
	if d.path, err = onePath(rest); err != nil {
		return 0, err
	}
	d.say("scangate", fine, "", "%s", buildVersion())
	a.checkGit(ctx, &d)
	a.checkSettings(ctx, &d)
	a.checkGitHub(ctx, &d)
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("interrupted: %w", err)
	}
	return a.diagnosis(&d, format)
}

// diagnosis prints what was found, and makes an exit code of it.
func (a *app) diagnosis(d *doctoring, format string) (int, error) {
	code := exitPassed
	for _, c := range d.list {
		if c.State == problem {
			code = exitIncomplete
		}
	}
	if d.usage != nil {
		code = exitUsage
	}
	if format == "json" {
		return code, a.printJSON(d.list)
	}
	width := 0
	for _, c := range d.list {
		width = max(width, len(report.Line(c.Name)))
	}
	for _, c := range d.list {
		fmt.Fprintf(a.stdout, "%-7s  %-*s  %s\n", c.State, width, report.Line(c.Name), report.Line(c.Words))
		if c.Remedy != "" {
			fmt.Fprintf(a.stdout, "%-7s  %-*s  → %s\n", "", width, "", report.Line(c.Remedy))
		}
	}
	return code, nil
}
