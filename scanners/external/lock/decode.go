package lock

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/text"
)

// Parse reads the lock in data; the name is for messages. It is strict as the
// configuration is: a word that it does not know is an error.
func Parse(data []byte, name string) (*File, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: over the limit of %d KiB for a lock", name, maxFile>>10)
	}
	if !utf8.Valid(data) { // YAML may be UTF-16 as well, which nobody could edit here
		return nil, fmt.Errorf("%s: is not UTF-8 text", name)
	}
	f := &File{Name: name, source: data}
	doc, err := document(data, name)
	if err != nil {
		return nil, err
	}
	if doc == nil {
		return f, nil
	}
	d := decoder{file: name}
	version := ""
	err = d.fields(doc.Content[0], "the lock", []string{"version"}, map[string]field{
		"version": d.text("version", &version, func(s string) error {
			if s != "1" {
				return errors.New("is not known: this scangate reads version 1")
			}
			return nil
		}),
		"tools": func(n *yaml.Node) error { return d.tools(n, f) },
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(f.tools, func(a, b Tool) int { return strings.Compare(a.Name, b.Name) })
	return f, nil
}

// document returns the only document, which has one node, or nil when there is none.
func document(data []byte, name string) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil // an empty lock locks nothing
	case err != nil:
		line, msg := 1, err.Error()
		if m := regexp.MustCompile(`line (\d+): (.*)`).FindStringSubmatch(msg); m != nil {
			line, _ = strconv.Atoi(m[1])
			msg = m[2]
		}
		return nil, &config.Error{File: name, Line: max(1, line), Column: 1, Message: "not valid YAML: " + text.OneLine(msg, 200)}
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: holds more than one YAML document: keep the first", name)
	}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("%s: not a YAML mapping", name)
	}
	return &doc, nil
}

type decoder struct{ file string }

// field reads the value of a key.
type field func(*yaml.Node) error

func (d decoder) fail(n *yaml.Node, format string, args ...any) error {
	return &config.Error{File: d.file, Line: n.Line, Column: n.Column, Message: fmt.Sprintf(format, args...)}
}

