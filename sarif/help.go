package sarif

import (
	"net/url"
	"strings"

	"github.com/scangate/scangate/finding"
)

// helpOf returns a rule's help as plain text and as markdown. The links stand
// in both, because GitHub does not look at helpUri.
func helpOf(rule *finding.Rule, description string, links []string) (text, markdown string) {
	help := strings.TrimSpace(strings.ToValidUTF8(rule.Help, "\uFFFD"))
	if help == "" {
		text, markdown = description, escapeMarkdown(description)
	} else {
		text, markdown = help, help
	}
	plain, marked := linkLists(links)
	return text + plain, markdown + marked
}

// linkLists formats links as what follows a help text.
func linkLists(links []string) (plain, marked string) {
	if len(links) == 0 {
		return "", ""
	}
	var p, m strings.Builder
	p.WriteString("\n\nReferences:")
	m.WriteString("\n\n**References**\n")
	for _, l := range links {
		p.WriteString("\n" + l)
		m.WriteString("\n- <" + l + ">")
	}
	return p.String(), m.String()
}

// webLinks keeps the references that are links to the web, in a form that
// cannot break out of an autolink.
func webLinks(references []string) []string {
	var out []string
	for _, r := range references {
		u, err := url.Parse(strings.TrimSpace(r))
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
			continue
		}
		s := u.String()
		if strings.ContainsAny(s, "<> \n\t\"\\^`{|}") {
			continue
		}
		out = append(out, s)
	}
	return out
}
