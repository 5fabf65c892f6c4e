package suppress

import "bytes"

// yamlComments returns the comments of YAML, and of JSON, which has none. It
// scans for what hides a "#": quotes, block scalars, words that hold one. With
// scripts, block scalars are taken for scripts, whose comments count, too.
func yamlComments(data []byte, scripts bool) []comment {
	s := yamlScanner{scripts: scripts, parent: -1}
	for line := 1; len(data) > 0; line++ {
		raw, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		s.line(bytes.TrimRight(raw, "\r"), line)
	}
	return s.found
}

// yamlScanner is where the scan is at the end of a line.
type yamlScanner struct {
	scripts bool
	found   []comment

	quote  byte // the quote that is open
	flow   int  // brackets that are open
	block  bool // in a block scalar
	indent int  // of the block scalar's text; -1 before its first line
	blank  int  // the longest of the empty lines before it
	plain  bool // in a scalar without quotes, which may go on
	parent int  // the column of the collection that the scalar is in
}

// line scans one line.
func (s *yamlScanner) line(raw []byte, number int) {
	at := len(raw) - len(bytes.TrimLeft(raw, " "))
	if s.block && s.blockLine(raw, at, number) {
		return
	}
	if at == 0 && isDocumentMark(raw) {
		s.quote, s.flow, s.plain, s.parent = 0, 0, false, -1
		if raw[0] == '.' {
			return
		}
		s.scan(raw, 3, number, true)
		return
	}
	body := bytes.TrimLeft(raw[at:], "\t")
	if len(body) == 0 {
		return
	}
	switch {
	case s.quote != 0:
		s.scan(raw, 0, number, false)
	case s.plain && (s.flow > 0 || at > s.parent) && body[0] != '#':
		// The scalar goes on, so that nothing here opens a quote.
		s.scan(raw, at, number, false)
	default:
		s.plain = false
		if s.flow == 0 && (isKey(body) || isIndicator(body)) {
			s.parent = at // otherwise it is the value of what is above
		}
		s.scan(raw, len(raw)-len(body), number, true)
	}
}

// isDocumentMark reports whether a line is "---" or "...", maybe with more.
func isDocumentMark(raw []byte) bool {
	if len(raw) < 3 || string(raw[:3]) != "---" && string(raw[:3]) != "..." {
		return false
	}
	return len(raw) == 3 || raw[3] == ' ' || raw[3] == '\t'
}

// blockLine reports whether a line belongs to the open block scalar.
func (s *yamlScanner) blockLine(raw []byte, at, number int) bool {
	if at == len(raw) {
		s.blank = max(s.blank, at)
		return true
	}
	if s.indent < 0 {
		// As parsers do it: the deepest of the lines up to here, at least one in.
		s.indent = max(at, s.blank, s.parent+1, 1)
	}
	if at < s.indent || at == 0 && isDocumentMark(raw) {
		s.block = false
		return false
	}
	if s.scripts {
		s.script(raw, number)
	}
	return true
}

// script looks for a comment of a shell or of JavaScript.
func (s *yamlScanner) script(raw []byte, number int) {
	if !bytes.Contains(raw, []byte(Scangate)) {
		return
	}
	for i := range raw {
		if i > 0 && raw[i-1] != ' ' && raw[i-1] != '\t' {
			continue
		}
		if raw[i] == '#' || bytes.HasPrefix(raw[i:], []byte("//")) {
			s.found = append(s.found, comment{number, string(raw[i:]), len(bytes.TrimSpace(raw[:i])) == 0})
			return
		}
	}
}

