package secret

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// configName is the file in which a repository keeps rules of its own.
const configName = ".gitleaks.toml"

// The bounds of such a file. Its author may be whoever opened the pull request.
const (
	maxConfig       = 1 << 20 // bytes
	maxExtends      = 2       // files behind the first, as gitleaks has it
	maxRules        = 2_000
	maxPatterns     = 10_000
	maxPattern      = 32 << 10 // bytes of one expression
	maxProgram      = 50_000   // instructions of one expression
	maxAllPrograms  = 500_000  // and of all
	maxRuleName     = 200      // bytes
	maxRuleKeywords = 1_000
)

// readFile reads a file of the repository, by its path below the scanned
// directory. What is not there is fs.ErrNotExist. Whoever judges a pull request
// reads the files of the commit that it is made against.
type readFile func(path string, limit int64) ([]byte, error)

// ownRules are the rules of a repository.
type ownRules struct {
	name   string // the file
	sum    string // of the file and all that it extends
	config config.Config
	notes  []finding.Note
}

// loadRules reads the rules of a repository, or returns nil if there are none.
// A named file has to be there. An error names the file, and the line if that
// can be told.
func loadRules(read readFile, name string) (*ownRules, error) {
	sum := sha256.New()
	l := &ruleLoader{read: func(name string, limit int64) ([]byte, error) {
		data, err := read(name, limit)
		fmt.Fprintf(sum, "%q %d\n", name, len(data))
		sum.Write(data)
		return data, err
	}}
	named := name != ""
	if !named {
		name = configName
	}
	raw, err := l.load(name, 0)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	own := &ownRules{name: name}
	if len(raw.Rules) == 0 {
		own.notes = append(own.notes, finding.Note{Level: finding.Warning, Path: name, Message: "it has no rules, and extends none: gitleaks' default rules are used; say so with useDefault = true below [extend]"})
		base, err := defaultRules()
		if err != nil {
			return nil, err
		}
		raw.Extend.DisabledRules = nil
		extend(&raw, base)
	}
	raw.Extend = config.Extend{} // it is done, without gitleaks' global state
	if own.config, err = translate(raw); err != nil {
		return nil, fmt.Errorf("secret: %w", l.errorf(name, mentioned(err), "%s", text.OneLine(err.Error(), 200)))
	}
	own.sum = hex.EncodeToString(sum.Sum(nil))
	return own, nil
}

// translate turns raw rules into those that gitleaks works with. Gitleaks
// panics on an expression that does not compile; each of them did, but it also
// puts several together.
func translate(raw config.ViperConfig) (cfg config.Config, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("its expressions cannot be put together")
		}
	}()
	if cfg, err = raw.Translate(); err == nil {
		cfg.Path = "" // a file of this path would be passed over
	}
	return cfg, err
}

// parseRules reads rules through a viper of our own: the global one is shared
// with whatever else is linked in, and is not safe to load from two goroutines.
func parseRules(data string) (raw config.ViperConfig, err error) {
	v := viper.New()
	v.SetConfigType("toml")
	if err = v.ReadConfig(strings.NewReader(data)); err == nil {
		err = v.Unmarshal(&raw)
	}
	return raw, err
}

func defaultRules() (config.ViperConfig, error) {
	raw, err := parseRules(config.DefaultConfig)
	if err != nil {
		return raw, fmt.Errorf("gitleaks' default rules: %w", err)
	}
	return raw, nil
}

// ruleLoader reads a file of rules and those that it extends.
type ruleLoader struct {
	read     readFile
	data     string // of the file being read
	patterns int
	programs int
}

