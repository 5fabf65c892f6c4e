package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/scangate/scangate/text"
)

// Parse reads what Encode writes, however it is laid out; name is the file's,
// for errors, which name the line, too. It is strict: what is misread is excused
// without anybody knowing.
func Parse(data []byte, name string) (*Baseline, error) {
	return parse(data, name, maxEntries)
}

// parse is Parse with a limit for the number of entries.
func parse(data []byte, name string, limit int) (*Baseline, error) {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	p := &parser{data: data, name: name, limit: limit, dec: json.NewDecoder(bytes.NewReader(data)), line: 1}
	p.dec.UseNumber()
	switch at := conflict(data); {
	case len(data) > MaxSize:
		return nil, fmt.Errorf("%s: over the limit of %d MiB for a baseline", name, MaxSize>>20)
	case at > 0:
		return nil, fmt.Errorf("%s:%d: an unresolved merge conflict: keep the lines of both sides, each once, then run `scangate baseline check --update`", name, at)
	case !utf8.Valid(data):
		line := 1
		for text := range bytes.Lines(data) {
			if !utf8.Valid(text) {
				break
			}
			line++
		}
		return nil, fmt.Errorf("%s:%d: not UTF-8", name, line)
	}
	if err := p.file(); err != nil {
		return nil, err
	}
	slices.SortFunc(p.entries, compareEntries)
	return &Baseline{Name: name, Entries: p.entries}, nil
}

// conflict returns the line of the first conflict marker of git's, or 0. No line
// of JSON begins like one.
func conflict(data []byte) int {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		for _, mark := range []string{"<<<<<<<", "|||||||", "=======", ">>>>>>>"} {
			if bytes.HasPrefix(line, []byte(mark)) {
				return n
			}
		}
	}
	return 0
}

type parser struct {
	data    []byte
	name    string
	limit   int
	dec     *json.Decoder
	entries []Entry

	line   int // of offset
	offset int
}

// at is the line of the token that was read last.
func (p *parser) at() int {
	to := min(int(p.dec.InputOffset()), len(p.data))
	p.line += bytes.Count(p.data[p.offset:to], []byte{'\n'})
	p.offset = to
	return p.line
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", p.name, p.at(), fmt.Sprintf(format, args...))
}

// token reads one token. The decoder's own errors quote the text and count
// bytes; ours name a line.
func (p *parser) token() (json.Token, error) {
	tok, err := p.dec.Token()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, p.errorf("the file ends early: it is empty or was cut short")
	case err != nil:
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			end := min(max(int(syntax.Offset), 0), len(p.data))
			return nil, fmt.Errorf("%s:%d: not JSON: a comma, a quote or a bracket is missing here or is too much", p.name,
				1+bytes.Count(p.data[:end], []byte{'\n'}))
		}
		return nil, p.errorf("not JSON")
	}
	return tok, nil
}

// expect reads a bracket.
func (p *parser) expect(d json.Delim, what string) error {
	tok, err := p.token()
	if err == nil && tok != d {
		err = p.errorf("want %s, beginning with %s", what, d)
	}
	return err
}

// file reads the whole file.
func (p *parser) file() error {
	if err := p.expect('{', "a baseline"); err != nil {
		return err
	}
	var seen []string
	for p.dec.More() {
		key, err := p.key(&seen, "version", "findings")
		if err != nil {
			return err
		}
		switch key {
		case "version":
			if n, err := p.number(key); err != nil {
				return err
			} else if n != version {
				return p.errorf("version %d: this scangate reads version %d", n, version)
			}
		case "findings":
			if !slices.Contains(seen, "version") {
				return p.errorf("version: want it first")
			}
			if err := p.findings(); err != nil {
				return err
			}
		}
	}
	if _, err := p.token(); err != nil {
		return err
	}
	for _, key := range []string{"version", "findings"} {
		if !slices.Contains(seen, key) {
			return p.errorf("%s is missing", key)
		}
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return p.errorf("there is something behind the end of the baseline")
	}
	return nil
}

// key reads a key: one of the names, and none twice.
func (p *parser) key(seen *[]string, names ...string) (string, error) {
	tok, err := p.token()
	if err != nil {
		return "", err
	}
	key, _ := tok.(string)
	switch {
	case !slices.Contains(names, key):
		return "", p.errorf("unknown key %q%s", text.OneLine(key, 40), text.Suggest(key, names))
	case slices.Contains(*seen, key):
		return "", p.errorf("%s is there twice", key)
	}
	*seen = append(*seen, key)
	return key, nil
}

// number reads a whole number.
func (p *parser) number(key string) (int, error) {
	tok, err := p.token()
	if err != nil {
		return 0, err
	}
	word, _ := tok.(json.Number)
	n, err := strconv.Atoi(string(word))
	if err != nil {
		return 0, p.errorf("%s: want a whole number", key)
	}
	return n, nil
}

// findings reads the list of entries.
func (p *parser) findings() error {
	if err := p.expect('[', "a list of findings"); err != nil {
		return err
	}
	first := map[ID]int{}
	for p.dec.More() {
		e, err := p.entry()
		if err != nil {
			return err
		}
		if line, twice := first[e.id()]; twice {
			return p.errorf("the finding of line %d again: keep one of the two, with the greater count if both sides of a merge wrote it", line)
		}
		first[e.id()] = e.Line
		if p.entries = append(p.entries, e); len(p.entries) > p.limit {
			return p.errorf("more than %d findings", p.limit)
		}
	}
	_, err := p.token()
	return err
}

// entry reads one entry.
func (p *parser) entry() (Entry, error) {
	if err := p.expect('{', "a finding"); err != nil {
		return Entry{}, err
	}
	e := Entry{Line: p.at()}
	fields := map[string]*string{
		"scanner": &e.Scanner, "target": &e.Target, "path": &e.Path, "rule": &e.Rule, "what": &e.What, "fingerprint": &e.Fingerprint, "seen": &e.Seen,
	}
	var seen []string
	for p.dec.More() {
		key, err := p.key(&seen, "scanner", "target", "path", "rule", "what", "count", "fingerprint", "seen")
		if err != nil {
			return Entry{}, err
		}
		if key == "count" {
			if e.Count, err = p.number(key); err != nil {
				return Entry{}, err
			}
			if e.Count < 1 || e.Count > maxCount {
				return Entry{}, p.errorf("count: want a number from 1 to %d", maxCount)
			}
			continue
		}
		tok, err := p.token()
		if err != nil {
			return Entry{}, err
		}
		word, ok := tok.(string)
		if !ok {
			return Entry{}, p.errorf("%s: want text", key)
		}
		if word != public(word) {
			return Entry{}, p.errorf("%s: want one line of at most %d plain characters, a URL without user and query", key, maxText)
		}
		*fields[key] = strings.Clone(word)
	}
	if _, err := p.token(); err != nil {
		return Entry{}, err
	}
	for _, key := range []string{"scanner", "rule", "count", "fingerprint"} {
		if f := fields[key]; f == nil && e.Count == 0 || f != nil && *f == "" {
			return Entry{}, p.errorf("the finding has no %s", key)
		}
	}
	if e.Seen != "" && !isDay(e.Seen) {
		return Entry{}, p.errorf("seen: want a day such as 2026-11-30")
	}
	if !fingerprintForm.MatchString(e.Fingerprint) {
		return Entry{}, p.errorf("fingerprint: want letters and digits, at most 128")
	}
	return e, nil
}
