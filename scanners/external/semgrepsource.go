package external

import (
	"regexp"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

const (
	// maxSource bounds the files of which lines are read, in bytes.
	maxSource = 16 << 20
	// maxSourceRead bounds what is read for all results of a tool, and
	// maxSourceLines the lines that are looked through, in bytes: results may
	// go to and fro between large files, or be as long as these.
	maxSourceRead  = 256 << 20
	maxSourceLines = 32 << 20
)

// source reads the files that results are about, the last one of which it
// keeps: a report goes through file by file.
type source struct {
	tree *scanners.Tree
	name string
	all  []string
	read int // bytes
	seen int // bytes
}

// spent tells that there were more lines than are looked through.
func (s *source) spent() bool { return s.read > maxSourceRead || s.seen > maxSourceLines }

// lines are those of a place; nil when they cannot be had.
func (s *source) lines(l finding.Location) []string {
	if l.Path == "" || s.spent() {
		return nil
	}
	if s.name != l.Path {
		data, err := s.tree.Read(l.Path, maxSource)
		s.name, s.all = l.Path, nil
		s.read += len(data) + 4<<10 // opening it counts, too
		if err == nil {
			s.all = strings.Split(string(data), "\n")
		}
	}
	if l.StartLine < 1 || l.StartLine > len(s.all) {
		return nil
	}
	const most = 200 // of one match
	found := s.all[l.StartLine-1 : min(max(l.StartLine, l.EndLine), l.StartLine+most, len(s.all))]
	for _, line := range found {
		s.seen += len(line) + 1
	}
	return found
}

var (
	nosemInline = regexp.MustCompile(`(?i)(?:^|[\s#/*;-])nosem(?:grep)?(?:\s*:\s*([a-z0-9._-]+(?:\s*,\s*[a-z0-9._-]+)*)|\s*(?:$|[^\sa-z0-9:]|--))`)
	nosemBefore = regexp.MustCompile(`(?i)^[^a-z0-9]*nosem`)
)

// nosemgrep tells whether a mark on the first line of a match, or alone on the
// line before, hides it, as Semgrep would have it: all rules, or those named.
func nosemgrep(id string, src *source, l finding.Location) bool {
	marked := func(line string) bool {
		if !strings.Contains(strings.ToLower(line), "nosem") {
			return false // as nearly all are: the pattern takes longer to tell
		}
		m := nosemInline.FindStringSubmatch(line)
		if m == nil {
			return false
		}
		if m[1] == "" {
			return true
		}
		for name := range strings.SplitSeq(m[1], ",") {
			if name = strings.TrimSpace(name); id == name || strings.HasSuffix(id, "."+name) {
				return true
			}
		}
		return false
	}
	here := src.lines(finding.Location{Path: l.Path, StartLine: l.StartLine})
	if len(here) > 0 && marked(here[0]) {
		return true
	}
	before := src.lines(finding.Location{Path: l.Path, StartLine: l.StartLine - 1})
	return len(before) > 0 && nosemBefore.MatchString(before[0]) && marked(before[0])
}

var (
	// literal is what stands in quotes, on one line.
	literal = regexp.MustCompile("\"(?:[^\"\\\\\n]|\\\\.){3,}\"|'(?:[^'\\\\\n]|\\\\.){3,}'|`[^`\n]{3,}`")
	// opaque is a word that may be a secret without quotes.
	opaque = regexp.MustCompile(`[^\s"'=:,;()]*[0-9][^\s"'=:,;()]*`)
)

// withoutLiterals takes out of a message what the matched lines have in
// quotes, and words with digits in them: either may be a secret. It is for
// reports that put pieces of the code into a rule's words.
func withoutLiterals(message string, lines []string) string {
	const (
		least = 8       // characters of a word without quotes
		most  = 4 << 10 // bytes of a line; a longer one is no code that people write
	)
	message = line(message, maxWords)
	digits := strings.ContainsAny(message, "0123456789")
	hide := func(s string) {
		if s != "" && strings.Contains(message, s) {
			message = strings.ReplaceAll(message, s, "…")
		}
	}
	for _, l := range lines {
		if len(l) > most {
			l = l[:most]
		}
		for _, s := range literal.FindAllString(l, -1) {
			hide(line(s[1:len(s)-1], maxWords))
		}
		if !digits {
			continue
		}
		for _, s := range opaque.FindAllString(l, -1) {
			if len(s) >= least {
				hide(s)
			}
		}
	}
	return message
}
