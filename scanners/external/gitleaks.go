package external

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/secret"
	"github.com/scangate/scangate/text"
)

// GitleaksOptions is the section gitleaks of the configuration.
type GitleaksOptions struct{}

func aboutGitleaks() About {
	return About{
		Name: "gitleaks", Adds: "a second opinion on secrets, of the version of Gitleaks that a team has settled on", Sends: "nothing",
		Licence: "MIT", Install: "go install github.com/zricethezav/gitleaks/v8@v8.30.1", Example: "gitleaks: {}",
	}
}

const (
	inHistory = "history"
	inTree    = "working tree"

	// What a finding says of where it is.
	inTreeOnly = ": in the working tree."
	inTreeToo  = ": in the working tree, and in the history."

	// gitleaksFound is the status that Gitleaks is asked to end with when it
	// has found something; 1 is what it ends with when it failed.
	gitleaksFound = 10
	// maxPlaces bounds the further places that a secret is reported with.
	maxPlaces = 20
)

// Gitleaks looks for secrets in the history and in the working tree.
func Gitleaks(GitleaksOptions) (Tool, error) {
	return Tool{
		Name: "gitleaks", Programs: []string{"gitleaks", "git"}, Version: Version{Args: []string{"version"}, Oldest: "8.19"}, Exits: []int{gitleaksFound},
		Units: gitleaksUnits, Call: gitleaksCall, Read: readGitleaks, Join: joinSecrets,
	}, nil
}

func gitleaksUnits(t *scanners.Tree) (Units, error) {
	u := Units{None: "no files"}
	if len(t.Files()) > 0 {
		u.List = append(u.List, Unit{Dir: ".", Name: inTree, Mode: inTree})
		u.What = text.Count(len(t.Files()), "file")
	}
	if _, err := fs.Stat(t.FS(), ".git"); err == nil {
		u.List = append(u.List, Unit{Dir: ".", Name: inHistory, Mode: inHistory})
		u.What = strings.TrimPrefix(u.What+" and the git history", " and ")
	}
	return u, nil
}

// gitleaksCall has the report printed, so that no file with secrets is ever
// written. They are not redacted by Gitleaks: their hash is what identifies
// them, here and in the findings of our own scanner.
func gitleaksCall(u Unit, p Place) Call {
	command := "dir"
	if u.Mode == inHistory {
		command = "git"
	}
	return Call{
		Args: []string{command, ".", "--report-format=json", "--report-path=-", "--no-banner", "--no-color", "--log-level=info", "--exit-code=" + strconv.Itoa(gitleaksFound)},
		Env:  gitEnv(p.Tree),
	}
}

// gitEnv keeps git from running programs that a repository's configuration
// names, from fetching, and from looking for a repository further up.
func gitEnv(tree string) []string {
	env := []string{
		"GIT_CEILING_DIRECTORIES=" + filepath.Dir(tree), "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_SYSTEM=" + os.DevNull,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_ATTR_NOSYSTEM=1", "GIT_NO_REPLACE_OBJECTS=1", "GIT_GRAFT_FILE=" + os.DevNull,
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0",
	}
	settings := [][2]string{
		{"safe.directory", filepath.ToSlash(tree)}, {"core.fsmonitor", "false"}, {"core.hooksPath", os.DevNull},
		{"core.attributesFile", os.DevNull}, {"advice.graftFileDeprecated", "false"}, {"diff.external", ""}, {"diff.noprefix", "false"}, {"diff.mnemonicPrefix", "false"},
		{"color.ui", "false"}, {"log.showRoot", "true"}, {"log.showSignature", "false"}, {"protocol.allow", "never"},
	}
	env = append(env, "GIT_CONFIG_COUNT="+strconv.Itoa(len(settings)))
	for i, s := range settings {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, s[0]), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, s[1]))
	}
	return env
}

// gitleaksLeak is an element of Gitleaks' report. Its other members quote the
// line, the author and the commit's message.
type gitleaksLeak struct {
	RuleID      string
	Description string
	StartLine   int
	EndLine     int
	Secret      string
	File        string
	Commit      string
	Date        string
}

var (
	bytesScanned   = regexp.MustCompile(`(?m) INF scanned ~(\d{1,18}) bytes`)
	commitsScanned = regexp.MustCompile(`(?m) INF (\d{1,9}) commits scanned`)
	leaksFound     = regexp.MustCompile(`(?m) (?:WRN leaks found: (\d{1,9})|INF no leaks found)`)
	logError       = regexp.MustCompile(`(?m) (?:ERR|FTL) |partial scan`)
	commitForm     = regexp.MustCompile(`^[0-9a-f]{40,64}$`)
	dateForm       = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)
)

