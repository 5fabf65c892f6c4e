package dast

import (
	"errors"
	"fmt"
	"net"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/scanners/dast/alert"
	"github.com/scangate/scangate/scanners/dast/crawl"
	"github.com/scangate/scangate/scanners/dast/rule"
	"github.com/scangate/scangate/scanners/dast/rulesfile"
	"github.com/scangate/scangate/text"
)

// Options is the section dast of the configuration.
type Options struct {
	Targets []config.Section `yaml:"targets"` // addresses, http:// or https://
	OpenAPI string           `yaml:"openapi"` // a description of the API, below the scanned directory
	Rules   string           `yaml:"rules"`   // ZAP's rules file, below the scanned directory

	Start   []string      `yaml:"start"`    // the program under test and its arguments
	WaitFor string        `yaml:"wait-for"` // the address that answers when it is up; empty: the first target
	Within  time.Duration `yaml:"within"`   // how long it may take until then

	Headers []Variable `yaml:"headers"` // sent to the target alone
	Cookies []Variable `yaml:"cookies"`

	Depth   int           `yaml:"depth"`
	Pages   int           `yaml:"pages"`
	Rate    string        `yaml:"rate"` // requests per second, or "unlimited"
	Time    time.Duration `yaml:"time"`
	Robots  string        `yaml:"robots"`  // "obey" or "ignore"
	Exclude []string      `yaml:"exclude"` // regular expressions, matched from the start of an address
	CA      string        `yaml:"ca"`      // certificates in PEM to trust, below the scanned directory
	Source  string        `yaml:"source"`  // the file of the repository that findings are reported in
}

// Variable is a header or cookie whose value is in the environment.
type Variable struct {
	Name string `yaml:"name"`
	From string `yaml:"from"` // the variable
}

// Setting is what a scan has besides its configuration.
type Setting struct {
	Targets []string // of the command line
	Offline bool     // only targets on this machine
	Dir     string   // the scanned directory
	File    string   // the configuration's path below Dir; empty: it is elsewhere
	// Log makes room for what the program under test prints, once for each time
	// that it is started: n is how often it was before.
	Log      func(n int) (name string, err error)
	ReadFile func(name string) ([]byte, error)
	Getenv   func(name string) string
}

const (
	maxTargets  = 100
	maxPatterns = 100
	maxVariable = 50
)

// common is what the scanners of all targets share.
type common struct {
	crawl   crawl.Options // without a target
	rules   []*rule.Rule
	file    *rulesfile.File
	program *Program
	api     []byte
	apiName string
	place   alert.Place // Source, if it is given
	offline bool
	unset   error // a variable is not set
}

// New returns a scanner for each target, or one that has none and says so.
func New(o Options, set Setting) ([]*Scanner, error) {
	c, err := o.complete(set)
	if err != nil {
		return nil, err
	}
	var out []*Scanner
	add := func(address string, place alert.Place) error {
		u, err := crawl.ParseTarget(address)
		if err != nil {
			return err
		}
		for _, other := range out {
			if other.target.String() == u.String() {
				return nil
			}
		}
		if c.place.Path != "" {
			place = c.place
		}
		out = append(out, &Scanner{common: c, target: u, place: place})
		return nil
	}
	for _, t := range set.Targets {
		if err := add(t, alert.Place{}); err != nil {
			return nil, fmt.Errorf("--target: %w", err)
		}
	}
	for _, t := range o.Targets {
		address, err := t.Text()
		if err != nil {
			return nil, err
		}
		place := alert.Place{}
		if set.File != "" {
			place = alert.Place{Path: set.File, Line: t.Line()}
		}
		if err := add(address, place); err != nil {
			return nil, t.Errorf("targets: %v", err)
		}
	}
	if len(out) > maxTargets {
		return nil, fmt.Errorf("more than %d targets", maxTargets)
	}
	if len(out) == 0 {
		return []*Scanner{{common: c}}, nil
	}
	if len(o.Start) > 0 {
		if c.program, err = o.program(set, out[0].target, crawl.Redact(c.crawl.Header, c.crawl.Cookies)); err != nil {
			return nil, err
		}
		for _, s := range out {
			s.common = c
		}
	}
	return out, nil
}

// complete checks everything that can be wrong before anything is asked for.
func (o *Options) complete(set Setting) (common, error) {
	c := common{offline: set.Offline, rules: rule.All()}
	c.crawl = crawl.Options{Depth: o.Depth, Pages: o.Pages, Time: o.Time, Rate: crawl.DefaultRate}
	switch {
	case o.Depth < 0:
		return c, fmt.Errorf("depth: want a number above 0, not %d", o.Depth)
	case o.Pages < 0:
		return c, fmt.Errorf("pages: want a number above 0, not %d", o.Pages)
	case len(o.Start) == 0 && (o.WaitFor != "" || o.Within != 0):
		return c, errors.New("wait-for and within are for a program that start: starts, and there is none")
	}
	switch rate, err := strconv.ParseFloat(o.Rate, 64); {
	case o.Rate == "":
	case o.Rate == "unlimited":
		c.crawl.Rate = 0
	case err != nil || rate < 0.01 || rate > 1e6:
		return c, fmt.Errorf("rate: want requests per second, such as 10, or unlimited, not %q", text.OneLine(o.Rate, 40))
	default:
		c.crawl.Rate = rate
	}
	switch o.Robots {
	case "", "obey":
	case "ignore":
		c.crawl.IgnoreRobots = true
	default:
		return c, fmt.Errorf("robots: want obey or ignore, not %q%s", text.OneLine(o.Robots, 40), text.Suggest(o.Robots, []string{"obey", "ignore"}))
	}
	if len(o.Exclude) > maxPatterns {
		return c, fmt.Errorf("exclude: more than %d expressions", maxPatterns)
	}
	for _, e := range o.Exclude {
		re, err := regexp.Compile(e)
		if err != nil {
			return c, fmt.Errorf("exclude: %s", text.OneLine(err.Error(), 200))
		}
		c.crawl.OutOfScope = append(c.crawl.OutOfScope, re)
	}
	if err := o.secrets(&c, set.Getenv); err != nil {
		return c, err
	}
	if o.Source != "" {
		name := path.Clean(filepath.ToSlash(o.Source))
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return c, fmt.Errorf("source: %q is no file below the scanned directory", text.OneLine(o.Source, 200))
		}
		c.place = alert.Place{Path: name, Line: 1}
	}
	return c, o.files(&c, set)
}

// onThisMachine reports a host that no network is needed for.
func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost")
}
