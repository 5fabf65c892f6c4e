package githubapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/sarif"
)

// keptResults is how many results of a run become alerts.
const keptResults = 5_000

// run is what GitHub reads of a run.
type run struct {
	Tool struct {
		Driver struct {
			Name    string `json:"name"`
			Version string `json:"semanticVersion"`
			Rules   []rule `json:"rules"`
		} `json:"driver"`
	} `json:"tool"`
	Automation struct {
		ID string `json:"id"`
	} `json:"automationDetails"`
	Results []result `json:"results"`
}

type rule struct {
	ID    string `json:"id"`
	Short struct {
		Text string `json:"text"`
	} `json:"shortDescription"`
	Properties struct {
		Severity string   `json:"security-severity"`
		Tags     []string `json:"tags"`
	} `json:"properties"`
}

type result struct {
	RuleID  string `json:"ruleId"`
	Message struct {
		Text string `json:"text"`
	} `json:"message"`
	Locations []struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region struct {
				StartLine int `json:"startLine"`
			} `json:"region"`
		} `json:"physicalLocation"`
	} `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

// category is what stands before the last slash.
func (r *run) category() string {
	return r.Automation.ID[:max(0, strings.LastIndex(r.Automation.ID, "/"))]
}

// process reads an upload, as GitHub does some time after it was taken.
func (s *Server) process(u *upload) {
	if s.options.Mode == NeverFinished {
		return
	}
	u.Errors = s.refusals(u.SARIF)
	var doc struct {
		Runs []run `json:"runs"`
	}
	if len(u.Errors) == 0 {
		if err := json.Unmarshal(u.SARIF, &doc); err != nil {
			u.Errors = []string{"Could not process SARIF: " + err.Error()}
		}
	}
	if len(u.Errors) > 0 {
		u.Status = "failed"
		return
	}
	u.Status = "complete"
	u.runs = doc.Runs
	for i := range u.runs {
		u.runs[i].keepWorst()
		s.addAnalysis(u, &u.runs[i])
	}
}

// refusals are the reasons for which GitHub refuses a file: those that
// sarif.Lint knows, whose messages quote GitHub's.
func (s *Server) refusals(data []byte) []string {
	if s.options.Mode == ProcessingFailed {
		return []string{"An unexpected error occurred while processing the SARIF file.", "Please try again later."}
	}
	problems, err := sarif.Lint(bytes.NewReader(data))
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, p := range problems {
		if p.Level != sarif.Reject {
			continue
		}
		text := p.String()
		if p.Kind == "unsuccessful" {
			text = "unsuccessful execution: " + text
		}
		out = append(out, text)
	}
	return out
}

// keepWorst leaves out what is more than GitHub keeps.
func (r *run) keepWorst() {
	if len(r.Results) <= keptResults {
		return
	}
	grave := map[string]float64{}
	for _, rule := range r.Tool.Driver.Rules {
		grave[rule.ID], _ = strconv.ParseFloat(rule.Properties.Severity, 64)
	}
	slices.SortStableFunc(r.Results, func(a, b result) int { return cmp.Compare(grave[b.RuleID], grave[a.RuleID]) })
	r.Results = r.Results[:keptResults]
}

// path and line are where the result is.
func (r *result) path() string {
	p, err := url.PathUnescape(r.Locations[0].Physical.Artifact.URI)
	if err != nil {
		return r.Locations[0].Physical.Artifact.URI
	}
	return p
}

func (r *result) line() int { return max(1, r.Locations[0].Physical.Region.StartLine) }

// hash tells results of one rule in one file apart.
func (r *result) hash() string {
	return cmp.Or(r.Fingerprints["primaryLocationLineHash"], fmt.Sprintf("%d %s", r.line(), r.Message.Text))
}
