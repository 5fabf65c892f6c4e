// Package dockerfile has Dockerfiles judged.
package dockerfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	provider "github.com/aquasecurity/trivy/pkg/iac/providers/dockerfile"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/dockerfile/parser"
	buildkit "github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/suppress"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/text"
)

// maxInstructions bounds a Dockerfile. Some checks compare every instruction
// with every other; people write a few dozen.
const maxInstructions = 1_000

// Judge judges a Dockerfile.
func Judge(ctx context.Context, checks *check.Set, f work.File) (work.Outcome, error) {
	parsed, err := parseDockerfile(ctx, f)
	if err != nil {
		line, why := dockerfileError(err)
		return work.OnlyGap(f.Path, line, why), nil
	}
	if parsed == nil {
		return work.Outcome{}, nil
	}
	verdicts, err := checks.Judge(ctx, check.Input{Source: check.Dockerfile, Path: f.Path, Value: parsed.ToRego()})
	if err != nil {
		return work.Outcome{}, err
	}
	file, problems := suppress.Parse(f.Data, suppress.Dockerfile, checks.Now())
	marks := suppress.Marks{f.Path: file}
	out := work.Outcome{Notes: work.MarkNotes(f.Path, problems)}
	for _, v := range verdicts {
		r := work.Result{
			Verdict:   v,
			Framework: work.Dockerfile,
			Location:  finding.Location{Path: f.Path, StartLine: v.Cause.Start, EndLine: v.Cause.End},
			Resource:  stageOf(parsed, v.Cause.Start),
		}
		r.Suppressions = work.Suppressions(marks, suppress.Subject{IDs: v.Check.Names(), Chain: work.Chain(&v.Cause)})
		out.Results = append(out.Results, r)
	}
	return out, nil
}

// parseDockerfile reads the file; nil stands for one without an instruction.
// It never panics.
func parseDockerfile(ctx context.Context, f work.File) (parsed *provider.Dockerfile, err error) {
	defer func() {
		if p := recover(); p != nil {
			parsed, err = nil, errors.New("the engine's parser gave up on it")
		}
	}()
	if instructionLines(f.Data) > 50*maxInstructions {
		return nil, errTooLong
	}
	if instructionLines(f.Data) == 0 {
		return nil, nil
	}
	v, err := parser.Parse(ctx, bytes.NewReader(f.Data), f.Path)
	if err != nil {
		return nil, err
	}
	parsed, ok := v.(*provider.Dockerfile)
	if !ok {
		return nil, fmt.Errorf("the engine returned a %T", v)
	}
	n := 0
	for _, s := range parsed.Stages {
		n += len(s.Commands)
	}
	if n > maxInstructions {
		return nil, errTooLong
	}
	return parsed, nil
}

var errTooLong = fmt.Errorf("has more than %d instructions", maxInstructions)

// instructionLines counts the lines that hold more than space and comments.
func instructionLines(data []byte) int {
	n := 0
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			n++
		}
	}
	return n
}

var dockerfileLine = regexp.MustCompile(`(?:^|\s)line (\d+):`)

// dockerfileError returns the line and the reason of a parser's error.
func dockerfileError(err error) (int, string) {
	if errors.Is(err, errTooLong) {
		return 0, err.Error() + ": not scanned"
	}
	why, line := text.OneLine(err.Error(), 300), 0
	var located *buildkit.LocationError
	if errors.As(err, &located) && len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
		line = located.Locations[0][0].Start.Line
	} else if m := dockerfileLine.FindStringSubmatch(why); m != nil {
		line, _ = strconv.Atoi(m[1])
	}
	for _, prefix := range []string{"dockerfile parse error: ", "parse dockerfile instruction: "} {
		why = strings.TrimPrefix(why, prefix)
	}
	why = dockerfileLine.ReplaceAllString(why, "")
	return line, "cannot be parsed: " + strings.TrimSpace(why)
}

// stageOf names the stage that a result is in: its alias, or the image that it
// starts from. A result without a line is about the file as a whole: the last
// stage, which is the image that comes out.
func stageOf(parsed *provider.Dockerfile, line int) string {
	name := ""
	for _, s := range parsed.Stages {
		if len(s.Commands) > 0 && (line == 0 || s.Commands[0].StartLine <= line) {
			name = s.Name
		}
	}
	if fields := strings.Fields(name); len(fields) >= 3 && strings.EqualFold(fields[len(fields)-2], "as") {
		name = fields[len(fields)-1]
	}
	return text.OneLine(name, 200)
}
