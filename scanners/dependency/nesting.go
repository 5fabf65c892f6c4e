package dependency

import "bytes"

// maxNesting is how deep arrays and tables of a lockfile may nest. Real ones
// stay below 30. The engine's parsers recurse, some without a bound, and a
// stack that overflows ends the process.
const maxNesting = 200

// nestingFunc returns the line where values nest deeper than limit, or 0.
type nestingFunc func(data []byte, limit int) int

// jsonNesting knows that brackets in strings do not nest.
func jsonNesting(data []byte, limit int) int {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case '[', '{':
			if depth++; depth > limit {
				return lineAt(data, i)
			}
		case ']', '}':
			depth--
		}
	}
	return 0
}

// tomlNesting knows TOML's four kinds of strings, and comments. The brackets
// of a table header close on the same line, so they count for nothing. Each
// dot of a key (a.b.c = 1) is a table as well.
func tomlNesting(data []byte, limit int) int {
	depth, dots := 0, 0
	for i := 0; i < len(data); i++ {
		switch c := data[i]; c {
		case '"', '\'':
			i = tomlStringEnd(data, i)
		case '#':
			if n := bytes.IndexByte(data[i:], '\n'); n >= 0 {
				i += n
			} else {
				return 0
			}
		case '[', '{':
			if depth++; depth > limit {
				return lineAt(data, i)
			}
		case ']', '}':
			depth--
		case '.':
			if dots++; dots > limit {
				return lineAt(data, i)
			}
		case '=', ',', '\n':
			dots = 0
		}
	}
	return 0
}

// tomlStringEnd returns the index of the last byte of the string that starts
// at i. A one-line string that is not closed ends with its line: the parser
// will refuse it.
func tomlStringEnd(data []byte, i int) int {
	quote := data[i]
	triple := []byte{quote, quote, quote}
	multi := bytes.HasPrefix(data[i:], triple)
	if multi {
		i += 2
	}
	for i++; i < len(data); i++ {
		switch {
		case data[i] == '\\' && quote == '"':
			i++
		case multi && bytes.HasPrefix(data[i:], triple):
			return i + 2
		case !multi && (data[i] == quote || data[i] == '\n'):
			return i
		}
	}
	return i
}

func lineAt(data []byte, i int) int { return 1 + bytes.Count(data[:i], []byte{'\n'}) }
