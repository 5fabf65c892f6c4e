package dast

import (
	"context"
	"net"
	"net/url"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/dast/alert"
	"github.com/scangate/scangate/scanners/dast/crawl"
	"github.com/scangate/scangate/scanners/dast/rule"
	"github.com/scangate/scangate/scanners/dast/tlsprobe"
)

// frontDoor looks at what no page shows: TLS as it is offered, and methods that
// should be refused.
func (j *judge) frontDoor(ctx context.Context, o crawl.Options) {
	u := o.Target
	secure := u.Scheme == "https"
	guard, err := crawl.NewGuard(ctx, u.Hostname(), o.Lookup)
	if err != nil {
		j.doorNote(err)
		return
	}
	port := u.Port()
	switch {
	case port != "":
	case secure:
		port = "443"
	default:
		port = "80"
	}
	door := tlsprobe.Door{Address: net.JoinHostPort(u.Hostname(), port), ServerName: u.Hostname(), Dial: guard.DialContext, Roots: o.RootCAs}
	if o.Rate == 0 {
		door.Pause = 1 // as fast as the crawl
	}
	if secure {
		result, err := tlsprobe.Probe(ctx, door)
		if err != nil {
			j.doorNote(err)
		} else {
			j.doorAlerts(result.Alerts(time.Now()))
		}
	}
	refused, err := tlsprobe.Methods(ctx, door, secure)
	if err != nil {
		j.doorNote(err)
	}
	j.doorAlerts(refused)
}

func (j *judge) doorNote(err error) {
	j.note(finding.Gap, "", 0, "the front door is not looked at: "+err.Error())
}

// doorAlerts collects what was seen at the front door.
func (j *judge) doorAlerts(all []tlsprobe.Alert) {
	checks := map[string]tlsprobe.Check{}
	for _, c := range tlsprobe.Checks() {
		checks[c.ID] = c
	}
	for _, a := range all {
		c := checks[a.ID]
		j.add(alert.Alert{
			Ref: a.ID, Name: a.Title, Risk: rule.Risk(a.Risk), Confidence: rule.HighConfidence,
			URL:    &url.URL{Scheme: j.scanner.target.Scheme, Host: j.scanner.target.Host, Path: "/"},
			Detail: a.Detail, Evidence: a.Evidence, Text: c.Text, Fix: c.Fix, References: c.References, CWE: c.CWE,
		})
	}
}
