package baseline

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// version of the file format. Another one is refused rather than misread.
const version = 1

// MaxSize bounds the file, in bytes.
const MaxSize = 64 << 20

const (
	maxEntries = 200_000
	maxCount   = 1_000_000
)

// Encode writes the baseline: JSON with a line for each entry, sorted, the same
// bytes for the same entries, so that a change of it reads as what has changed.
func (b *Baseline) Encode(w io.Writer) error {
	entries := slices.SortedFunc(slices.Values(b.Entries), compareEntries)
	if len(entries) > maxEntries {
		return fmt.Errorf("%d findings: a baseline holds at most %d; ignore by path what is not yours to fix", len(entries), maxEntries)
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "{\n  \"version\": %d,\n  \"findings\": [", version)
	for i, e := range entries {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString("\n    ")
		if err := encodeEntry(out, e); err != nil {
			return err
		}
	}
	if len(entries) > 0 {
		out.WriteString("\n  ")
	}
	out.WriteString("]\n}\n")
	return out.Flush()
}

// encodeEntry writes an entry on one line, in the order in which it is read.
func encodeEntry(out *bufio.Writer, e Entry) error {
	sep := "{"
	for _, f := range []struct{ name, value string }{
		{"scanner", e.Scanner}, {"target", e.Target}, {"path", e.Path}, {"rule", e.Rule}, {"what", e.What},
		{"count", ""}, {"fingerprint", e.Fingerprint}, {"seen", e.Seen},
	} {
		var value bytes.Buffer
		switch {
		case f.name == "count":
			value.WriteString(strconv.Itoa(e.Count))
		case f.value == "":
			continue
		default:
			enc := json.NewEncoder(&value)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(f.value); err != nil {
				return err
			}
		}
		fmt.Fprintf(out, "%s%q: %s", sep, f.name, bytes.TrimSpace(value.Bytes()))
		sep = ", "
	}
	return out.WriteByte('}')
}
