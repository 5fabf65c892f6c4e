package suppress

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// comment is a line of a comment.
type comment struct {
	line  int
	text  string // with the characters that make it a comment
	alone bool   // nothing precedes it on its line
}

// comments returns the lines of a file's comments, and for Terraform the
// extents of its blocks, to be called until one stops it. Lines without a word
// of a mark are left out.
func comments(data []byte, k Kind) ([]comment, []extent) {
	switch k {
	case Terraform:
		return hclComments(data)
	case Dockerfile:
		return dockerComments(data), nil
	}
	return yamlComments(data, k == Workflow), nil
}

// mayMark reports whether a line of a comment can hold a mark.
func mayMark(line []byte) bool {
	return bytes.Contains(line, []byte("trivy:")) || bytes.Contains(line, []byte("tfsec:")) ||
		bytes.Contains(line, []byte(":skip=")) || bytes.Contains(line, []byte(Scangate))
}

// hclComments returns the comments of Terraform code, and the lines of its
// outermost blocks. The language's own lexer tells comments from strings and
// heredocs; it does not recurse, and bears code that is not valid.
func hclComments(data []byte) (found []comment, blocks []extent) {
	tokens, _ := hclsyntax.LexConfig(data, "", hcl.InitialPos)
	depth, first, codeLine := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenComment:
			// A comment up to the end of a line includes its end.
			body, line := bytes.TrimRight(t.Bytes, "\r\n"), t.Range.Start.Line
			for alone := codeLine != line; ; alone = true {
				text, rest, more := bytes.Cut(body, []byte("\n"))
				if mayMark(text) {
					found = append(found, comment{line, string(bytes.TrimSpace(text)), alone})
				}
				if !more {
					break
				}
				body = rest
				line++
			}
			if depth == 0 && bytes.HasSuffix(t.Bytes, []byte("\n")) {
				first = 0
			}
			continue
		case hclsyntax.TokenNewline:
			if depth == 0 {
				first = 0
			}
			continue
		case hclsyntax.TokenOBrace:
			depth++
		case hclsyntax.TokenCBrace:
			if depth--; depth == 0 && first > 0 {
				blocks = append(blocks, extent{first, t.Range.End.Line})
				first = 0
			}
			depth, codeLine = max(depth, 0), t.Range.End.Line
			continue
		}
		codeLine = t.Range.End.Line
		if first == 0 {
			first = t.Range.Start.Line
		}
	}
	return found, blocks
}

// dockerComments returns the comments of a Dockerfile: lines that begin with
// "#", also between the lines of one instruction, but not in a here-document.
func dockerComments(data []byte) (found []comment) {
	var open []heredoc // of the documents that follow the instruction
	continued, opens := false, false
	for line := 1; len(data) > 0; line++ {
		raw, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		raw = bytes.TrimRight(raw, "\r")
		if len(open) > 0 && !continued {
			if open[0].endedBy(raw) {
				open = open[1:]
			}
			continue
		}
		trimmed := bytes.TrimSpace(raw)
		switch {
		case len(trimmed) == 0:
			continue
		case trimmed[0] == '#':
			if mayMark(trimmed) {
				found = append(found, comment{line, string(trimmed), true})
			}
			continue
		}
		if !continued {
			opens = opensHeredocs(trimmed)
		}
		if opens {
			open = append(open, heredocs(trimmed)...)
		}
		continued = trimmed[len(trimmed)-1] == '\\'
	}
	return found
}

// heredoc is the end of a here-document.
type heredoc struct {
	name string
	tabs bool // its lines may begin with tabs
}

func (h heredoc) endedBy(line []byte) bool {
	if h.tabs {
		line = bytes.TrimLeft(line, "\t")
	}
	return string(line) == h.name
}

// opensHeredocs reports whether an instruction is one that may be followed by
// documents.
func opensHeredocs(line []byte) bool {
	for _, name := range []string{"RUN", "COPY", "ADD", "ONBUILD"} {
		if len(line) > len(name) && bytes.EqualFold(line[:len(name)], []byte(name)) && ends(line, len(name)) {
			return true
		}
	}
	return false
}

// heredocs returns the here-documents that a line of an instruction opens:
// words like <<EOF, <<-"EOF" or 3<<EOF outside of quotes.
func heredocs(line []byte) (found []heredoc) {
	const most = 16
	quote := byte(0)
	for i := 0; i < len(line) && len(found) < most; i++ {
		switch c := line[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			} else if c == '\\' && quote == '"' {
				i++
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '\\':
			i++
		case bytes.HasPrefix(line[i:], []byte("<<<")):
			i += 2
		case bytes.HasPrefix(line[i:], []byte("<<")) && isWordStart(line[:i]):
			h, length := heredocName(line[i+2:])
			i += 1 + length
			if h.name != "" {
				found = append(found, h)
			}
		}
	}
	return found
}

// isWordStart reports whether a word begins behind before, or consists of
// nothing but a number up to here.
func isWordStart(before []byte) bool {
	before = bytes.TrimRight(before[max(len(before)-10, 0):], "0123456789")
	return len(before) == 0 || ends(before, len(before)-1)
}

// heredocName reads what follows "<<", and returns its length, too.
func heredocName(s []byte) (heredoc, int) {
	h, i := heredoc{}, 0
	if i < len(s) && s[i] == '-' {
		h.tabs = true
		i++
	}
	quote := byte(0)
	if i < len(s) && (s[i] == '"' || s[i] == '\'') {
		quote = s[i]
		i++
	}
	from := i
	for i < len(s) && (isWordByte(s[i]) || s[i] == '.' || s[i] == '-') {
		i++
	}
	h.name = string(s[from:i])
	if quote != 0 && i < len(s) && s[i] == quote {
		i++
	}
	return h, i
}
