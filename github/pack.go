package github

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/sarif"
)

const (
	// maxRuns is how many runs GitHub takes in one file.
	maxRuns = 20
	// minResults is where results are not worth leaving out for size any more.
	minResults = 10
)

// packed is a file as it is sent: gzip, then base64.
type packed struct{ text string }

// packer makes the files of an upload.
type packer struct {
	report  report.Report
	options sarif.Options
	limit   int // of a file, in bytes of gzip
	files   []packed
	out     *Outcome
	raw     bytes.Buffer
	zipped  bytes.Buffer
	zip     *gzip.Writer
}

// pack makes the files of an upload, each within GitHub's limits.
func pack(rep report.Report, o sarif.Options, limit int, out *Outcome) ([]packed, error) {
	var runs []int
	for i := range rep.Results.Runs {
		if rep.Results.Runs[i].Status == finding.Completed {
			runs = append(runs, i)
		}
	}
	if len(runs) == 0 {
		return nil, errors.New("no scanner completed: there is nothing to upload")
	}
	p := packer{report: rep, options: o, limit: limit, out: out}
	p.zip = gzip.NewWriter(&p.zipped)
	for len(runs) > 0 {
		n := min(len(runs), maxRuns)
		if err := p.add(runs[:n], 0); err != nil {
			return nil, err
		}
		runs = runs[n:]
	}
	return p.files, nil
}

// add makes a file of some runs, or several if one were too large; if need be
// with only so many results of a run.
func (p *packer) add(runs []int, results int) error {
	o := p.options
	o.Results = results
	in := map[int]bool{}
	for _, i := range runs {
		in[i] = true
	}
	o.Only = func(i int) bool { return in[i] }
	p.raw.Reset()
	summary, err := report.SARIF(&p.raw, p.report, o)
	if err != nil {
		return err
	}
	p.zipped.Reset()
	p.zip.Reset(&p.zipped)
	p.zip.Write(p.raw.Bytes()) // into memory, which does not fail
	p.zip.Close()
	switch size := p.zipped.Len(); {
	case size <= p.limit:
	case len(runs) > 1:
		half := len(runs) / 2
		if err := p.add(runs[:half], results); err != nil {
			return err
		}
		return p.add(runs[half:], results)
	default:
		if most := summary.Runs[0].Results / 2; most >= minResults {
			return p.add(runs, most)
		}
		return fmt.Errorf("the results of %s are over GitHub's limit of 10 MB, however few of them", p.report.Results.Runs[runs[0]].Title())
	}
	if err := p.check(); err != nil {
		return err
	}
	for _, run := range summary.Runs {
		for _, line := range run.LeftOut() {
			p.out.Notices = append(p.out.Notices, run.Category+": "+line)
		}
	}
	p.out.Runs = append(p.out.Runs, summary.Runs...)
	p.files = append(p.files, packed{base64.StdEncoding.EncodeToString(p.zipped.Bytes())})
	return nil
}

// check finds what GitHub would refuse, for all of it and with fewer words,
// before it is sent.
func (p *packer) check() error {
	problems, err := sarif.Lint(&p.raw)
	if err != nil {
		return err
	}
	for _, x := range problems {
		if x.Level == sarif.Reject {
			return fmt.Errorf("code scanning would refuse the results: %s: please report this as a bug", x)
		}
	}
	return nil
}
