package crawl

import (
	"bytes"
	"net/url"
	"strings"
)

// maxRobots is how much of a robots.txt is read, in bytes: RFC 9309, section
// 2.5.
const maxRobots = 500 << 10

// agentToken is the name that a robots.txt calls the crawler by.
const agentToken = "scangate"

// robots says which paths may be asked for: RFC 9309.
type robots struct {
	rules    []robotsRule
	sitemaps []string
	refuses  bool // it could not be had, which means that nothing may be
}

type robotsRule struct {
	pattern string
	allow   bool
}

func parseRobots(body []byte) robots {
	if len(body) > maxRobots {
		body = body[:bytes.LastIndexByte(body[:maxRobots], '\n')+1] // half a rule is another rule
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	var out robots
	var ours, everybodys []robotsRule
	named := false              // a group is for us by name
	agents := map[string]bool{} // whom the current group is for
	ended := true               // what comes next begins a group
	for line := range strings.SplitSeq(strings.ReplaceAll(string(body), "\r", "\n"), "\n") {
		line, _, _ = strings.Cut(line, "#")
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch key = strings.ToLower(strings.TrimSpace(key)); key {
		case "user-agent":
			if ended {
				clear(agents)
				ended = false
			}
			agents[strings.ToLower(value)] = true
			named = named || strings.EqualFold(value, agentToken)
		case "allow", "disallow":
			ended = true
			if value == "" {
				continue // an empty Disallow forbids nothing
			}
			r := robotsRule{pattern: escape(value, "/:@!$&'()*+,;=?"), allow: key == "allow"}
			if agents[agentToken] {
				ours = append(ours, r)
			}
			if agents["*"] {
				everybodys = append(everybodys, r)
			}
		case "sitemap":
			if len(out.sitemaps) < maxSitemaps {
				out.sitemaps = append(out.sitemaps, value)
			}
		}
	}
	out.rules = everybodys
	if named {
		out.rules = ours
	}
	return out
}

// allows tells whether an address may be asked for: the longest pattern that
// matches decides, and of two as long the one that allows.
func (r robots) allows(u *url.URL) bool {
	if r.refuses {
		return false
	}
	path := u.EscapedPath()
	if path == "/robots.txt" {
		return true
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	best, allow := -1, true
	for _, rule := range r.rules {
		n := len(rule.pattern)
		if n < best || n == best && !rule.allow {
			continue
		}
		if matchesPath(rule.pattern, path) {
			best, allow = n, rule.allow
		}
	}
	return allow
}

// matchesPath matches a pattern with * for any text and $ for the end. What
// stands before a star is looked for once, as early as it can be, so that no
// pattern takes long.
func matchesPath(pattern, path string) bool {
	pattern, whole := strings.CutSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(path, parts[0])
	if !ok {
		return false
	}
	parts = parts[1:]
	for i, part := range parts {
		if whole && i == len(parts)-1 {
			return strings.HasSuffix(rest, part)
		}
		n := strings.Index(rest, part)
		if n < 0 {
			return false
		}
		rest = rest[n+len(part):]
	}
	return !whole || rest == ""
}