// scan goes through a line from i on. Fresh says that a new token begins there.
func (s *yamlScanner) scan(raw []byte, i int, number int, fresh bool) {
	for i < len(raw) {
		if s.quote != 0 {
			i = s.inQuotes(raw, i)
			fresh = false
			continue
		}
		c := raw[i]
		// Parsers take it for a comment right behind quotes and brackets, too.
		spaced := i == 0 || raw[i-1] == ' ' || raw[i-1] == '\t' || !s.plain && bytes.IndexByte([]byte("\"'[]{},"), raw[i-1]) >= 0
		switch {
		case c == ' ' || c == '\t':
			i++
			continue
		case c == '#' && spaced:
			if mayMark(raw[i:]) {
				s.found = append(s.found, comment{number, string(bytes.TrimSpace(raw[i:])), len(bytes.TrimSpace(raw[:i])) == 0})
			}
			s.plain = false
			return
		case s.flow > 0 && (c == ',' || c == '{' || c == '['), fresh && (c == '{' || c == '['):
			if c != ',' {
				s.flow++
			}
			fresh, s.plain = true, false
			i++
			continue
		case s.flow > 0 && (c == '}' || c == ']'):
			s.flow--
			fresh, s.plain = false, false
			i++
			continue
		case c == ':' && (ends(raw, i+1) || s.flow > 0 && (!s.plain || isFlowMark(raw[i+1]))):
			// What was before it is a key.
			fresh, s.plain = true, false
			i++
			continue
		case !fresh:
			i++
			continue
		}
		// A token begins.
		switch {
		case c == '"' || c == '\'':
			s.quote = c
			i++
		case isIndicator(raw[i:]) && s.flow == 0:
			// What follows is in a collection of its own, further to the right.
			s.parent = i
			for i++; i < len(raw) && raw[i] == ' '; i++ {
			}
			if i < len(raw) && !isIndicator(raw[i:]) && isKey(raw[i:]) {
				s.parent = i
			}
		case c == '!' || c == '&' || c == '*' && s.flow == 0:
			for i < len(raw) && raw[i] != ' ' && raw[i] != '\t' && !(s.flow > 0 && isFlowMark(raw[i])) {
				i++
			}
			if c == '*' {
				fresh = false
			}
		case (c == '|' || c == '>') && s.flow == 0 && isBlockHeader(raw[i+1:]):
			s.block, s.indent, s.blank = true, -1, 0
			if d := bytes.IndexAny(raw[i:min(i+3, len(raw))], "123456789"); d > 0 {
				s.indent = max(s.parent, 0) + int(raw[i+d]-'0')
			}
			if at := bytes.IndexByte(raw[i:], '#'); at > 0 && mayMark(raw[i+at:]) {
				s.found = append(s.found, comment{number, string(bytes.TrimSpace(raw[i+at:])), false})
			}
			return
		default:
			fresh, s.plain = false, true
			i++
		}
	}
}

// inQuotes returns where the open quotes end, or the end of the line.
func (s *yamlScanner) inQuotes(raw []byte, i int) int {
	for ; i < len(raw); i++ {
		switch {
		case raw[i] == '\\' && s.quote == '"':
			i++
		case raw[i] == s.quote && s.quote == '\'' && i+1 < len(raw) && raw[i+1] == '\'':
			i++
		case raw[i] == s.quote:
			s.quote = 0
			return i + 1
		}
	}
	return len(raw)
}

// ends reports whether a token can end before raw[i].
func ends(raw []byte, i int) bool {
	return i >= len(raw) || raw[i] == ' ' || raw[i] == '\t'
}

// isIndicator reports whether a line goes on with an item, or a long key.
func isIndicator(rest []byte) bool {
	return (rest[0] == '-' || rest[0] == '?') && ends(rest, 1)
}

func isFlowMark(c byte) bool {
	return c == ',' || c == '{' || c == '}' || c == '[' || c == ']'
}

// isBlockHeader reports whether what follows "|" or ">" makes it the head of a
// block scalar.
func isBlockHeader(rest []byte) bool {
	rest = bytes.TrimLeft(rest, "+-0123456789")
	trimmed := bytes.TrimLeft(rest, " \t")
	return len(trimmed) == 0 || trimmed[0] == '#' && len(trimmed) < len(rest)
}

// isKey reports whether a line goes on with a key, so that what is below it
// belongs to the mapping that the key is in.
func isKey(rest []byte) bool {
	const longest = 1024 // of keys without a "?", by YAML's own rules
	for i, c := range rest[:min(len(rest), longest)] {
		if c == ':' && ends(rest, i+1) {
			return true
		}
		if c == '#' && i > 0 && rest[i-1] == ' ' {
			return false
		}
	}
	return false
}
