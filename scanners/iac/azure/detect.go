package azure

import "bytes"

// window is how many bytes at the start and the end of a file are looked at.
const window = 8 << 10

// Is reports whether a file looks like a template of Azure Resource Manager: a
// deployment template by its schema, or what the compiler of Bicep made. It
// does not parse, and looks at the start and the end of the file only.
func Is(data []byte) bool {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	trimmed := bytes.TrimLeft(data[:min(len(data), window)], " \t\r\n")
	if len(trimmed) == 0 || trimmed[0] != '{' && !bytes.HasPrefix(trimmed, []byte("//")) && !bytes.HasPrefix(trimmed, []byte("/*")) {
		return false
	}
	if isTemplate(data[:min(len(data), window)]) {
		return true
	}
	return len(data) > window && isTemplate(data[max(window, len(data)-window):])
}

// isTemplate reports whether a part of a file names a schema of deployment
// templates, or the compiler.
func isTemplate(part []byte) bool {
	for rest := part; ; {
		i := bytes.Index(rest, []byte(`"$schema"`))
		if i < 0 {
			break
		}
		rest = rest[i+len(`"$schema"`):]
		value := bytes.TrimLeft(rest[:min(len(rest), 512)], " \t\r\n:")
		if len(value) == 0 || value[0] != '"' {
			continue
		}
		value, _, closed := bytes.Cut(value[1:], []byte(`"`))
		if closed && isSchema(string(value)) {
			return true
		}
	}
	i := bytes.Index(part, []byte(`"_generator"`))
	return i >= 0 && bytes.Contains(part[i:min(len(part), i+256)], []byte(`"bicep"`))
}
