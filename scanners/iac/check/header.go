package check

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/finding"
)

// header is the metadata comment above the package of a check.
type header struct {
	Title       string `yaml:"title"`
	Description string `yaml:"description"`
	Related     []any  `yaml:"related_resources"`
	Custom      struct {
		ID         string         `yaml:"id"`
		AVDID      string         `yaml:"avd_id"`
		LongID     string         `yaml:"long_id"`
		ShortCode  string         `yaml:"short_code"`
		Aliases    []string       `yaml:"aliases"`
		Provider   string         `yaml:"provider"`
		Service    string         `yaml:"service"`
		Severity   string         `yaml:"severity"`
		Actions    string         `yaml:"recommended_actions"`
		Action     string         `yaml:"recommended_action"`
		URL        string         `yaml:"url"`
		Examples   string         `yaml:"examples"`
		Deprecated bool           `yaml:"deprecated"`
		Library    bool           `yaml:"library"`
		Minimum    string         `yaml:"minimum_trivy_version"`
		Frameworks map[string]any `yaml:"frameworks"`
		Input      struct {
			Selector []struct {
				Type     string `yaml:"type"`
				Subtypes []struct {
					Provider string `yaml:"provider"`
					Service  string `yaml:"service"`
					Group    string `yaml:"group"`
					Version  string `yaml:"version"`
					Kind     string `yaml:"kind"`
				} `yaml:"subtypes"`
			} `yaml:"selector"`
		} `yaml:"input"`
	} `yaml:"custom"`
}

// maxHeader bounds a metadata comment, in bytes.
const maxHeader = 64 << 10

// readHeader reads the metadata comment of a module; nil stands for one
// without. The format is that of OPA's annotations, and what is under custom
// is Trivy's.
func readHeader(module []byte) (*header, error) {
	var doc bytes.Buffer
	inside := false
	for line := range bytes.Lines(module) {
		trimmed := bytes.TrimSpace(line)
		switch {
		case bytes.HasPrefix(trimmed, []byte("package ")):
			goto read
		case bytes.Equal(bytes.TrimSpace(bytes.TrimPrefix(trimmed, []byte("#"))), []byte("METADATA")) && bytes.HasPrefix(trimmed, []byte("#")):
			doc.Reset()
			inside = true
			continue
		case !inside:
			continue
		case !bytes.HasPrefix(trimmed, []byte("#")):
			inside = len(trimmed) == 0 && inside
			continue
		}
		doc.WriteString(strings.TrimPrefix(string(trimmed[1:]), " ") + "\n")
		if doc.Len() > maxHeader {
			return nil, fmt.Errorf("its metadata is over %d bytes", maxHeader)
		}
	}
read:
	if doc.Len() == 0 {
		return nil, nil
	}
	var h header
	if err := yaml.Unmarshal(doc.Bytes(), &h); err != nil {
		return nil, fmt.Errorf("its metadata is not what is expected: %w", err)
	}
	return &h, nil
}

// check turns the metadata into a description.
func (h *header) check(file string) *Check {
	c := &Check{
		ID:          h.Custom.ID,
		LongID:      h.Custom.LongID,
		ShortCode:   h.Custom.ShortCode,
		Aliases:     h.Custom.Aliases,
		Title:       h.Title,
		Description: h.Description,
		Resolution:  h.Custom.Actions,
		Provider:    h.Custom.Provider,
		Service:     h.Custom.Service,
		Examples:    h.Custom.Examples,
		File:        file,
	}
	if h.Custom.Action != "" {
		c.Resolution = h.Custom.Action
	}
	c.Severity, _ = finding.ParseSeverity(h.Custom.Severity)
	for _, r := range h.Related {
		switch r := r.(type) {
		case string:
			c.References = append(c.References, r)
		case map[string]any:
			if ref, ok := r["ref"].(string); ok {
				c.References = append(c.References, ref)
			}
		}
	}
	if h.Custom.URL != "" {
		c.References = append(c.References, h.Custom.URL)
	}
	c.References = webLinks(c.References)
	for _, s := range h.Custom.Input.Selector {
		out := selector{source: Source(s.Type)}
		if s.Type == "defsec" { // what cloud was called once
			out.source = Cloud
		}
		for _, t := range s.Subtypes {
			out.subtypes = append(out.subtypes, subtype{t.Provider, t.Service, t.Group, t.Version, t.Kind})
		}
		c.selectors = append(c.selectors, out)
	}
	if c.Provider == "" && len(c.selectors) > 0 {
		c.Provider = string(c.selectors[0].source)
	}
	// The names of an older form: an id of the database for people, and a code
	// that is short among the checks of a service.
	if h.Custom.AVDID != "" {
		if c.ID != h.Custom.AVDID {
			c.Aliases = append(c.Aliases, c.ID)
		}
		c.ID = strings.TrimPrefix(h.Custom.AVDID, "AVD-")
	}
	prefix := c.Provider + "-"
	if c.Service != "" {
		prefix += c.Service + "-"
	}
	switch {
	case c.ShortCode == "":
		c.ShortCode = strings.TrimPrefix(c.LongID, shortPrefix(c))
	case c.LongID == "":
		c.LongID = strings.ToLower(prefix + c.ShortCode)
	}
	return c
}

// shortPrefix is what a long id starts with before its short code.
func shortPrefix(c *Check) string {
	switch {
	case c.Provider == string(Dockerfile):
		return "docker-"
	case c.Service == "":
		return c.Provider + "-"
	}
	return c.Provider + "-" + c.Service + "-"
}

// standard reports whether a check belongs to those that run without being
// asked for: not one that only a benchmark wants, and not a deprecated one.
func (h *header) standard() bool {
	if h.Custom.Deprecated || h.Custom.Library {
		return false
	}
	if len(h.Custom.Frameworks) == 0 {
		return true
	}
	_, ok := h.Custom.Frameworks["default"]
	return ok
}

// webLinks keeps what is a link to the web, the first of each.
func webLinks(all []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, l := range all {
		l = strings.TrimSpace(l)
		u, err := url.Parse(l)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(l, "<> ") || seen[l] {
			continue
		}
		seen[l] = true
		out = append(out, l)
	}
	return out
}
