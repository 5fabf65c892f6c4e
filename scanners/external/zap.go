package external

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/dast/crawl"
	"github.com/scangate/scangate/scanners/dast/rule"
	"github.com/scangate/scangate/scanners/dast/rulesfile"
	"github.com/scangate/scangate/text"
)

// ZAPOptions is the section zap of the configuration.
type ZAPOptions struct {
	Targets []string `yaml:"targets"` // addresses, http:// or https://
	Rules   string   `yaml:"rules"`   // a rules file of ZAP's in the tree; empty: none
	Minutes int      `yaml:"minutes"` // how long to crawl; 0: 1
	// Image is ZAP's image by its digest, which is run where zap.sh is not
	// installed and a container engine is; empty: none is run.
	Image string `yaml:"image"`

	Offline bool `yaml:"-"` // no image is pulled
}

func aboutZAP() About {
	return About{
		Name: "zap", Adds: "OWASP ZAP's own crawler and its passive rules, those of its add-ons included, on running applications",
		Sends:   "requests of a crawl, to `targets`; nothing to its maker: it runs with `-silent`. With `image`: the container engine pulls that, from its registry",
		Licence: "Apache-2.0", Install: "docker pull ghcr.io/zaproxy/zaproxy:stable",
		Example: "zap: {targets: [\"http://localhost:8080\"], rules: .zap/rules.tsv, minutes: 1}",
	}
}

const (
	maxZAPMinutes = 24 * 60
	maxZAPRules   = 1 << 20 // bytes of a rules file
)

// zapImage is an image by its digest, with or without a tag.
var zapImage = regexp.MustCompile(`^[a-z0-9][A-Za-z0-9._:/-]{0,250}@sha256:[0-9a-f]{64}$`)

// zapScan is one target, and how it is scanned.
type zapScan struct {
	target  *url.URL // in its normal form
	rules   string
	minutes int
	image   string
	offline bool
	known   map[int]*rule.Rule // those of the embedded engine
}

// ZAP crawls running applications with OWASP ZAP and looks at the answers; it
// submits no forms and attacks nothing. There is a tool for each target, so
// that each has a run of its own.
func ZAP(o ZAPOptions) ([]Tool, error) {
	rules := ""
	if o.Rules != "" {
		if !filepath.IsLocal(filepath.FromSlash(o.Rules)) {
			return nil, fmt.Errorf("zap: rules: %q is no path of the scanned directory", text.OneLine(o.Rules, maxID))
		}
		rules = path.Clean(filepath.ToSlash(o.Rules))
	}
	switch {
	case o.Minutes < 0 || o.Minutes > maxZAPMinutes:
		return nil, fmt.Errorf("zap: minutes: want 1 to %d, not %d", maxZAPMinutes, o.Minutes)
	case o.Image != "" && !zapImage.MatchString(o.Image):
		return nil, errors.New("zap: image: name it by its digest, ghcr.io/zaproxy/zaproxy@sha256:…, for a tag may become another image: `docker buildx imagetools inspect ghcr.io/zaproxy/zaproxy:stable` tells it")
	}
	known := map[int]*rule.Rule{}
	for _, r := range rule.All() {
		if r.ID != 0 {
			known[r.ID] = r
		}
	}
	var scans []zapScan
	for _, t := range o.Targets {
		u, err := zapTarget(t)
		if err != nil {
			return nil, fmt.Errorf("zap: targets: %w", err)
		}
		if !slices.ContainsFunc(scans, func(s zapScan) bool { return s.target.String() == u.String() }) {
			scans = append(scans, zapScan{target: u, rules: rules, minutes: max(o.Minutes, 1), image: o.Image, offline: o.Offline, known: known})
		}
	}
	if len(scans) == 0 {
		return []Tool{{
			Name: "zap", Programs: []string{"zap.sh"},
			Units: func(*scanners.Tree) (Units, error) { return Units{None: "no targets are configured"}, nil },
		}}, nil
	}
	tools := make([]Tool, len(scans))
	for i, s := range scans {
		tools[i] = s.tool()
	}
	return tools, nil
}

// zapHost is what stands in the plan and in its expressions.
var zapHost = regexp.MustCompile(`^(?:[a-z0-9_](?:[a-z0-9._-]{0,252}[a-z0-9_.])?|\[[0-9a-f:.]+\])$`)

// zapTarget reads an address and returns its normal form, that of the embedded
// engine: what both find is the same only at the same target.
func zapTarget(s string) (*url.URL, error) {
	u, err := crawl.ParseTarget(s)
	if err != nil {
		return nil, err
	}
	if !zapHost.MatchString(strings.TrimSuffix(u.Host, ":"+u.Port())) {
		return nil, errors.New("an entry is no http:// or https:// address of a host, such as http://localhost:8080")
	}
	return u, nil
}

// zapOrigin is the scope: scheme, host and port.
func zapOrigin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// local tells a target on this machine: what is asked of it never leaves for
// the network that --offline speaks of.
func (s zapScan) local() bool {
	host := s.target.Hostname()
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") // RFC 6761, section 6.3
}

// tool is ZAP itself, and then ZAP in a container.
func (s zapScan) tool() Tool {
	t := Tool{
		// Asked for its version, it starts as slowly as for a scan; its report
		// says it. The crawler of older versions knows no log-out links.
		Name: "zap", Programs: []string{"zap.sh"}, Version: Version{Oldest: "2.16"},
		Network: true, Local: s.local(), Target: s.target.String(),
		Exits: []int{zapWarned},
		Units: s.units,
		Call:  s.call,
		Read:  s.read,
	}
	if s.image != "" {
		// No others: they would run in the sandbox and cannot start containers there.
		podman := t
		podman.Programs, podman.Call = []string{"podman"}, func(_ Unit, p Place) Call { return s.container(p, "--remote") }
		docker := t
		docker.Programs, docker.Call = []string{"docker"}, func(_ Unit, p Place) Call { return s.container(p) }
		docker.Else, t.Else = &podman, &docker
	}
	return t
}

func (s zapScan) units(t *scanners.Tree) (Units, error) {
	if _, err := s.rulesFile(t); err != nil {
		return Units{}, err
	}
	return Units{List: []Unit{{Dir: ".", Name: s.target.String()}}, What: "a crawl of " + s.target.String()}, nil
}

// rulesFile reads the rules file, if one is configured.
func (s zapScan) rulesFile(t *scanners.Tree) (*rulesfile.File, error) {
	if s.rules == "" {
		return nil, nil
	}
	data, err := t.Read(s.rules, maxZAPRules)
	if err != nil {
		return nil, fmt.Errorf("rules: cannot read %s: %w", text.OneLine(s.rules, maxID), err)
	}
	var ids []int
	for id := range s.known {
		ids = append(ids, id)
	}
	f, err := rulesfile.Parse(strings.NewReader(string(data)), s.rules, ids)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	return f, nil
}
