package ignore

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/text"
)

// Request is an entry to be written.
type Request struct {
	What                   string // an id, a fingerprint, or a pattern of rules
	Package, Path, Scanner string
	Reason                 string
	Expires                string // YYYY-MM-DD, the last day; empty: for good
}

var (
	fingerprintForm = regexp.MustCompile(`^[0-9a-f]{32}$`)
	// plainForm is text that means itself in YAML without quotes.
	plainForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./()-]*( [A-Za-z0-9_./()-]+)*$|^\d{4}-\d\d-\d\d$`)
)

// lines writes the entry, as the item of a list whose dash is at an indent.
func (r Request) lines(indent string) []string {
	key := "id"
	switch {
	case fingerprintForm.MatchString(r.What):
		key = "fingerprint"
	case strings.Contains(r.What, "*"):
		key = "rule"
	}
	var out []string
	for _, f := range [][2]string{{key, r.What}, {"package", r.Package}, {"path", r.Path}, {"scanner", r.Scanner}, {"reason", r.Reason}, {"expires", r.Expires}} {
		if f[1] != "" {
			out = append(out, indent+"  "+f[0]+": "+quoted(f[1]))
		}
	}
	if r.Expires == "" {
		out = append(out, indent+"  permanent: true")
	}
	out[0] = indent + "- " + strings.TrimLeft(out[0], " ")
	return out
}

func quoted(s string) string {
	if plainForm.MatchString(s) {
		return s
	}
	var b strings.Builder
	enc := json.NewEncoder(&b) // a JSON string is one of YAML
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""`
	}
	return visible(strings.TrimSuffix(b.String(), "\n"))
}