func readGitleaks(o Output, r *Reading) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	rules, err := secret.NewFinder()
	if err != nil {
		return err
	}
	count := 0
	err = d.elements(func() error {
		count++
		var l gitleaksLeak
		if err := d.value(&l); err != nil {
			return err
		}
		if l.RuleID == "" || l.File == "" {
			return errors.New("a result without rule or file")
		}
		r.Add(l.finding(o.Unit, rules, r))
		return nil
	})
	if err = d.end(err); err != nil {
		return err
	}
	// Its log is the evidence that it looked at anything. When git complains, it
	// may report nothing, say that it found something, and end with 0.
	scanned, found := bytesScanned.FindSubmatch(o.Stderr), leaksFound.FindSubmatch(o.Stderr)
	switch {
	case logError.Match(o.Stderr):
		return errors.New("its log tells of an error")
	case scanned == nil || found == nil:
		return errors.New("it does not say how much it scanned and found")
	case int(number(found[1])) != count:
		return fmt.Errorf("its log and its report disagree: %d found, %d reported", number(found[1]), count)
	}
	r.looked.Bytes += number(scanned[1])
	if o.Unit.Mode == inTree {
		r.looked.Files += len(r.tree.Files())
		return nil
	}
	if m := commitsScanned.FindSubmatch(o.Stderr); m != nil {
		r.looked.Commits += int(number(m[1]))
	}
	if _, err := fs.Stat(r.tree.FS(), ".git/shallow"); err == nil {
		r.Note(finding.Gap, "", "shallow clone: what is further back was not scanned; check out with fetch-depth: 0, or run git fetch --unshallow")
	}
	return nil
}

func number(digits []byte) int64 {
	n, _ := strconv.ParseInt(string(bytes.TrimSpace(digits)), 10, 64)
	return n
}

// finding describes a leak without the secret, in the form of our own scanner:
// the hash of rule and secret is its identity, wherever it is.
func (l *gitleaksLeak) finding(u Unit, rules *secret.Finder, r *Reading) (finding.Finding, finding.Rule) {
	rule := rules.Rule(l.RuleID)
	if rule.Description == "." { // a rule of the repository's own
		rule.Title, rule.Description = "Found a secret of the kind "+l.RuleID, line(l.Description, maxWords)
	}
	f := finding.Finding{
		RuleID: l.RuleID, Severity: rule.Severity, SeveritySource: "scangate",
		Key: secret.Key(l.RuleID, l.Secret), KeyOnly: l.Secret != "",
		Location: finding.Location{Path: r.Path(l.File), StartLine: l.StartLine, EndLine: l.EndLine},
	}
	where := inTreeOnly
	if u.Mode == inHistory {
		where = ": in the history."
		if commitForm.MatchString(l.Commit) {
			f.Location.Commit, f.Location.Date = l.Commit[:12], dateForm.FindString(l.Date)
			where = ": in the history, added in commit " + f.Location.Commit + "."
		}
	}
	f.Message = line(rule.Title, maxID) + where + " Rotate it."
	f.Fix = "Revoke or rotate it at its provider first, then remove it from the file: it stays readable in the history."
	return f, rule
}

// joinSecrets makes one finding of all places of a secret. It stands in the
// working tree if it is there, else where it is oldest.
func joinSecrets(all []finding.Finding) []finding.Finding {
	slices.SortStableFunc(all, func(a, b finding.Finding) int {
		history := func(f finding.Finding) int { return min(len(f.Location.Commit), 1) }
		return cmp.Or(
			cmp.Compare(history(a), history(b)), strings.Compare(a.Location.Date, b.Location.Date),
			strings.Compare(a.Location.Path, b.Location.Path), cmp.Compare(a.Location.StartLine, b.Location.StartLine),
			strings.Compare(a.RuleID, b.RuleID), strings.Compare(a.Key, b.Key))
	})
	type identity struct{ rule, key, path string }
	at := map[identity]int{}
	var out []finding.Finding
	for _, f := range all {
		id := identity{f.RuleID, f.Key, f.Location.Path}
		if f.KeyOnly {
			id.path = ""
		}
		i, ok := at[id]
		if !ok {
			at[id] = len(out)
			out = append(out, f)
			continue
		}
		first := &out[i]
		if first.Location.Commit == "" && f.Location.Commit != "" {
			first.Message = strings.Replace(first.Message, inTreeOnly, inTreeToo, 1)
		}
		if len(first.Related) < maxPlaces {
			l := f.Location
			l.Message = "also in the working tree"
			if l.Commit != "" {
				l.Message = "added in commit " + l.Commit
			}
			first.Related = append(first.Related, l)
		}
	}
	return out
}
