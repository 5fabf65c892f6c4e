package vex

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/scangate/scangate/text"
)

// Parse reads a document of any of the formats, which its content tells. The
// name is that of its file, for messages. An error is one line that names the
// file: a document of which nothing can be used is one, too.
func Parse(name string, data []byte) (*Document, error) {
	name = text.OneLine(name, maxWord)
	d := &Document{Name: name, entries: map[string][]entry{}, ids: map[string]bool{}}
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%s: over the limit of %d MiB for a VEX document", name, MaxSize>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	lines, err := inspect(data)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	var head struct {
		Context   any    `json:"@context"`
		BOMFormat string `json:"bomFormat"`
		Document  struct {
			Version string `json:"csaf_version"`
		} `json:"document"`
	}
	if err := decode(data, &head); err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	context, _ := head.Context.(string)
	switch {
	case isOpenVEX(context):
		d.Format, err = "OpenVEX", d.openVEX(data, lines["statements"])
	case head.BOMFormat == "CycloneDX":
		d.Format, err = "CycloneDX", d.cycloneDX(data, lines["vulnerabilities"])
	case head.Document.Version == "2.0":
		d.Format, err = "CSAF", d.csaf(data, lines["vulnerabilities"])
	case head.Document.Version != "":
		return nil, fmt.Errorf("%s: CSAF %s is not known: want CSAF 2.0", name, text.OneLine(head.Document.Version, 20))
	default:
		return nil, fmt.Errorf("%s: not a VEX document: want OpenVEX, CycloneDX or CSAF 2.0, in JSON", name)
	}
	switch {
	case err != nil:
		return nil, err
	case d.claims > 0 && d.usable == 0:
		return nil, fmt.Errorf("%s: no statement of this %s document can be used: %s", name, d.Format, cmp.Or(d.first, "they are about other versions than those of their products"))
	case d.claims == 0:
		d.notice(1, "the %s document holds no statement", d.Format)
	}
	return d, nil
}

// decode fills a value from JSON that inspect has passed. The error begins with
// the line.
func decode(data []byte, into any) error {
	err := json.Unmarshal(data, into)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("%d: %s: want another kind of value than %s", lineAt(data, kind.Offset), text.OneLine(kind.Field, 100), kind.Value)
	}
	if err != nil {
		return fmt.Errorf("1: not valid: %s", text.OneLine(err.Error(), maxWord))
	}
	return nil
}

// element fills a value from an element of a list that begins on a line.
func (d *Document) element(line int, raw json.RawMessage, into any) error {
	if err := decode(raw, into); err != nil {
		_, msg, _ := strings.Cut(err.Error(), ": ")
		return fmt.Errorf("%s:%d: %s", d.Name, line, msg)
	}
	return nil
}

// lineAt returns the line of an offset.
func lineAt(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:max(0, min(offset, int64(len(data))))], []byte("\n"))
}

// lineOf returns the line of the i-th element of a list.
func lineOf(lines []int, i int) int {
	if i < len(lines) {
		return lines[i]
	}
	return 1
}
