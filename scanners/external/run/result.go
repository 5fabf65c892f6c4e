package run

import (
	"regexp"
	"strings"
	"time"

	"github.com/scangate/scangate/text"
)

// Result is how a tool ended and what it said.
type Result struct {
	Exit     int    // the exit status; -1 when it has none
	Signal   string // the signal that ended it, or empty
	Stdout   []byte
	Stderr   []byte
	Cut      string // the stream that was over its limit, "stdout" or "stderr", or empty
	Duration time.Duration
	Notes    []string // what this system did not permit, one line each; see the package's documentation
}

const (
	// maxSaid bounds a line of a tool's own words, in characters.
	maxSaid = 300
	// saidTail is how much of the end of stderr is looked at, in bytes.
	saidTail = 8 << 10
	// saidLines is how many of its last lines are told.
	saidLines = 4
)

// Said is the end of what the tool complained about, fit for an error's one
// line: no escape sequences, no workflow commands, nothing that looks like a
// secret. It is empty when the tool said nothing on stderr.
func (r *Result) Said() string {
	tail := r.Stderr[max(len(r.Stderr)-saidTail, 0):]
	lines := strings.FieldsFunc(plain(string(tail)), func(r rune) bool { return r == '\n' || r == '\r' })
	if len(tail) < len(r.Stderr) && len(lines) > 1 {
		lines = lines[1:] // its beginning is missing
	}
	said, count := "", 0
	for i := len(lines) - 1; i >= 0 && count < saidLines; i-- {
		line := redact(text.OneLine(command(lines[i]), maxSaid))
		if line == "" {
			continue
		}
		if said != "" {
			line += "; " + said
		}
		if len(line) > maxSaid && said != "" {
			break
		}
		said, count = line, count+1
	}
	return command(text.Cut(said, maxSaid))
}

var escapes = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?|\x1b[ -/]*[0-~]?|\u009b[0-?]*[ -/]*[@-~]")

// plain takes the escape sequences of terminals out, and every other control
// character that could hide a workflow command.
func plain(s string) string {
	return text.Clean(strings.ReplaceAll(escapes.ReplaceAllString(s, ""), "\r", "\n"))
}

var workflowCommand = regexp.MustCompile(`^::[A-Za-z][A-Za-z-]*(?: [^:]*)?::`)

// command takes the workflow commands out of a line: GitHub's runner obeys
// "::name::" at the start of a line, and "##[name]" anywhere in it.
func command(line string) string {
	line = strings.ReplaceAll(line, "##[", "# [")
	for {
		line = strings.TrimSpace(line)
		rest := workflowCommand.ReplaceAllString(line, "")
		if rest == line {
			return strings.TrimLeft(line, ": ")
		}
		line = rest
	}
}

var (
	urlLogin  = regexp.MustCompile(`://[^/@\s]+@`)
	urlQuery  = regexp.MustCompile(`(://[^?\s]*)\?\S+`)
	named     = regexp.MustCompile(`(?i)((?:token|passw(?:or)?d|secret|credential|authorization|api[_-]?key|access[_-]?key|private[_-]?key)s?["']?\s*[=:]\s*)\S.*`)
	scheme    = regexp.MustCompile(`(?i)\b((?:bearer|basic)\s+)\S+`)
	longWord  = regexp.MustCompile(`[A-Za-z0-9+=_-]{20,}`)
	digit     = regexp.MustCompile(`[0-9]`)
	separated = regexp.MustCompile(`^[a-z]+(?:[-_][a-z0-9]{1,12})+$`)
)

// redact takes out of a line what may be a secret: a tool may quote what it
// scanned. It would rather hide a digest than show a key.
func redact(line string) string {
	line = urlLogin.ReplaceAllString(line, "://***@")
	line = urlQuery.ReplaceAllString(line, "$1?***")
	line = named.ReplaceAllString(line, "$1***")
	line = scheme.ReplaceAllString(line, "$1***")
	return longWord.ReplaceAllStringFunc(line, func(w string) string {
		if !digit.MatchString(w) || separated.MatchString(w) {
			return w
		}
		return "***"
	})
}
