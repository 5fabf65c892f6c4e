package report

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// writeDocument writes a struct as indented JSON, as json.Encoder does, but
// the elements of its own lists one by one: of a long list there is never a
// second copy in memory.
func writeDocument(w io.Writer, document any) error {
	var buf bytes.Buffer
	value := func(v reflect.Value, prefix string) ([]byte, error) {
		buf.Reset()
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		enc.SetIndent(prefix, "  ")
		err := enc.Encode(v.Interface())
		return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
	}
	b := bufio.NewWriterSize(w, 1<<16)
	b.WriteString("{")
	comma := ""
	v := reflect.ValueOf(document)
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		field := v.Field(i)
		list := field.Kind() == reflect.Slice
		if option == "omitempty" && (field.IsZero() || list && field.Len() == 0) {
			continue
		}
		fmt.Fprintf(b, "%s\n  %q: ", comma, name)
		comma = ","
		if !list || field.Len() == 0 {
			data, err := value(field, "  ")
			if err != nil {
				return err
			}
			b.Write(data)
			continue
		}
		before := "[\n    "
		for j := range field.Len() {
			data, err := value(field.Index(j), "    ")
			if err != nil {
				return err
			}
			b.WriteString(before)
			b.Write(data)
			before = ",\n    "
		}
		b.WriteString("\n  ]")
	}
	b.WriteString("\n}\n")
	return b.Flush()
}

// contentID makes an identifier of what a document says, so that the same
// content has the same one: in the form of RFC 9562's version 8, for hashes.
func contentID(document any) (string, error) {
	h := sha256.New()
	if err := writeDocument(h, document); err != nil {
		return "", err
	}
	b := h.Sum(nil)[:16]
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}
