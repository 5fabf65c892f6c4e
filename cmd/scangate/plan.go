package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/scanners"
)

// plan is the command `scangate plan`: what would run and why. It reads the
// tree and nothing else.
func (a *app) plan(ctx context.Context, args []string) (int, error) {
	var s scanning
	var format string
	var shards int
	f := newFlags("plan")
	s.register(f)
	f.StringVar(&s.config, "config", "", "configuration `FILE` (default .scangate.yaml, which may be absent)")
	f.StringVar(&format, "format", "table", "`FORMAT`: table or json; github-matrix or gitlab to split the scan in shards, for a matrix of jobs")
	f.IntVar(&shards, "shards", 0, "with --format github-matrix or gitlab, how many, `N` (default: by the amount of work)")
	rest, err := f.parse(args)
	if err != nil {
		return 0, err
	}
	if s.path, err = onePath(rest); err != nil {
		return 0, err
	}
	split := slices.Contains(shardFormats, format)
	if err := checkFormat(format, append([]string{"table", "json"}, shardFormats...)...); err != nil {
		return 0, err
	}
	switch {
	case shards != 0 && !split:
		return 0, usage("--shards: it goes with --format github-matrix or gitlab")
	case shards < 0 || shards > scanners.MaxShards:
		return 0, usage("--shards: want from 1 to %d, not %d", scanners.MaxShards, shards)
	case split && s.shard.given():
		return 0, usage("--shard: --format %s prints all shards", format)
	}
	if err := s.checkShard(); err != nil {
		return 0, usageError{err}
	}
	if err := s.openPull(ctx); err != nil {
		return 0, err
	}
	defer s.pull.close()
	file, _, err := a.loadPolicy(s.judging, s.path)
	if err != nil {
		return 0, err
	}
	target, planned, err := a.prepare(ctx, s, file)
	if err != nil {
		return 0, err
	}
	defer target.Tree.Close()
	if split {
		return exitPassed, printShards(a.stdout, format, &s, planned, shards)
	}
	planned, _ = s.takeShard(planned)

	type line struct {
		Scanner string `json:"scanner"`
		Target  string `json:"target,omitempty"`
		Runs    bool   `json:"runs"`
		Why     string `json:"why"`
	}
	lines := make([]line, len(planned))
	code := exitPassed
	for i, p := range planned {
		lines[i] = line{p.Scanner.Name(), scanners.TargetOf(p.Scanner), true, p.Work.What}
		switch {
		case p.Err != nil:
			lines[i].Runs, lines[i].Why = false, "failed: "+p.Err.Error()
			code = exitIncomplete
		case p.Work.Skip != "":
			lines[i].Runs, lines[i].Why = false, p.Work.Skip
		}
	}
	if format == "json" {
		return code, a.printJSON(lines)
	}
	for i, l := range lines {
		word := "runs"
		if !l.Runs {
			word = "skips"
		}
		fmt.Fprintf(a.stdout, "%-12s %-6s %s\n", report.Line(planned[i].Title()), word, report.Line(l.Why))
	}
	return code, nil
}
