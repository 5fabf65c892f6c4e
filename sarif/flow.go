package sarif

import (
	"github.com/owenrumney/go-sarif/v2/sarif"
	"github.com/scangate/scangate/finding"
)

// maxUploadSteps bounds the steps of all flows in a run of the upload copy.
// With 5,000 results of 1,000 steps each, a file would weigh more than GitHub
// takes.
const maxUploadSteps = 100_000

// selectFlows chooses which results have flows; of the upload copy the first
// ones, which are the most severe.
func selectFlows(list []result, o Options, counts *RunSummary) {
	room := maxUploadSteps
	for i := range list {
		flows := finding.BoundFlows(list[i].Flows)
		for _, f := range flows {
			room -= len(f.Steps)
		}
		if o.Upload && len(flows) > 0 && room < 0 {
			counts.Flows++
			continue
		}
		list[i].flows = flows
	}
}

// encodeFlows writes each way as a code flow of one thread, which is what
// GitHub shows as one path from source to sink. Steps without a usable path
// are left out, as there is nothing to show.
func encodeFlows(run *finding.Run, flows []finding.Flow, below string) []*sarif.CodeFlow {
	var out []*sarif.CodeFlow
	for i := range flows {
		thread := &sarif.ThreadFlow{}
		for j := range flows[i].Steps {
			if l := encodeRelated(run, &flows[i].Steps[j], j, below); l != nil {
				l.Id = nil // only messages refer to those
				thread.Locations = append(thread.Locations, &sarif.ThreadFlowLocation{Location: l})
			}
		}
		if len(thread.Locations) == 0 {
			continue
		}
		c := &sarif.CodeFlow{ThreadFlows: []*sarif.ThreadFlow{thread}}
		if m := escapeMessage(flows[i].Message); m != "" {
			c.Message = &sarif.Message{Text: &m}
		}
		out = append(out, c)
	}
	return out
}