// pairs calls do for each key of a mapping, in the order of the file.
func (d decoder) pairs(n *yaml.Node, what string, do func(k, v *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode || n.Anchor != "" {
		return d.fail(n, "%s: want keys and values, without anchors and aliases", what)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case k.Kind != yaml.ScalarNode || k.Tag == "!!merge" || k.Anchor != "":
			return d.fail(k, "%s: a key must be a plain word", what)
		case seen[k.Value]:
			return d.fail(k, "%s: key %q is given twice", what, text.OneLine(k.Value, 80))
		}
		seen[k.Value] = true
		if err := do(k, n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// fields reads a mapping with these keys.
func (d decoder) fields(n *yaml.Node, what string, required []string, known map[string]field) error {
	var missing = slices.Clone(required)
	err := d.pairs(n, what, func(k, v *yaml.Node) error {
		read, ok := known[k.Value]
		if !ok {
			return d.fail(k, "%s: unknown key %q%s", what, text.OneLine(k.Value, 80), text.Suggest(k.Value, slices.Sorted(maps.Keys(known))))
		}
		missing = slices.DeleteFunc(missing, func(s string) bool { return s == k.Value })
		return read(v)
	})
	if err == nil && len(missing) > 0 {
		err = d.fail(n, "%s: %s is missing", what, missing[0])
	}
	return err
}

// text reads one word that passes a check.
func (d decoder) text(key string, into *string, check func(string) error) field {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode || n.Anchor != "" || n.Tag == "!!null" || n.Value == "" {
			return d.fail(n, "%s: want a word", key)
		}
		if err := check(n.Value); err != nil {
			return d.fail(n, "%s: %q %v", key, text.OneLine(n.Value, 80), err)
		}
		*into = n.Value
		return nil
	}
}

func (d decoder) tools(n *yaml.Node, f *File) error {
	if n.Tag == "!!null" {
		return nil
	}
	return d.pairs(n, "tools", func(k, v *yaml.Node) error {
		if len(f.tools) == maxTools {
			return d.fail(k, "more than %d tools", maxTools)
		}
		if err := matches(namePattern)(k.Value); err != nil {
			return d.fail(k, "the tool's name %q %v", text.OneLine(k.Value, 80), err)
		}
		t, err := d.tool(k.Value, v)
		f.tools = append(f.tools, t)
		return err
	})
}

func (d decoder) tool(name string, n *yaml.Node) (Tool, error) {
	t := Tool{Name: name, Program: name, Platforms: map[string]Build{}}
	published := ""
	err := d.fields(n, name, []string{"version", "platforms"}, map[string]field{
		"version": d.text("version", &t.Version, matches(versionPattern)),
		"program": d.text("program", &t.Program, matches(programPattern)),
		"published": d.text("published", &published, func(s string) (err error) {
			if t.Published, err = time.Parse(time.DateOnly, s); err != nil {
				return errors.New("is not a day such as 2026-01-31")
			}
			return nil
		}),
		"signature": func(n *yaml.Node) error {
			return d.fields(n, "signature", []string{"identity", "issuer"}, map[string]field{
				"identity": d.text("identity", &t.Signer.Identity, words),
				"issuer":   d.text("issuer", &t.Signer.Issuer, words),
			})
		},
		"platforms": func(n *yaml.Node) error {
			return d.pairs(n, "platforms", func(k, v *yaml.Node) error {
				if err := matches(platformPattern)(k.Value); err != nil {
					return d.fail(k, "the platform %q %v, such as linux/amd64", text.OneLine(k.Value, 80), err)
				}
				b, err := d.build(name+" "+k.Value, v)
				t.Platforms[k.Value] = b
				return err
			})
		},
	})
	return t, err
}

func (d decoder) build(what string, n *yaml.Node) (Build, error) {
	var b Build
	err := d.fields(n, what, []string{"sha256"}, map[string]field{
		"url":            d.text("url", &b.URL, checkURL),
		"archive-sha256": d.text("archive-sha256", &b.Archive, matches(digestPattern)),
		"member":         d.text("member", &b.Member, checkMember),
		"sha256":         d.text("sha256", &b.SHA256, matches(digestPattern)),
	})
	switch {
	case err != nil:
	case (b.Member == "") != (b.Archive == ""):
		err = d.fail(n, "%s: member and archive-sha256 belong together: an archive is checked before it is opened", what)
	case b.Archive != "" && b.URL == "":
		err = d.fail(n, "%s: url is missing: an archive has to come from somewhere", what)
	}
	return b, err
}

// The forms of what becomes part of a path, or is compared.
const (
	namePattern     = `^[a-z][a-z0-9-]{0,39}$`
	programPattern  = `^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$`
	versionPattern  = `^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$`
	platformPattern = `^[a-z0-9]{1,20}/[a-z0-9]{1,20}$`
	digestPattern   = `^[0-9a-f]{64}$`
)

// matches makes a check of a pattern.
func matches(pattern string) func(string) error {
	return func(s string) error {
		if !regexp.MustCompile(pattern).MatchString(s) {
			return fmt.Errorf("is not of the form %s", strings.Trim(pattern, "^$"))
		}
		return nil
	}
}

func words(s string) error {
	if len(s) > 500 || text.OneLine(s, 500) != s {
		return errors.New("is not one line of at most 500 characters")
	}
	return nil
}

// checkMember wants a name as archives have them. It is only ever compared.
func checkMember(s string) error {
	if words(s) != nil || strings.Contains(s, `\`) || path.IsAbs(s) || slices.Contains(strings.Split(s, "/"), "..") || strings.HasSuffix(s, "/") {
		return errors.New("is not the name of a file in an archive, such as gitleaks or bin/tool")
	}
	return nil
}

// checkURL wants https, or http to this machine itself.
func checkURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || len(s) > 2000 || u.Host == "" || u.Fragment != "":
		return errors.New("is not the address of a file")
	case u.User != nil:
		return errors.New("holds a login, which a lock must not")
	case u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return errors.New("is not an https address")
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}
