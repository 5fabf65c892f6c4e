package policy

import "github.com/scangate/scangate/finding"

// An Exemption is somebody's word that findings do not count: a list of ignores
// or statements of a VEX document. It is no part of the facts, so results can
// be judged again without it.
type Exemption interface {
	// Exempts reports whether a finding of a run does not count, and on whose
	// word, which is not empty: where it is written, and the reason given there.
	Exempts(run *finding.Run, f *finding.Finding) (by string, ok bool)
}

// exempting is the first word that a finding does not count, and whose it is; empty:
// there is none.
type exempting struct {
	by    string
	whose Exemption
}

func (p Policy) exempt(run *finding.Run, f *finding.Finding) exempting {
	for _, e := range p.Exemptions {
		if by, ok := e.Exempts(run, f); ok {
			return exempting{by, e}
		}
	}
	return exempting{}
}

// exempted is the word on each finding of results that does not count, asked
// for once.
func (p Policy) exempted(res finding.Results) [][]exempting {
	out := make([][]exempting, len(res.Runs))
	for i := range res.Runs {
		run := &res.Runs[i]
		out[i] = make([]exempting, len(run.Findings))
		if len(p.Exemptions) == 0 {
			continue
		}
		for n := range run.Findings {
			out[i][n] = p.exempt(run, &run.Findings[n])
		}
	}
	return out
}

// A Noticer is an Exemption that has something to say about itself beside its
// decisions: that it has expired, or that nobody needs it.
type Noticer interface {
	Notices(finding.Results) []string
}

// notices collects what the exemptions have to say.
func (p Policy) notices(res finding.Results) []string {
	var out []string
	for _, e := range p.Exemptions {
		if n, ok := e.(Noticer); ok {
			out = append(out, n.Notices(res)...)
		}
	}
	return out
}
