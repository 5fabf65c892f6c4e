package terraform

import (
	"encoding/json"
	"strings"

	"github.com/scangate/scangate/scanners/iac/jsondoc"
)

// withoutKeys is an address without what stands in brackets.
func withoutKeys(address string) string {
	if !strings.Contains(address, "[") {
		return address
	}
	var b strings.Builder
	quoted, depth := false, 0
	for i := 0; i < len(address); i++ {
		switch c := address[i]; {
		case depth > 0 && quoted && c == '\\':
			i++
		case depth > 0 && c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			depth++
		case c == ']' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// addressLines are the lines on which addresses stand under planned_values,
// the first of each.
func addressLines(data []byte) map[string]int {
	out := map[string]int{}
	line, depth, inside, isAddress := 1, 0, false, false
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '\n':
			line++
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			isAddress = false
		case '"':
			start := i + 1
			i = jsondoc.EndOfString(data, start)
			if i == len(data) {
				return out
			}
			word := data[start:i]
			switch {
			case jsondoc.IsKey(data[i+1:]):
				if depth == 1 {
					inside = string(word) == "planned_values"
				}
				isAddress = inside && string(word) == "address"
			case isAddress:
				isAddress = false
				var address string
				if json.Unmarshal(data[start-1:i+1], &address) == nil && out[address] == 0 {
					out[address] = line
				}
			}
		}
	}
	return out
}
