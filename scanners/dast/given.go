package dast

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"path"
	"path/filepath"

	"github.com/scangate/scangate/scanners/dast/crawl"
	"github.com/scangate/scangate/scanners/dast/exchange"
	"github.com/scangate/scangate/scanners/dast/rule"
	"github.com/scangate/scangate/scanners/dast/rulesfile"
	"github.com/scangate/scangate/text"
)

// FileError is a mistake in a file that the section names. It names that file,
// where it must be corrected.
type FileError struct{ Err error }

// Error is the mistake, a line for each.
func (e *FileError) Error() string { return e.Err.Error() }

// Unwrap returns the mistake.
func (e *FileError) Unwrap() error { return e.Err }

// files reads the files that the section names.
func (o *Options) files(c *common, set Setting) error {
	read := func(key, name string) ([]byte, error) {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, fmt.Errorf("%s: %q is no file below the scanned directory", key, text.OneLine(name, 200))
		}
		data, err := set.ReadFile(path.Clean(filepath.ToSlash(name)))
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
		if c.file, err = rulesfile.Parse(bytes.NewReader(data), path.Clean(filepath.ToSlash(o.Rules)), ids(c.rules)); err != nil {
			return &FileError{err}
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

// secrets reads the values of headers and cookies, and checks whether they can
// be sent. A name that cannot is a mistake of the configuration.
func (o *Options) secrets(c *common, getenv func(string) string) error {
	var err error
	if c.crawl.Header, err = c.variables("headers", o.Headers, getenv); err != nil {
		return err
	}
	if c.crawl.Cookies, err = c.variables("cookies", o.Cookies, getenv); err != nil {
		return err
	}
	if err := crawl.CheckHeader(names(c.crawl.Header), names(c.crawl.Cookies)); err != nil {
		return err
	}
	if err := crawl.CheckHeader(c.crawl.Header, c.crawl.Cookies); err != nil && c.unset == nil {
		c.unset = err
	}
	return nil
}

// names are the fields without their values.
func names(fields []exchange.Field) []exchange.Field {
	out := make([]exchange.Field, len(fields))
	for i, f := range fields {
		out[i].Name = f.Name
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
