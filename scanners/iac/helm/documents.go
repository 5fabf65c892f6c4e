package helm

import (
	"regexp"
	"strings"
)

var separator = regexp.MustCompile(`(?:^|\s*\n)---\s*`)

// documents splits what a template rendered to as Helm does, without hooks.
func (e *engine) documents(s *source, text string, lines []int) []Manifest {
	var list []Manifest
	cut := func(from, to int) {
		doc := text[from:to]
		from += len(doc) - len(strings.TrimLeft(doc, " \t\r\n\v\f"))
		if doc = strings.TrimSpace(doc); doc == "" || e.isHook(doc) {
			return
		}
		first := strings.Count(text[:from], "\n")
		list = append(list, Manifest{
			Template: s.path, Source: s.name, Text: []byte(doc),
			Lines: append([]int(nil), lines[first:first+strings.Count(doc, "\n")+1]...),
		})
	}
	from := 0
	for _, m := range separator.FindAllStringIndex(text, -1) {
		cut(from, m[0])
		from = m[1]
	}
	cut(from, len(text))
	return list
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
