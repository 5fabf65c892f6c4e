package suppress

// named says how a mark names a check, for messages: nothing but what looks
// like a name gets into them.
func named(id string) string {
	if !isName(id) {
		return "a check"
	}
	return id
}

// isName reports whether a word could be the name of checks, or a pattern of
// such names.
func isName(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !isWordByte(c) && c != '-' && c != '.' && c != '*' {
			return false
		}
	}
	return true
}

func isWordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
