package image

import (
	"bytes"
	"context"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/scangate/scangate/scanners"
)

const (
	maxDockerfile  = 256 << 10 // bytes
	maxDockerfiles = 200       // of a tree that are compared
)

// build is how an image was built: which instruction of which Dockerfile made
// each step of its history.
type build struct {
	path  string      // of the Dockerfile; empty: none fits
	lines map[int]int // by index of the history: the line of its instruction
	from  int         // the line that names the base image; 0: none does
	base  int         // how many steps of the history belong to the base image
}

// line is where the repository says what a step of the history does; 0 if it
// does not. Steps of the base image are in the line that names it.
func (b build) line(step int) int {
	if step >= 0 && step < b.base {
		return b.from
	}
	return b.lines[step]
}

// isBase reports whether a step belongs to the base image.
func (b build) isBase(step int) bool { return step >= 0 && step < b.base }

// instruction is one of a Dockerfile.
type instruction struct {
	word string // upper case
	text string // what follows, in one line
	line int
}

// stage is a part of a Dockerfile that makes an image.
type stage struct {
	name, base string
	line       int
	steps      []instruction
}

// dockerfileOf finds the Dockerfile of the tree whose instructions are the end
// of the image's history. Of several that fit equally well, none is chosen.
func dockerfileOf(ctx context.Context, tree *scanners.Tree, config *v1.ConfigFile) (build, error) {
	best, bestScore, tie := guess(config), 0, false
	if tree == nil || config == nil || len(config.History) == 0 {
		return best, nil
	}
	history := stepsOf(config.History)
	seen := 0
	for _, f := range tree.Files() {
		if !isDockerfile(f.Path) || f.Size > maxDockerfile {
			continue
		}
		if err := ctx.Err(); err != nil {
			return build{}, err
		}
		if seen++; seen > maxDockerfiles {
			break
		}
		data, err := tree.Read(f.Path, maxDockerfile)
		if err != nil {
			continue // the scanner for Dockerfiles says so
		}
		for _, chain := range chains(parseStages(data)) {
			b, score := fit(chain, history)
			switch {
			case score > bestScore:
				b.path = f.Path
				best, bestScore, tie = b, score, false
			case score == bestScore && score > 0 && b.base >= best.base && f.Path != best.path:
				tie = true
			}
		}
	}
	if tie {
		return guess(config), nil
	}
	return best, nil
}

func isDockerfile(name string) bool {
	base := strings.ToLower(path.Base(name))
	for _, word := range []string{"dockerfile", "containerfile"} {
		if base == word || strings.HasPrefix(base, word+".") || strings.HasSuffix(base, "."+word) {
			return true
		}
	}
	return false
}

// parseStages reads a Dockerfile; what cannot be read has no stages.
func parseStages(data []byte) (all []stage) {
	defer func() {
		if recover() != nil {
			all = nil
		}
	}()
	parsed, err := parser.Parse(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	for _, n := range parsed.AST.Children {
		word := strings.ToUpper(n.Value)
		if word == "FROM" {
			all = append(all, fromOf(n))
			continue
		}
		if len(all) == 0 {
			continue // ARG before the first FROM
		}
		rest := strings.TrimSpace(strings.TrimPrefix(n.Original, n.Original[:min(len(n.Value), len(n.Original))]))
		s := &all[len(all)-1]
		s.steps = append(s.steps, instruction{word, rest, n.StartLine})
	}
	return all
}

func fromOf(n *parser.Node) stage {
	s := stage{line: n.StartLine}
	var words []string
	for arg := n.Next; arg != nil; arg = arg.Next {
		words = append(words, arg.Value)
	}
	if len(words) > 0 {
		s.base = words[0]
	}
	if len(words) == 3 && strings.EqualFold(words[1], "as") {
		s.name = strings.ToLower(words[2])
	}
	return s
}

// chains are the images that a Dockerfile can make: each stage with the stages
// it builds on, the lowest first.
func chains(stages []stage) [][]stage {
	var all [][]stage
	for i, s := range stages {
		chain := []stage{s}
		for at := i; ; {
			parent := -1
			for j := range at {
				if stages[j].name != "" && strings.EqualFold(stages[j].name, stages[at].base) {
					parent = j
				}
			}
			if parent < 0 {
				break
			}
			at = parent
			chain = append([]stage{stages[at]}, chain...)
		}
		all = append(all, chain)
	}
	return all
}

// fit compares a chain of stages with the end of a history. The score counts
// what agrees; 0 means that they do not belong together.
func fit(chain []stage, history []step) (build, int) {
	b := build{lines: map[int]int{}}
	at, score := len(history)-1, 0
	for i := len(chain) - 1; i >= 0; i-- {
		steps := chain[i].steps
		for j := len(steps) - 1; j >= 0; j-- {
			in := steps[j]
			for at >= 0 && silent[history[at].word] {
				at--
			}
			if silent[in.word] {
				continue
			}
			if at < 0 || history[at].word != in.word {
				return build{}, 0
			}
			points, ok := agree(in, history[at])
			if !ok {
				return build{}, 0
			}
			score += points
			b.lines[at] = in.line
			at--
		}
	}
	b.from, b.base = chain[0].line, at+1
	if chain[0].base == "scratch" && b.base > 0 {
		return build{}, 0
	}
	return b, score
}

// agree compares the words behind an instruction. What has variables, or is
// written down in another form, is no contradiction, and no proof.
func agree(in instruction, s step) (points int, ok bool) {
	want := normal(in.text)
	got := normal(s.text)
	switch in.word {
	case "RUN":
		switch {
		case strings.Contains(in.text, "<<"), strings.HasPrefix(in.text, "["), strings.HasPrefix(in.text, "--"):
			return 1, true
		case want == got:
			return 3, true
		}
		return 0, false
	case "COPY", "ADD":
		for _, flag := range strings.Fields(in.text) {
			if !strings.HasPrefix(flag, "--") {
				break
			}
			want = strings.TrimSpace(strings.Replace(want, flag, "", 1))
		}
		fields, made := strings.Fields(want), strings.Fields(got)
		switch {
		case len(fields) < 2 || len(made) < 1, strings.ContainsAny(want, "$[<"):
			return 0, true
		case want == got:
			return 3, true
		case strings.TrimSuffix(fields[len(fields)-1], "/") == strings.TrimSuffix(made[len(made)-1], "/"):
			return 1, true
		}
		// A relative destination is written down below the working directory.
		return 0, !strings.HasPrefix(fields[len(fields)-1], "/")
	case "ENV", "LABEL", "CMD", "ENTRYPOINT", "WORKDIR", "USER":
		if loose(want) == loose(got) {
			return 1, true
		}
	}
	return 0, true
}

// normal is an instruction's text as a history would have it: one line.
func normal(s string) string {
	s = strings.ReplaceAll(s, "\\\n", " ")
	return strings.TrimSpace(blanks.ReplaceAllString(s, " "))
}

// loose leaves out what builders write differently.
func loose(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"', []`, r) {
			return -1
		}
		return r
	}, s)
}
