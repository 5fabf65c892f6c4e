package report

import (
	"io"

	"github.com/scangate/scangate/policy/vex"
	"github.com/scangate/scangate/text"
)

// OpenVEX writes the ignores that carry a justification, as far as they have
// taken findings out of the verdict, as statements in OpenVEX. It is dated by
// the day of the verdict.
func OpenVEX(w io.Writer, r Report) error {
	ignores, _ := vex.Ignores(r.Results, exempted(r))
	author := "scangate"
	if root := text.OneLine(r.Results.Root, 100); root != "" {
		author = "maintainers of " + root
	}
	data, _, err := vex.Write(ignores, vex.Origin{Author: author, Timestamp: r.Verdict.Day})
	if err != nil {
		return err
	}
	// Documents have bounds, and one that nobody can read is of no use.
	if _, err := vex.Parse("the OpenVEX document", data); err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// OpenVEXGaps names, a line each, the findings that are ignored with a
// justification, and of which OpenVEX holds no statement.
func OpenVEXGaps(r Report) []string {
	_, left := vex.Ignores(r.Results, exempted(r))
	return left
}

func exempted(r Report) []vex.Exempted {
	var out []vex.Exempted
	for _, j := range r.Verdict.Justified {
		out = append(out, vex.Exempted{Run: j.Run, Finding: j.Finding, Justification: j.Label, Reason: j.Reason, Expires: j.Until})
	}
	return out
}
