package main

import (
	"fmt"

	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/text"
)

// maxGaps bounds how many findings are named of which there is no statement.
const maxGaps = 20

// openVEXGaps says which ignores with a justification a report in OpenVEX has
// no statement of: whoever reads it would take them for affected.
func (a *app) openVEXGaps(rep report.Report) {
	gaps := report.OpenVEXGaps(rep)
	for _, line := range gaps[:min(len(gaps), maxGaps)] {
		a.complain(fmt.Errorf("warning: openvex: no statement on %s", line))
	}
	if more := len(gaps) - maxGaps; more > 0 {
		a.complain(fmt.Errorf("warning: openvex: and none on %s", text.Count(more, "other finding")))
	}
}
