package dependency

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/text"
)

// decodeXML decodes a document in UTF-8 or Latin-1. The decoder expands no
// entities but XML's own five, and bounds the depth.
func decodeXML(data []byte, into any) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) {
		switch strings.ToLower(charset) {
		case "iso-8859-1", "latin1", "us-ascii", "windows-1252":
		default:
			return nil, fmt.Errorf("the character set %s is not known", charset)
		}
		b, err := io.ReadAll(r)
		runes := make([]rune, len(b))
		for i, c := range b {
			runes[i] = rune(c)
		}
		return strings.NewReader(string(runes)), err
	}
	return d.Decode(into)
}

// located is an element with the line on which it starts.
type located[T any] struct {
	value T
	line  int
}

// UnmarshalXML notes the line.
func (l *located[T]) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	l.line, _ = d.InputPos()
	return d.DecodeElement(&l.value, &start)
}

// at is the line as the engine has it.
func (l located[T]) at() ftypes.Locations {
	return ftypes.Locations{{StartLine: l.line, EndLine: l.line}}
}

// packagesConfigEntry is a package of packages.config; the engine's parser
// tells neither lines nor development packages.
type packagesConfigEntry struct {
	ID      string `xml:"id,attr"`
	Version string `xml:"version,attr"`
	Dev     string `xml:"developmentDependency,attr"`
}

// parsePackagesConfig reads packages.config, which lists required packages and
// what those require alike.
func parsePackagesConfig(in source) (inv inventory, err error) {
	var config struct {
		XMLName  xml.Name                       `xml:"packages"`
		Packages []located[packagesConfigEntry] `xml:"package"`
	}
	if err := decodeXML(in.data, &config); err != nil {
		return inv, err
	}
	for _, entry := range config.Packages {
		p := entry.value
		inv.packages = append(inv.packages, ftypes.Package{ID: p.ID + "@" + p.Version, Name: p.ID, Version: p.Version,
			Dev: strings.EqualFold(p.Dev, "true"), Locations: entry.at()})
	}
	return inv, nil
}

// propsEntry is a PackageVersion or the like.
type propsEntry struct {
	Include      string `xml:"Include,attr"`
	Update       string `xml:"Update,attr"`
	Version      string `xml:"Version,attr"`
	VersionChild string `xml:"Version"`
}

// parsePackagesProps reads the versions that Directory.Packages.props sets for
// all projects below it, with the properties that the file itself defines.
func parsePackagesProps(in source) (inv inventory, err error) {
	var project struct {
		XMLName    xml.Name     `xml:"Project"`
		Properties []properties `xml:"PropertyGroup"`
		Groups     []struct {
			Versions   []located[propsEntry] `xml:"PackageVersion"`
			References []located[propsEntry] `xml:"PackageReference"`
			Global     []located[propsEntry] `xml:"GlobalPackageReference"`
		} `xml:"ItemGroup"`
	}
	if err := decodeXML(in.data, &project); err != nil {
		return inv, err
	}
	values := properties{}
	for _, group := range project.Properties {
		for name, value := range group {
			values[name] = value
		}
	}
	unknown := 0
	for _, group := range project.Groups {
		for _, entries := range [][]located[propsEntry]{group.Versions, group.References, group.Global} {
			for _, entry := range entries {
				e := entry.value
				name := strings.TrimSpace(firstText(e.Include, e.Update))
				version := strings.TrimSpace(values.expand(firstText(e.Version, e.VersionChild), "$(", ")"))
				version = strings.Trim(version, "[]") // [1.2.3] is that version and no other
				if name == "" || !versionLike.MatchString(version) || strings.ContainsAny(version, ",*") {
					unknown++
					continue
				}
				inv.packages = append(inv.packages, ftypes.Package{ID: name + "@" + version, Name: name, Version: version,
					Relationship: ftypes.RelationshipDirect, Locations: entry.at()})
			}
		}
	}
	if unknown > 0 {
		inv.remarks = append(inv.remarks, text.Count(unknown, "package")+" without a version that the file itself fixes cannot be looked at: a packages.lock.json would name it")
	}
	return inv, nil
}

func firstText(a, b string) string {
	if strings.TrimSpace(a) != "" {
		return a
	}
	return b
}

// properties are the named texts of a project file.
type properties map[string]string

// UnmarshalXML reads child elements as names and values.
func (p *properties) UnmarshalXML(d *xml.Decoder, _ xml.StartElement) error {
	if *p == nil {
		*p = properties{}
	}
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			var value struct {
				Text string `xml:",chardata"`
			}
			if err := d.DecodeElement(&value, &t); err != nil {
				return err
			}
			(*p)[t.Name.Local] = strings.TrimSpace(value.Text)
		}
	}
}

const (
	maxExpand   = 20  // references followed in one text: they may go in circles
	maxExpanded = 256 // bytes; no version and no name is longer
)

// expand replaces references such as ${name}. One that is not known stays.
func (p properties) expand(s, open, end string) string {
	from := 0
	for range maxExpand {
		i := strings.Index(s[from:], open)
		if i < 0 || len(s) > maxExpanded {
			break
		}
		i += from
		n := strings.Index(s[i:], end)
		if n < 0 {
			break
		}
		value, ok := p[s[i+len(open):i+n]]
		if !ok {
			from = i + n
			continue
		}
		s = s[:i] + value + s[i+n+len(end):]
	}
	return strings.TrimSpace(s)
}
