package dast

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/scanners/dast/alert"
	"github.com/scangate/scangate/scanners/dast/crawl"
	"github.com/scangate/scangate/scanners/dast/exchange"
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
	Targets  []string                        // of the command line
	Offline  bool                            // only targets on this machine
	Dir      string                          // the scanned directory
	File     string                          // the configuration's path below Dir; empty: it is elsewhere
	Log      func() (name string, err error) // makes room for what the program under test prints
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
		u, err := parseTarget(address)
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
		if c.program, err = o.program(set, out[0].target); err != nil {
			return nil, err
		}
		for _, s := range out {
			s.common = c
		}
	}
	return out, nil
}

// parseTarget reads the address of an application.
func parseTarget(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.ContainsAny(address, " \t\r\n"):
		return nil, errors.New("an entry is no http:// or https:// address")
	case u.User != nil:
		return nil, fmt.Errorf("the address of %s holds a name or password: give it as a header from the environment", text.OneLine(u.Hostname(), 100))
	}
	u.Fragment, u.RawFragment = "", ""
	u.Host = strings.ToLower(u.Host)
	if port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; strings.HasSuffix(u.Host, port) {
		u.Host = strings.TrimSuffix(u.Host, port)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

// complete checks everything that can be wrong before anything is asked for.
func (o *Options) complete(set Setting) (common, error) {
	c := common{offline: set.Offline, rules: rule.All()}
	c.crawl = crawl.Options{Depth: o.Depth, Pages: o.Pages, Time: o.Time, Rate: crawl.DefaultRate}
	for what, n := range map[string]int{"depth": o.Depth, "pages": o.Pages} {
		if n < 0 {
			return c, fmt.Errorf("%s: want a number above 0, not %d", what, n)
		}
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
		return c, fmt.Errorf("robots: want obey or ignore, not %q%s", o.Robots, text.Suggest(o.Robots, []string{"obey", "ignore"}))
	}
	if len(o.Exclude) > maxPatterns {
		return c, fmt.Errorf("exclude: more than %d expressions", maxPatterns)
	}
	for _, e := range o.Exclude {
		re, err := regexp.Compile(e)
		if err != nil {
			return c, fmt.Errorf("exclude: %w", err)
		}
		c.crawl.OutOfScope = append(c.crawl.OutOfScope, re)
	}
	var err error
	if c.crawl.Header, err = c.variables("headers", o.Headers, set.Getenv); err != nil {
		return c, err
	}
	if c.crawl.Cookies, err = c.variables("cookies", o.Cookies, set.Getenv); err != nil {
		return c, err
	}
	if o.Source != "" {
		name := path.Clean(filepath.ToSlash(o.Source))
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return c, fmt.Errorf("source: %q is no file below the scanned directory", o.Source)
		}
		c.place = alert.Place{Path: name, Line: 1}
	}
	return c, o.files(&c, set)
}

// files reads the files that the section names.
func (o *Options) files(c *common, set Setting) error {
	read := func(key, name string) ([]byte, error) {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, fmt.Errorf("%s: %q is no file below the scanned directory", key, name)
		}
		data, err := set.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		return data, nil
	}
	if o.Rules != "" {
		data, err := read("rules", o.Rules)
		if err != nil {
			return err
		}
		if c.file, err = rulesfile.Parse(bytes.NewReader(data), o.Rules, ids(c.rules)); err != nil {
			return err
		}
	}
	if o.OpenAPI != "" {
		data, err := read("openapi", o.OpenAPI)
		if err != nil {
			return err
		}
		c.api, c.apiName = data, path.Clean(filepath.ToSlash(o.OpenAPI))
	}
	if o.CA != "" {
		pem, err := read("ca", o.CA)
		if err != nil {
			return err
		}
		var pool *x509.CertPool
		if pool, err = crawl.CAs(pem); err != nil {
			return fmt.Errorf("ca: %s %w", o.CA, err)
		}
		c.crawl.RootCAs = pool
	}
	return nil
}

// ids are those of the rules that ZAP has, too.
func ids(rules []*rule.Rule) []int {
	var out []int
	for _, r := range rules {
		if r.ID > 0 {
			out = append(out, r.ID)
		}
	}
	return out
}

// variables reads the values of headers or cookies. One that is not set fails
// the scan, which would see the application as a stranger does; it is no
// mistake of the configuration, as other scanners may run without it.
func (c *common) variables(key string, list []Variable, getenv func(string) string) ([]exchange.Field, error) {
	if len(list) > maxVariable {
		return nil, fmt.Errorf("%s: more than %d", key, maxVariable)
	}
	var out []exchange.Field
	for _, v := range list {
		if v.Name == "" || v.From == "" {
			return nil, fmt.Errorf("%s: want {name: NAME, from: VARIABLE}: values stand in the environment, not in the file", key)
		}
		value := getenv(v.From)
		if value == "" && c.unset == nil {
			c.unset = fmt.Errorf("%s: %s: the environment variable %s is not set", key, text.OneLine(v.Name, 60), text.OneLine(v.From, 60))
		}
		out = append(out, exchange.Field{Name: v.Name, Value: value})
	}
	return out, nil
}

// onThisMachine reports a host that no network is needed for.
func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost")
}
