package cloudformation

import (
	"bytes"
	"slices"
)

// window is how many bytes at the start of a file decide whether the rest is
// looked at: every template starts with the name of a section.
const window = 8 << 10

// sections are what a template starts with, if not with its version.
var sections = []string{"Resources", "Description", "Parameters", "Metadata", "Mappings", "Conditions", "Transform", "Globals", "Outputs", "Rules"}

// Is reports whether a file looks like a template of CloudFormation or SAM, in
// YAML or JSON. It does not parse: a large file of another kind costs a look
// at its start.
func Is(data []byte) bool {
	head := data[:min(len(data), window)]
	if isKey(head, "AWSTemplateFormatVersion") {
		return !several(data)
	}
	if !slices.ContainsFunc(sections, func(name string) bool { return isKey(head, name) }) {
		return false
	}
	found := isKey(data, "AWSTemplateFormatVersion") || serverless(data) ||
		isKey(data, "Resources") && (typed(data, "AWS::") || typed(data, "Custom::") || typed(data, "Alexa::"))
	return found && !several(data)
}

// isKey reports whether name is a key at the outermost level: in YAML at the
// start of a line, in JSON in quotes at any level, for that cannot be seen
// without parsing.
func isKey(data []byte, name string) bool {
	for from := 0; ; {
		i := bytes.Index(data[from:], []byte(name))
		if i < 0 {
			return false
		}
		start := from + i
		from = start + len(name)
		before := byte('\n')
		if start > 0 {
			before = data[start-1]
		}
		quoted := before == '"' || before == '\''
		if !quoted && before != '\n' && before != 0xBF { // the last byte of a byte order mark
			continue
		}
		after := data[from:min(len(data), from+64)]
		if quoted {
			if len(after) == 0 || after[0] != before {
				continue
			}
			after = after[1:]
		}
		if after = bytes.TrimLeft(after, " \t\r\n"); len(after) > 0 && after[0] == ':' {
			return true
		}
	}
}

// typed reports whether a key Type, or a list of types, has a value that
// starts so.
func typed(data []byte, prefix string) bool { return valueOf(data, prefix, "Type") }

// serverless reports whether a transform of SAM is asked for.
func serverless(data []byte) bool {
	return valueOf(data, "AWS::Serverless-", "Transform") ||
		isKey(data, "Transform") && bytes.Contains(data, []byte("AWS::Serverless-"))
}

// valueOf reports whether a value that starts with prefix follows a key.
func valueOf(data []byte, prefix, key string) bool {
	for from := 0; ; {
		i := bytes.Index(data[from:], []byte(prefix))
		if i < 0 {
			return false
		}
		before := bytes.TrimRight(data[max(0, from+i-64):from+i], "\"' \t\r\n[")
		if before, ok := bytes.CutSuffix(before, []byte(":")); ok && bytes.HasSuffix(bytes.TrimRight(before, "\"' \t\r\n"), []byte(key)) {
			return true
		}
		from += i + len(prefix)
	}
}

// several reports whether there is a second YAML document in the file. Inside
// of a template no line can start with a separator.
func several(data []byte) bool {
	if !bytes.Contains(data, []byte("\n---")) {
		return false
	}
	content, ended := false, false
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		rest, separator := bytes.CutPrefix(line, []byte("---"))
		if separator && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0) {
			ended = content
			line = rest
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' || line[0] == '%' || bytes.Equal(line, []byte("...")) {
			continue
		}
		if ended {
			return true
		}
		content = true
	}
	return false
}
