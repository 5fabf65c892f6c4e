package image

import (
	"regexp"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// step is a step of the history, as the instruction that made it.
type step struct {
	word, text string
}

var (
	noop      = regexp.MustCompile(`^/bin/sh -c #\(nop\)\s+`)
	arguments = regexp.MustCompile(`^\|\d+ `)
	shell     = regexp.MustCompile(`^(?:/bin/(?:ba|a|da)?sh(?: -\S+| pipefail)* -\S*c|cmd /S /C) `)
	blanks    = regexp.MustCompile(`\s+`)
	checksum  = regexp.MustCompile(`^(?:dir|file|multi):[0-9a-f]+ in `)
)

// words that a history may leave out or say differently: they are passed over.
var silent = map[string]bool{"ARG": true, "ONBUILD": true, "SHELL": true, "MAINTAINER": true, "#": true}

// stepsOf reads what builders write into the history: BuildKit's instructions,
// the classic builder's shell lines, and bare instructions of others.
func stepsOf(history []v1.History) []step {
	all := make([]step, len(history))
	for i, h := range history {
		all[i] = stepOf(h.CreatedBy)
	}
	return all
}

func stepOf(createdBy string) step {
	s := strings.TrimSpace(blanks.ReplaceAllString(createdBy, " "))
	s = strings.TrimSuffix(s, " # buildkit")
	s = strings.TrimSuffix(s, " # buildah")
	if m := noop.FindString(createdBy); m != "" {
		s = strings.TrimSpace(blanks.ReplaceAllString(createdBy[len(m):], " "))
	} else if plain := withoutShell(s); plain != s {
		return step{"RUN", plain}
	}
	word, text, _ := strings.Cut(s, " ")
	word = strings.ToUpper(word)
	if word == "RUN" {
		text = withoutShell(text)
	}
	return step{word, checksum.ReplaceAllString(text, "")}
}

// withoutShell takes the shell, and the build arguments before it, off a
// command.
func withoutShell(s string) string {
	if m := arguments.FindString(s); m != "" {
		if at := shell.FindStringIndex(s[strings.Index(s, "/"):]); strings.Contains(s, "/bin/") && at != nil {
			if i := strings.Index(s, "/bin/"); i >= 0 {
				s = s[i:]
			}
		}
	}
	return strings.TrimSpace(strings.TrimPrefix(s, shell.FindString(s)))
}

// guess tells the base image by the history alone: the steps up to the last
// CMD or ENTRYPOINT behind which there are further files. An image that is
// nobody's base has none.
func guess(config *v1.ConfigFile) build {
	b := build{}
	if config == nil {
		return b
	}
	files := false
	for i, h := range slices.Backward(config.History) {
		s := stepOf(h.CreatedBy)
		if files && h.EmptyLayer && (s.word == "CMD" || s.word == "ENTRYPOINT") {
			b.base = i + 1
			return b
		}
		files = files || !h.EmptyLayer
	}
	return b
}
