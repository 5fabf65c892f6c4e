package jsondoc

import (
	"bytes"
	"iter"
)

// TopKeys goes through the names in the outermost object of JSON, without
// parsing it and as they are written: a look at what a file may be.
func TopKeys(data []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, depth := 0, 0; i < len(data); i++ {
			switch data[i] {
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			case '"':
				start := i + 1
				i = EndOfString(data, start)
				if depth == 1 && i < len(data) && IsKey(data[i+1:]) && !yield(string(data[start:i])) {
					return
				}
			}
		}
	}
}

// EndOfString is the index of the quote that ends the string which starts at
// i, or one behind data.
func EndOfString(data []byte, i int) int {
	for ; i < len(data) && data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return min(i, len(data))
}

// IsKey reports whether the string before rest is the name of a member.
func IsKey(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}
