package report

import (
	"bytes"
	"fmt"
	"io"
)

// Comment writes the job summary for a place that takes less, at most limit
// bytes. A summary that is cut ends on a whole row, says how many findings are
// missing, and points to whole, the address of the whole one.
func Comment(w io.Writer, r Report, limit int, whole string) error {
	var b bytes.Buffer
	pointer := "\nThe whole of it is in the [job summary](" + whole + ").\n"
	if whole == "" {
		pointer = "\nThe whole of it is in the job summary.\n"
	}
	// The lines behind the last row, the end of what is folded away among them.
	rest := len(pointer) + 600
	if err := markdownWithin(&b, r, limit-rest); err != nil {
		return err
	}
	out := b.Bytes()
	if len(out) > limit-rest+500 {
		// What stands before the findings is too much by itself. Nothing of
		// them is shown then.
		out = out[:limit-rest]
		out = fmt.Appendf(out[:bytes.LastIndexByte(out, '\n')+1], "\nIt is cut here. Findings: %d.\n", len(rows(r)))
	}
	_, err := w.Write(append(out, pointer...))
	return err
}