// visible escapes what a reader of the file, or of a message, would not see: what
// turns the direction of text around, and control characters that JSON leaves.
func visible(quoted string) string {
	var b strings.Builder
	for _, r := range quoted {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Insert writes an entry into a configuration, whose name is for messages, and
// returns the new content and the entry's place. All that was there stays as it
// was, comments and formatting too. An entry that is there already, and one that
// would not hold, is an error.
func Insert(data []byte, name string, r Request, scanners []string, now time.Time) (out []byte, entry Entry, err error) {
	before, err := listOf(data, name, scanners)
	if err != nil {
		return nil, Entry{}, err
	}
	for _, word := range []string{r.What, r.Package, r.Path, r.Scanner, r.Reason, r.Expires} {
		if !utf8.ValidString(word) {
			return nil, Entry{}, errors.New("ignore: what is to be written is not UTF-8")
		}
	}
	alone, err := listOf([]byte("ignore:\n"+strings.Join(r.lines(""), "\n")+"\n"), "the new ignore", scanners)
	if err != nil {
		// The place in a file that does not exist would only confuse.
		var mistake *config.Error
		if errors.As(err, &mistake) {
			err = errors.New(mistake.Message)
		}
		return nil, Entry{}, err
	}
	wanted := &alone.Entries[0]
	if wanted.expired(now) {
		return nil, Entry{}, fmt.Errorf("ignore: %s is over: give a day to come", r.Expires)
	}
	for i := range before.Entries {
		if e := &before.Entries[i]; e.same(wanted) {
			if e.expired(now) {
				return nil, Entry{}, fmt.Errorf("%s: this is ignored here already, but has expired on %s: change its date", e.Origin, e.LastDay())
			}
			return nil, Entry{}, fmt.Errorf("%s: this is ignored here already", e.Origin)
		}
	}
	text, err := insert(string(data), name, r)
	if err != nil {
		return nil, Entry{}, err
	}
	// What was written must be what was meant, whatever the file looks like.
	after, err := listOf([]byte(text), name, scanners)
	if err != nil || len(after.Entries) != len(before.Entries)+1 || !slices.EqualFunc(before.Entries, after.Entries[:len(before.Entries)], equal) ||
		!equal(after.Entries[len(before.Entries)], *wanted) {
		return nil, Entry{}, byHand(name, r)
	}
	return []byte(text), after.Entries[len(before.Entries)], nil
}

// maxByHand bounds the entry that a message shows, in runes.
const maxByHand = 800

func byHand(name string, r Request) error {
	words := r.lines("")
	for i := range words {
		words[i] = strings.TrimLeft(words[i], "- ")
	}
	return fmt.Errorf("%s: cannot be changed without changing its form: add to its list ignore by hand: {%s}", name, text.Cut(strings.Join(words, ", "), maxByHand))
}

func listOf(data []byte, name string, scanners []string) (List, error) {
	file, err := config.Parse(data, name)
	if err != nil {
		return List{}, err
	}
	return Parse(file.Ignore, scanners)
}

// same reports whether two entries are about the same findings.
func (e *Entry) same(o *Entry) bool {
	return strings.EqualFold(e.ID, o.ID) && strings.EqualFold(e.Rule, o.Rule) && strings.EqualFold(e.Fingerprint, o.Fingerprint) &&
		e.Package == o.Package && e.Path == o.Path && slices.Equal(e.Scanners, o.Scanners)
}

// equal reports whether two entries say the same, wherever they stand.
func equal(a, b Entry) bool {
	return a.ID == b.ID && a.Rule == b.Rule && a.Fingerprint == b.Fingerprint && a.Package == b.Package && a.Path == b.Path &&
		slices.Equal(a.Scanners, b.Scanners) && a.Reason == b.Reason && a.Until.Equal(b.Until) && a.Justification == b.Justification
}

// insert puts the lines of an entry into a configuration that parses.
func insert(data, name string, r Request) (string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(data), &doc); err != nil || strings.ContainsAny(strings.ReplaceAll(data, "\r\n", "\n"), "\r\u0085\u2028\u2029") {
		return "", byHand(name, r) // YAML ends lines in more ways than we do
	}
	end := "\n"
	if strings.Contains(data, "\r\n") {
		end = "\r\n"
	}
	if data != "" && !strings.HasSuffix(data, "\n") {
		data += end
	}
	lines := strings.SplitAfter(data, "\n")
	lines = lines[:len(lines)-1] // behind the last line end is nothing
	put := func(at int, add ...string) string {
		for i := range add {
			add[i] += end
		}
		return strings.Join(slices.Insert(lines, at, add...), "")
	}
	if len(doc.Content) == 0 {
		add := append([]string{"version: 1", "", "ignore:"}, r.lines("  ")...)
		return put(len(lines), add...), nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode || top.Style&yaml.FlowStyle != 0 {
		return "", byHand(name, r)
	}
	key, list, next := find(top, "ignore", len(lines)+1)
	switch {
	case key == nil:
		add := append([]string{"", "ignore:"}, r.lines("  ")...)
		return put(len(lines), add...), nil
	case list.Kind == yaml.SequenceNode && list.Style&yaml.FlowStyle == 0 && len(list.Content) > 0:
		indent := strings.Repeat(" ", list.Column-1)
		return put(endOf(lines, list.Content[len(list.Content)-1].Line, next-1, indent), r.lines(indent)...), nil
	case list.Kind == yaml.SequenceNode && len(list.Content) == 0 && list.Line == key.Line:
		line := lines[key.Line-1]
		lines[key.Line-1] = strings.Replace(line, " []", "", 1)
		return put(key.Line, r.lines("  ")...), nil
	case list.Tag == "!!null" && list.Value == "":
		return put(key.Line, r.lines("  ")...), nil
	}
	return "", byHand(name, r)
}

// find returns a key of a mapping with its value, and the line of the next key,
// or else end.
func find(top *yaml.Node, name string, end int) (key, value *yaml.Node, next int) {
	for i := 0; i+1 < len(top.Content); i += 2 {
		if top.Content[i].Value != name {
			continue
		}
		if i+2 < len(top.Content) {
			end = top.Content[i+2].Line
		}
		return top.Content[i], top.Content[i+1], end
	}
	return nil, nil, end
}

// endOf returns how many lines there are up to the end of a list whose last
// item begins on a line, before the limit: without the blank lines behind it,
// and the comments that stand further to the left, which belong to what follows.
func endOf(lines []string, last, limit int, indent string) int {
	end := limit
	for end > last {
		line := lines[end-1]
		words := strings.TrimLeft(line, " ")
		blank := strings.TrimSpace(line) == ""
		comment := strings.HasPrefix(words, "#") && len(line)-len(words) < max(1, len(indent))
		if !blank && !comment {
			break
		}
		end--
	}
	return end
}
