package rulesfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/scangate/scangate/text"
)

const (
	maxFile     = 1 << 20 // bytes
	maxEntries  = 10_000  // lines that say something
	maxMistakes = 20      // that are told
	maxQuote    = 40      // runes of the file in a message
	outOfScope  = "OUTOFSCOPE"
)

var levelNames = [...]string{"PASS", "IGNORE", "INFO", "WARN", "FAIL"}

// Mistakes is the error of a file that was read and is wrong.
type Mistakes struct {
	List []string // each one line, "name:line: what is wrong", at most 20
	More int      // how many others there are
}

// Error returns a line per mistake.
func (m *Mistakes) Error() string {
	out := strings.Join(m.List, "\n")
	if m.More > 0 {
		out += "\nand " + text.Count(m.More, "more mistake")
	}
	return out
}

// Parse reads a rules file. The name is for messages; known are the ids of the
// rules that can be set. The error is a *Mistakes unless r fails or is over
// 1 MiB.
func Parse(r io.Reader, name string, known []int) (*File, error) {
	name = text.OneLine(name, 200)
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s is over 1 MiB: that is no rules file", name)
	}
	p := &parser{
		file:  &File{Name: name, settings: map[target]Setting{}, outside: map[target][]*regexp.Regexp{}},
		known: known,
		room:  maxProgram,
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxFile+1)
	for p.line = 1; lines.Scan(); p.line++ {
		if err := p.parse(lines.Text()); err != nil {
			p.mistake(err)
		}
		if p.entries > maxEntries {
			p.mistake(fmt.Errorf("there are over %s: split the expressions' alternatives with | instead", text.Count(maxEntries, "entry")))
			break
		}
	}
	if len(p.wrong.List) > 0 {
		return nil, &p.wrong
	}
	return p.file, nil
}

// parser is the state of one reading.
type parser struct {
	file    *File
	known   []int
	line    int
	entries int
	room    int // what expressions may still compile to, in instructions
	wrong   Mistakes
}

func (p *parser) mistake(err error) {
	if len(p.wrong.List) == maxMistakes {
		p.wrong.More++
		return
	}
	p.wrong.List = append(p.wrong.List, fmt.Sprintf("%s:%d: %v", p.file.Name, p.line, err))
}

// parse reads one line.
func (p *parser) parse(line string) error {
	line = strings.TrimRight(line, " \t\r")
	if start := strings.TrimLeft(line, " \t"); start == "" || start[0] == '#' {
		return nil
	}
	if !utf8.ValidString(line) {
		return errors.New("this is not UTF-8: save the file as UTF-8 text")
	}
	p.entries++
	columns := strings.Split(line, "\t")
	if len(columns) == 1 {
		return fmt.Errorf("there is no tab in %s: columns are id<TAB>LEVEL<TAB>(name), and spaces do not separate them", quote(line))
	}
	ids, level := strings.TrimSpace(columns[0]), strings.TrimSpace(columns[1])
	switch {
	case level == "":
		return errors.New("the second column is empty: is there one tab too many?")
	case ids == outOfScope:
		return fmt.Errorf("the id stands before %s: id<TAB>%[1]s<TAB>expression", outOfScope)
	case level == outOfScope:
		return p.exclude(ids, columns[2:])
	}
	return p.set(ids, level, columns[2:])
}

// set reads a line with a level; rest is what follows it.
func (p *parser) set(id, word string, rest []string) error {
	level := Level(slices.Index(levelNames[:], word)) + Pass
	if level == Unset {
		return unknownLevel(word)
	}
	if id == "*" || strings.Contains(id, ",") {
		return fmt.Errorf("%s sets one rule: * and lists of ids are for %s", word, outOfScope)
	}
	t, err := p.target(id)
	if err != nil {
		return err
	}
	s := Setting{Level: level, Line: p.line}
	switch {
	case len(rest) > 2:
		return errors.New("there are more than four columns: id, level, name, message")
	case len(rest) == 2:
		s.Message = text.OneLine(rest[1], 500)
	}
	if old, twice := p.file.settings[t]; twice {
		if old.Level != level {
			return fmt.Errorf("%v is %v here and %v on line %d: keep one of them", t, level, old.Level, old.Line)
		}
		return nil
	}
	p.file.settings[t] = s
	return nil
}

func unknownLevel(word string) error {
	all := append(slices.Clone(levelNames[:]), outOfScope)
	if up := strings.ToUpper(word); slices.Contains(all, up) {
		return fmt.Errorf("levels are in capitals: write %s", up)
	}
	var names, capitals []string
	for _, n := range all {
		low := strings.ToLower(n)
		names = append(names, low)
		capitals = append(capitals, low, n)
	}
	return fmt.Errorf("unknown level %s%s", quote(word), strings.NewReplacer(capitals...).Replace(text.Suggest(word, names)))
}

// exclude reads a line with addresses that are out of scope.
func (p *parser) exclude(ids string, rest []string) error {
	switch {
	case len(rest) == 0 || rest[0] == "":
		return fmt.Errorf("there is no expression after %s", outOfScope)
	case len(rest) > 1:
		return errors.New("there is a tab in the expression, which no address has: nothing may follow it")
	}
	re, err := p.compile(rest[0])
	if err != nil {
		return err
	}
	if ids == "*" {
		p.file.anywhere = append(p.file.anywhere, re)
		return nil
	}
	for id := range strings.SplitSeq(ids, ",") {
		t, err := p.target(strings.TrimSpace(id))
		if err != nil {
			return err
		}
		if t.kind == 0 || !slices.Contains(p.file.outside[t], re) {
			p.file.outside[t] = append(p.file.outside[t], re)
		}
	}
	return nil
}

// target reads an id.
func (p *parser) target(id string) (target, error) {
	rule, kind, kinds := strings.Cut(id, "-")
	var t target
	ok := number(rule, &t.rule) && (!kinds || number(kind, &t.kind) && t.kind > 0)
	switch {
	case id == "":
		return t, errors.New("there is no rule id")
	case !ok:
		return t, fmt.Errorf("%s is not the id of a rule: an id is a number, such as 10020, or 10020-1", quote(id))
	case slices.Contains(p.known, t.rule):
	case !plausible(t.rule):
		return t, fmt.Errorf("there is no rule %d: see the ids at https://www.zaproxy.org/docs/alerts/", t.rule)
	default:
		p.file.Foreign = append(p.file.Foreign, Mention{t.rule, p.line})
	}
	return t, nil
}

// number reads a number as ZAP writes them, without sign and leading zeros.
func number(s string, n *int) bool {
	v, err := strconv.Atoi(s)
	*n = v
	return err == nil && v >= 0 && strconv.Itoa(v) == s && len(s) <= 9
}

// quote quotes the file in a message.
func quote(s string) string { return strconv.Quote(text.OneLine(s, maxQuote)) }
