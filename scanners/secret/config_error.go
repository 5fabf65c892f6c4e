package secret

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// errorf is an error in a file of rules, at the line of the first of some
// strings that it holds.
func (l *ruleLoader) errorf(name string, about []string, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	for _, s := range about {
		if n := lineOf(l.data, s); n > 0 {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return fmt.Errorf("%s: %w", name, err)
}

// lineOf returns the line on which a string stands, as such or as TOML writes
// it between double quotes, or 0.
func lineOf(data, s string) int {
	first, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	if first == "" {
		return 0
	}
	for _, form := range []string{first, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(first)} {
		if i := strings.Index(data, form); i >= 0 {
			return 1 + strings.Count(data[:i], "\n")
		}
	}
	return 0
}

// mentioned are the names in an error of gitleaks' that it may be about: the
// rule in front of the first colon, and what stands between quotes.
func mentioned(err error) []string {
	var names []string
	if rule, _, ok := strings.Cut(err.Error(), ": "); ok {
		names = append(names, rule)
	}
	for _, m := range quoted.FindAllStringSubmatch(err.Error(), 4) {
		names = append(names, m[1])
	}
	return names
}

var (
	quoted = regexp.MustCompile(`'([^']+)'`)
	field  = regexp.MustCompile(`'([A-Za-z][\w.\[\]]*)'`)
)

// parseError says what is wrong with a file that is no TOML, or has values of
// other types than gitleaks wants. Neither quotes the file.
func (l *ruleLoader) parseError(name string, err error) error {
	var at interface{ Position() (row, column int) }
	if errors.As(err, &at) {
		row, column := at.Position()
		return fmt.Errorf("%s:%d:%d: not TOML", name, row, column)
	}
	if m := field.FindStringSubmatch(err.Error()); m != nil {
		key := strings.ToLower(m[1])
		return l.errorf(name, []string{key[strings.LastIndexByte(key, '.')+1:]}, "%s has a value of another type than gitleaks wants", key)
	}
	return fmt.Errorf("%s: not a configuration of gitleaks", name)
}
