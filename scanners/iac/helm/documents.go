package helm

import (
	"regexp"
	"strings"
)

var separator = regexp.MustCompile(`(?:^|\s*\n)---\s*`)

const maxDocuments = 10_000 // in a template

// documents splits what a template rendered to as Helm does, without hooks.
func (e *engine) documents(s *source, text string, lines []int) ([]Manifest, error) {
	var list []Manifest
	counted, newlines := 0, 0 // up to where, and how many
	cut := func(from, to int) {
		doc := text[from:to]
		from += len(doc) - len(strings.TrimLeft(doc, " \t\r\n\v\f"))
		if doc = strings.TrimSpace(doc); doc == "" || e.isHook(doc) {
			return
		}
		newlines += strings.Count(text[counted:from], "\n")
		counted = from
		list = append(list, Manifest{
			Template: s.path, Source: s.name, Text: []byte(doc),
			Lines: append([]int(nil), lines[newlines:newlines+strings.Count(doc, "\n")+1]...),
		})
	}
	from := 0
	separators := separator.FindAllStringIndex(text, maxDocuments+1)
	if len(separators) > maxDocuments {
		return nil, limit("the template renders to too many documents")
	}
	for _, m := range separators {
		cut(from, m[0])
		from = m[1]
	}
	cut(from, len(text))
	return list, e.b.err
}

// isHook reports whether a document is run at some event, and is no part of
// what is installed. One that cannot be parsed is not.
func (e *engine) isHook(doc string) bool {
	if !strings.Contains(doc, hookAnnotation) {
		return false
	}
	var head struct {
		Metadata *struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	if err := decode(e.b, []byte(doc), &head); err != nil || head.Metadata == nil {
		return false
	}
	_, hook := head.Metadata.Annotations[hookAnnotation]
	return hook
}

const hookAnnotation = "helm.sh/hook"
