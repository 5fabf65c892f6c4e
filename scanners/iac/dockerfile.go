package iac

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/aquasecurity/trivy/pkg/iac/ignore"
	provider "github.com/aquasecurity/trivy/pkg/iac/providers/dockerfile"
	"github.com/aquasecurity/trivy/pkg/iac/rego"
	"github.com/aquasecurity/trivy/pkg/iac/scan"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/dockerfile/parser"
	"github.com/aquasecurity/trivy/pkg/iac/types"
	buildkit "github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/scangate/scangate/text"
)

// maxInstructions bounds a Dockerfile. Some checks compare every instruction
// with every other; people write a few dozen.
const maxInstructions = 1_000

// dockerfile judges a Dockerfile.
func (c *checkSet) dockerfile(ctx context.Context, f file) (outcome, error) {
	parsed, err := parseDockerfile(ctx, f)
	if err != nil {
		line, why := dockerfileError(err)
		return outcome{notes: onlyNote(f.path, line, why)}, nil
	}
	if parsed == nil {
		return outcome{}, nil
	}
	results, err := c.judge(ctx, types.SourceDockerfile, rego.Input{Path: f.path, Contents: parsed.ToRego()})
	if err != nil {
		return outcome{}, err
	}
	// The engine matches marks and findings by the file's name, which it takes
	// from the ranges.
	results.SetSourceAndFilesystem("", nil, false)
	results.Ignore(ignore.Parse(string(f.data), f.path, ""), nil)
	var out outcome
	for _, r := range results {
		out.results = append(out.results, result{framework: dockerfile, path: f.path, resource: stageOf(parsed, r), res: r})
	}
	return out, nil
}

// parseDockerfile reads the file; nil stands for one without an instruction.
// It never panics.
func parseDockerfile(ctx context.Context, f file) (parsed *provider.Dockerfile, err error) {
	defer func() {
		if p := recover(); p != nil {
			parsed, err = nil, errors.New("the engine's parser gave up on it")
		}
	}()
	if instructionLines(f.data) > 50*maxInstructions {
		return nil, errTooLong
	}
	if instructionLines(f.data) == 0 {
		return nil, nil
	}
	v, err := parser.Parse(ctx, bytes.NewReader(f.data), f.path)
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
func stageOf(parsed *provider.Dockerfile, r scan.Result) string {
	line, name := r.Range().GetStartLine(), ""
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
