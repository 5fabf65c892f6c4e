package external

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/dast/alert"
	"github.com/scangate/scangate/scanners/dast/crawl"
	"github.com/scangate/scangate/scanners/dast/levels"
	"github.com/scangate/scangate/scanners/dast/rule"
	"github.com/scangate/scangate/scanners/dast/rulesfile"
	"github.com/scangate/scangate/text"
)

// zapNumber is a number that the report writes as text.
type zapNumber int

func (n *zapNumber) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	v, err := strconv.Atoi(string(bytes.Trim(data, `"`)))
	if err != nil {
		return errors.New("a number is none")
	}
	*n = zapNumber(v)
	return nil
}

// zapAlert is what the report says of a kind of alerts. Beside what is here
// stand what ZAP sent and what it thinks of single answers, which it quotes.
type zapAlert struct {
	Plugin      zapNumber     `json:"pluginid"`
	Ref         string        `json:"alertRef"`
	Name        string        `json:"name"`
	Risk        *zapNumber    `json:"riskcode"`
	Confidence  *zapNumber    `json:"confidence"`
	Description string        `json:"desc"`
	Solution    string        `json:"solution"`
	Reference   string        `json:"reference"`
	CWE         zapNumber     `json:"cweid"`
	WASC        zapNumber     `json:"wascid"`
	Instances   []zapInstance `json:"instances"`
}

type zapInstance struct {
	URI      string `json:"uri"`
	Method   string `json:"method"`
	Param    string `json:"param"`
	Evidence string `json:"evidence"`
}

// zapInsight is what ZAP counted at a site.
type zapInsight struct {
	Site      string    `json:"site"`
	Key       string    `json:"key"`
	Statistic zapNumber `json:"statistic"`
}

// zapReading is a report that is being read.
type zapReading struct {
	zapScan
	r      *Reading
	rules  *rulesfile.File
	groups alert.Groups

	listed    bool            // the target is among the sites
	endpoints int             // that ZAP counted there
	codes     map[string]bool // "2xx": classes of its answers, where ZAP counted them
	pages     map[string]bool // that alerts are about
	instances int
	outside   int // alerts about other addresses
	left      int // alerts beyond the limit
}

func (s zapScan) read(o Output, r *Reading) error {
	rules, err := s.rulesFile(r.tree)
	if err != nil {
		return err
	}
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	z := &zapReading{zapScan: s, r: r, rules: rules, codes: map[string]bool{}, pages: map[string]bool{}}
	seen := map[string]bool{}
	err = d.members(func(key string) error {
		seen[key] = true
		switch key {
		case "@version":
			var v string
			err := d.value(&v)
			r.version = versionForm.FindString(v) // weekly builds are named by their date
			return err
		case "insights":
			return d.elements(func() error {
				var i zapInsight
				err := d.value(&i)
				z.count(i)
				return err
			})
		case "site":
			return d.elements(func() error { return z.site(d) })
		}
		return d.skip()
	})
	switch err = d.end(err); {
	case err != nil:
		return err
	case !seen["site"] || !seen["@version"]:
		return errors.New("it is no report of ZAP")
	}
	if err := z.judge(o); err != nil {
		return err
	}
	z.finish()
	return nil
}

// inScope tells an address of the target's origin, and returns its normal form.
func (z *zapReading) inScope(address string) (*url.URL, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, false
	}
	u = crawl.Normal(u)
	return u, u != nil && zapOrigin(u) == zapOrigin(z.target)
}

func (z *zapReading) count(i zapInsight) {
	if _, ok := z.inScope(i.Site); !ok || i.Statistic < 1 {
		return
	}
	if i.Key == "insight.endpoint.total" {
		z.endpoints = max(z.endpoints, int(i.Statistic))
	}
	if class, ok := strings.CutPrefix(i.Key, "insight.code."); ok {
		z.codes[class] = true
	}
}

func (z *zapReading) site(d *document) error {
	alerts := false
	err := d.members(func(key string) error {
		switch key {
		case "@name":
			var name string
			err := d.value(&name)
			if _, ok := z.inScope(name); ok {
				z.listed = true
			}
			return err
		case "alerts":
			alerts = true
			return d.elements(func() error {
				var a zapAlert
				if err := d.value(&a); err != nil {
					return err
				}
				return z.alert(&a)
			})
		}
		return d.skip()
	})
	if err == nil && !alerts {
		return errors.New("a site without a list of alerts")
	}
	return err
}

var (
	zapRisks       = map[zapNumber]rule.Risk{0: rule.Informational, 1: rule.Low, 2: rule.Medium, 3: rule.High}
	zapConfidences = map[zapNumber]rule.Confidence{1: rule.LowConfidence, 2: rule.MediumConfidence, 3: rule.HighConfidence, 4: rule.HighConfidence}
)

// falsePositive is the confidence of what somebody has marked as such.
const falsePositive = 0