func (l *ruleLoader) load(name string, depth int) (raw config.ViperConfig, err error) {
	data, err := l.read(name, maxConfig)
	if err != nil {
		return raw, fmt.Errorf("%s: %w", name, fileio.Cause(err))
	}
	l.data = string(data)
	if raw, err = parseRules(l.data); err != nil {
		return raw, l.parseError(name, err)
	}
	if err := l.check(name, &raw); err != nil {
		return raw, err
	}
	var base config.ViperConfig
	switch x := raw.Extend; {
	case x.URL != "":
		return raw, l.errorf(name, []string{x.URL}, "extend.url: rules are not fetched: keep the file in the repository and name it with extend.path")
	case x.Path != "" && x.UseDefault:
		return raw, l.errorf(name, []string{x.Path}, "extend.path and extend.useDefault exclude each other")
	case x.UseDefault:
		if base, err = defaultRules(); err != nil {
			return raw, err
		}
	case x.Path == "":
		return raw, nil
	case !filepath.IsLocal(filepath.FromSlash(x.Path)):
		return raw, l.errorf(name, []string{x.Path}, "extend.path leads out of the scanned directory")
	case depth == maxExtends:
		return raw, l.errorf(name, []string{x.Path}, "extend.path: no more than %d files are followed", maxExtends)
	default:
		data := l.data
		base, err = l.load(x.Path, depth+1)
		l.data = data
		if errors.Is(err, fs.ErrNotExist) {
			return raw, l.errorf(name, []string{x.Path}, "extend.path: there is no such file below the scanned directory")
		}
		if err != nil {
			return raw, err
		}
	}
	extend(&raw, base)
	if len(raw.Rules) > maxRules {
		return raw, fmt.Errorf("%s: more than %d rules", name, maxRules)
	}
	return raw, nil
}

// check bounds what a file holds, and compiles all of its expressions.
func (l *ruleLoader) check(name string, raw *config.ViperConfig) error {
	//lint:ignore SA1019 files of the old form are still read
	if raw.AllowList != nil {
		if len(raw.Allowlists) > 0 {
			return l.errorf(name, []string{"[allowlist]"}, "[allowlist] and [[allowlists]] exclude each other")
		}
		//lint:ignore SA1019 files of the old form are still read
		raw.Allowlists, raw.AllowList = append(raw.Allowlists, raw.AllowList), nil
	}
	if len(raw.Rules) > maxRules {
		return fmt.Errorf("%s: more than %d rules", name, maxRules)
	}
	var all []string
	for i := range raw.Rules {
		r := &raw.Rules[i]
		if len(r.ID) > maxRuleName || strings.ContainsFunc(r.ID, unicode.IsControl) {
			return l.errorf(name, []string{r.ID}, "rule %d: its id is over %d bytes or holds control characters", i+1, maxRuleName)
		}
		if len(r.Keywords) > maxRuleKeywords {
			return l.errorf(name, []string{r.ID}, "rule %s: more than %d keywords", r.ID, maxRuleKeywords)
		}
		if r.SecretGroup < 0 {
			return l.errorf(name, []string{r.ID}, "rule %s: secretGroup is negative", r.ID)
		}
		if r.AllowList != nil {
			if len(r.Allowlists) > 0 {
				return l.errorf(name, []string{r.ID}, "rule %s: allowlist and allowlists exclude each other", r.ID)
			}
			r.Allowlists, r.AllowList = append(r.Allowlists, r.AllowList), nil
		}
		all = append(all, r.Regex, r.Path)
		for _, a := range r.Allowlists {
			all = slices.Concat(all, a.Regexes, a.Paths)
		}
	}
	for _, a := range raw.Allowlists {
		all = slices.Concat(all, a.Regexes, a.Paths)
	}
	for _, pattern := range all {
		if err := l.compile(pattern); err != nil {
			return l.errorf(name, []string{pattern}, "%w", err)
		}
	}
	return nil
}

// compile says what is wrong with an expression. The cost of one is told from
// its tree, before anything of that size is made.
func (l *ruleLoader) compile(pattern string) error {
	if pattern == "" {
		return nil
	}
	if len(pattern) > maxPattern {
		return fmt.Errorf("an expression is over %d KiB", maxPattern>>10)
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		var bad *syntax.Error
		if errors.As(err, &bad) {
			return fmt.Errorf("an expression is not one that Go knows: %s", bad.Code)
		}
		return errors.New("an expression is not one that Go knows")
	}
	size := programSize(re)
	l.patterns++
	l.programs += size
	switch {
	case size > maxProgram:
		return errors.New("an expression is too large once its repetitions are written out")
	case l.programs > maxAllPrograms || l.patterns > maxPatterns:
		return fmt.Errorf("the expressions are too many or too large from here on (%d is the limit)", maxPatterns)
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return errors.New("an expression does not compile")
	}
	return nil
}

// programSize is about how many instructions an expression compiles to.
func programSize(re *syntax.Regexp) int {
	n := 1
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	for _, sub := range re.Sub {
		n = min(n+programSize(sub), maxProgram+1)
	}
	if re.Op == syntax.OpRepeat {
		n = min(n*max(re.Min, re.Max, 1), maxProgram+1)
	}
	return n
}
