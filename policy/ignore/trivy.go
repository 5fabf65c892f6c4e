package ignore

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/policy/pattern"
	"github.com/scangate/scangate/text"
)

// trivyScanners are those that find what Trivy does, by the same ids. Secrets
// have other rules here.
func trivyScanners() []string { return []string{"dependency", "image", "iac"} }

// trivy reads .trivyignore: an id in each line, with exp: the first day on
// which it no longer holds.
func (f *foreign) trivy(data string) {
	n := 0
	for line := range strings.Lines(data) {
		n++
		words := strings.Fields(strings.TrimPrefix(line, "\uFEFF"))
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words[0]) > maxPattern {
			f.problem(n, "the id is too long")
			continue
		}
		e := Entry{ID: words[0], Scanners: trivyScanners(), conditions: []condition{named(strings.ToLower(words[0]))}}
		ok := true
		for i, w := range words[1:] {
			day, found := strings.CutPrefix(w, "exp:")
			if strings.HasPrefix(w, "#") {
				e.Reason = strings.TrimSpace(strings.TrimLeft(strings.Join(words[1+i:], " "), "# "))
				break
			}
			if !found {
				continue // as there: what else is in the line is not looked at
			}
			if e.Until, ok = date(day); !ok {
				f.problem(n, "%q is not a day such as exp:2027-03-31", text.OneLine(w, 40))
				break
			}
		}
		if ok {
			f.add(n, e)
		}
	}
}

// trivyYAML reads .trivyignore.yaml.
func (f *foreign) trivyYAML(top *yaml.Node) {
	f.fields(top, []string{"vulnerabilities", "misconfigurations", "secrets", "licenses"}, func(key string, v *yaml.Node) bool {
		switch key {
		case "vulnerabilities":
			f.items(v, func(n *yaml.Node) { f.trivyEntry(n, []string{"dependency", "image"}) })
		case "misconfigurations":
			f.items(v, func(n *yaml.Node) { f.trivyEntry(n, []string{"iac", "image"}) })
		case "secrets":
			if len(v.Content) > 0 {
				f.problem(v.Line, "secrets have other rules here: write their ids into the configuration's ignore, or into .gitleaksignore")
			}
		}
		return true
	})
}

func (f *foreign) trivyEntry(n *yaml.Node, scanners []string) {
	e := Entry{Scanners: scanners}
	var paths, urls []condition
	ok := f.fields(n, []string{"id", "paths", "purls", "expired_at", "statement"}, func(key string, v *yaml.Node) bool {
		switch key {
		case "id":
			return f.word(v, &e.ID)
		case "statement":
			if v.Kind != yaml.ScalarNode {
				f.problem(v.Line, "statement: want text")
				return false
			}
			e.Reason = v.Value
			return true
		case "expired_at":
			return f.end(v, &e.Until)
		case "paths":
			return f.words(v, func(w string) bool {
				p, err := pattern.CompileWhole(w)
				if err != nil {
					f.problem(v.Line, "paths: %v", err)
					return false
				}
				paths = append(paths, at(p))
				return true
			})
		}
		return f.words(v, func(w string) bool {
			c, err := likeURL(w)
			if err != nil {
				f.problem(v.Line, "purls: %v", err)
				return false
			}
			urls = append(urls, c)
			return true
		})
	})
	if ok && e.ID == "" {
		f.problem(n.Line, "the entry has no id")
		ok = false
	}
	if !ok {
		return
	}
	e.conditions = append(e.conditions, named(strings.ToLower(e.ID)))
	if paths != nil {
		e.conditions = append(e.conditions, either(paths))
	}
	if urls != nil {
		e.conditions = append(e.conditions, either(urls))
	}
	f.add(n.Line, e)
}

// end reads the first day on which an entry no longer holds.
func (f *foreign) end(v *yaml.Node, to *time.Time) bool {
	var word string
	if !f.word(v, &word) {
		return false
	}
	t, ok := date(word)
	if !ok {
		f.problem(v.Line, "%q is not a day such as 2027-03-31", text.OneLine(word, 40))
	}
	*to = t
	return ok
}