func (z *zapReading) alert(a *zapAlert) error {
	if a.Plugin == 0 || a.Risk == nil || a.Confidence == nil || a.Instances == nil {
		return errors.New("an alert lacks its rule, its risk, its confidence or its instances")
	}
	risk, ok := zapRisks[*a.Risk]
	confidence, sure := zapConfidences[*a.Confidence]
	switch {
	case *a.Confidence == falsePositive:
		return nil
	case !ok || !sure:
		return errors.New("an alert has a risk or a confidence that ZAP does not have")
	}
	general := z.describe(a)
	general.Risk, general.Confidence = risk, confidence
	for _, i := range a.Instances {
		if z.instances++; z.instances > maxResults {
			z.left++
			continue
		}
		u, ok := z.inScope(i.URI)
		if !ok {
			z.outside++
			continue
		}
		z.pages[u.EscapedPath()] = true
		one := general
		one.URL, one.Method = u, zapMethod.FindString(i.Method)
		one.Param = zapParam(int(a.Plugin), i.Param)
		one.Evidence = z.evidence(int(a.Plugin), one.Param, i.Evidence)
		if levels.Apply(z.rules, &one) {
			z.groups.Add(one)
		}
	}
	return nil
}

var (
	zapMethod = regexp.MustCompile(`^[A-Z]{1,20}$`)
	zapRef    = regexp.MustCompile(`^[0-9]{1,9}(?:-[0-9]{1,4})?$`)
)

// describe is what holds for all instances of an alert. Rules that the embedded
// engine has as well are described in its words, so that both read alike.
func (z *zapReading) describe(a *zapAlert) alert.Alert {
	id := strconv.Itoa(int(a.Plugin))
	if a.Plugin < 0 { // made by hand or by a script
		id = "zap" + id
	}
	out := alert.Alert{Ref: id, Name: zapText(a.Name), Text: zapText(a.Description), Fix: zapText(a.Solution), References: links(strings.Split(zapText(a.Reference), "\n"))}
	if rest, ok := strings.CutPrefix(a.Ref, id+"-"); ok && rest != "" && zapRef.MatchString(a.Ref) {
		out.Ref = a.Ref
	}
	if out.CWE, out.WASC = int(a.CWE), int(a.WASC); out.CWE < 0 || out.WASC < 0 { // -1: none
		out.CWE, out.WASC = max(out.CWE, 0), max(out.WASC, 0)
	}
	if own := z.known[int(a.Plugin)]; own != nil {
		out.Text, out.Fix, out.References, out.CWE, out.WASC = own.Text, own.Fix, own.References, own.CWE, own.WASC
		if out.Ref == id || out.Name == "" {
			out.Name = own.Name
		}
	}
	out.Name = cmp.Or(line(out.Name, maxID), out.Ref)
	return out
}

var (
	zapFound  = regexp.MustCompile(`(?m)^Job spider found ([0-9][0-9,.]{0,12}) URLs`)
	zapStatus = regexp.MustCompile(`(?m)^.{0,100}\bJob spider error accessing URL .{1,1000} status code returned : ([1-5][0-9]{2})\b`)
)

// zapLog is how much of what ZAP prints is looked at, in bytes.
const zapLog = 4 << 20

// judge decides whether anything was seen. A report without alerts is one of a
// perfect application, or of none.
func (z *zapReading) judge(o Output) error {
	printed := o.Stdout[:min(len(o.Stdout), zapLog)]
	found := 0
	if m := zapFound.FindSubmatch(printed); m != nil && z.listed {
		found, _ = strconv.Atoi(strings.NewReplacer(",", "", ".", "").Replace(string(m[1])))
	}
	z.r.looked.URLs = cmp.Or(z.endpoints, found, len(z.pages))
	status := ""
	if m := zapStatus.FindSubmatch(printed); m != nil {
		status = string(m[1])
	}
	target := z.target.String()
	switch {
	case z.r.looked.URLs == 0:
		return fmt.Errorf("no page of %s was seen: is it reachable?", target)
	case len(z.codes) > 0 && !z.codes["2xx"], len(z.codes) == 0 && status >= "400":
		return fmt.Errorf("%s answered with errors or redirects only", target)
	case status != "":
		z.r.Note(finding.Warning, "", "the first page of "+target+" has status "+status)
	case o.Exit == zapWarned:
		z.r.Note(finding.Information, "", "ZAP's plan ended with warnings")
	}
	return nil
}

// finish hands over what was read.
func (z *zapReading) finish() {
	findings, rules := z.groups.Findings()
	byID := map[string]finding.Rule{}
	for _, r := range rules {
		byID[r.ID] = r
	}
	for _, f := range findings {
		z.r.Add(f, byID[f.RuleID])
	}
	if z.outside > 0 {
		z.r.Note(finding.Information, "", text.Count(z.outside, "alert")+" about other addresses than "+zapOrigin(z.target)+" left out")
	}
	if n := z.left + z.groups.Left; n > 0 {
		z.r.Note(finding.Gap, "", text.Count(n, "alert")+" left out: there are too many; name parts of the application as targets")
	}
}
