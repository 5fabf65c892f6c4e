package secret

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"unicode/utf16"

	"github.com/rs/zerolog"
	"github.com/zricethezav/gitleaks/v8/cmd/scm"
	"github.com/zricethezav/gitleaks/v8/config"
	gitleaks "github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/logging"
	"github.com/zricethezav/gitleaks/v8/report"
	"github.com/zricethezav/gitleaks/v8/sources"

	"github.com/scangate/scangate/text"
)

// EngineVersion is the version of gitleaks, and of its rules, in go.mod; a test
// holds the two together.
const EngineVersion = "v8.30.1"

// allowMark on a line asks gitleaks to pass over what is found there.
const allowMark = "gitleaks:allow"

// maxDecodeDepth is how many layers of base64, hex and the like are opened. It
// is the default of gitleaks' command line; its library would open none.
const maxDecodeDepth = 5

// hit is one match in one fragment. It holds no secret.
type hit struct {
	rule    string
	key     string // hash of rule and secret
	line    int    // 0: the file as such
	col     int    // in UTF-16 units; 0: unknown
	endLine int
	endCol  int
	allowed bool // marked with allowMark

	start    int    // the first line of the match, which is gitleaks' line
	hiddenBy string // the file whose rules pass over it
	reason   string // and why
	doubt    string // why it is probably no secret
}

// engine finds secrets in a text. Its methods may be called concurrently.
type engine interface {
	detect(ctx context.Context, f fragment) ([]hit, error)
	skips(path string) bool  // the engine passes over every file of that path
	byPath(path string) bool // the path alone can be a hit
	title(rule string) (title, description string)
}

// gitleaksEngine is gitleaks with its default rules.
type gitleaksEngine struct {
	detector *gitleaks.Detector
	config   config.Config
	paths    []config.Rule // rules on the path alone
	filter   *prefilter    // nil: everything goes to the detector
	some     detectors
	vault    *vault // nil: no secret is held
}

// quiet guards the one place where gitleaks can only be set up globally.
var quiet sync.Once

// newGitleaks compiles the default rules.
func newGitleaks(prefiltered bool) (*gitleaksEngine, error) {
	// gitleaks logs to standard error, and at trace level logs the secrets.
	// Its logger is a package variable, so it is set before the first use and
	// never again.
	quiet.Do(func() { logging.Logger = zerolog.Nop() })
	raw, err := defaultRules()
	if err != nil {
		return nil, err
	}
	cfg, err := translate(raw)
	if err != nil {
		return nil, fmt.Errorf("gitleaks' default rules: %w", err)
	}
	if len(cfg.Rules) == 0 {
		return nil, errors.New("gitleaks' default rules are empty")
	}
	e := &gitleaksEngine{detector: newDetector(cfg), config: cfg, paths: pathRules(cfg)}
	if prefiltered {
		if e.filter, err = newPrefilter(cfg); err != nil {
			return nil, fmt.Errorf("gitleaks' default rules: %w", err)
		}
	}
	return e, nil
}

func (e *gitleaksEngine) skips(path string) bool {
	for _, a := range e.config.Allowlists {
		if a.MatchCondition == config.AllowlistMatchOr && a.PathAllowed(path) {
			return true
		}
	}
	return false
}

func (e *gitleaksEngine) byPath(path string) bool {
	for _, r := range e.paths {
		if r.Path.MatchString(path) {
			return true
		}
	}
	return false
}

func (e *gitleaksEngine) title(rule string) (title, description string) {
	return titleOf(e.config.Rules[rule])
}

// titleOf makes a title of a rule's description.
func titleOf(r config.Rule) (title, description string) {
	d := strings.TrimSuffix(text.OneLine(strings.TrimSpace(r.Description), 500), ".")
	title, _, _ = strings.Cut(d, ", ")
	switch verb, _, _ := strings.Cut(title, " "); verb {
	case "Detected", "Discovered", "Found", "Identified", "Uncovered":
	default: // some only praise the product
		title = "Found a secret of the kind " + r.RuleID
	}
	return title, d + "."
}

// detect looks for secrets in a fragment.
func (e *gitleaksEngine) detect(ctx context.Context, f fragment) ([]hit, error) {
	found, err := e.find(ctx, f)
	if err != nil {
		return nil, err
	}
	var hits []hit
	for _, r := range found {
		h := newHit(f, r)
		e.vault.put(f, r, h)
		hits = append(hits, h)
	}
	return hits, nil
}

// find runs the detector on what it has to see of a fragment. A panic in it is
// an error.
func (e *gitleaksEngine) find(ctx context.Context, f fragment) (found []report.Finding, err error) {
	defer caught(f.path, &err)
	if e.filter == nil || e.byPath(f.path) {
		return run(ctx, e.detector, f, piece{0, len(f.text)})
	}
	sifter := e.filter.sifter()
	v := sifter.sift(f.text, f.path)
	sifter.release()
	d := e.detector
	if !v.all {
		if len(v.rules) == 0 {
			return nil, ctx.Err()
		}
		d = e.some.with(e.config, e.filter, v.rules, v.windows != nil)
	}
	if v.windows == nil {
		return run(ctx, d, f, piece{0, len(f.text)})
	}
	for _, w := range v.windows {
		more, err := run(ctx, d, f, w)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// caught, deferred, turns a panic into an error. The text of the panic is left
// out unless it is the runtime's own, because it might quote what was scanned.
func caught(path string, err *error) {
	switch r := recover().(type) {
	case nil:
	case runtime.Error:
		*err = fmt.Errorf("%s: gitleaks failed: %w", path, r)
	default:
		*err = fmt.Errorf("%s: gitleaks failed: panic of type %T", path, r)
	}
}

// run runs a detector on a piece of a fragment.
func run(ctx context.Context, d *gitleaks.Detector, f fragment, w piece) ([]report.Finding, error) {
	//lint:ignore SA1019 it is what DetectContext takes; sources.Fragment replaces it in v9
	in := gitleaks.Fragment{Raw: f.text[w.from:w.to], FilePath: f.path, StartLine: f.line + strings.Count(f.text[:w.from], "\n")}
	if f.commit != nil {
		in.CommitSHA = f.commit.hash
		// gitleaks dereferences Remote for every finding that has a commit.
		in.CommitInfo = &sources.CommitInfo{SHA: f.commit.hash, Remote: &sources.RemoteInfo{Platform: scm.NoPlatform}}
	}
	found := d.DetectContext(ctx, in)
	if err := ctx.Err(); err != nil {
		return nil, err // the detector stopped early
	}
	return found, nil
}

// newHit keeps of a gitleaks finding where it is, and of its secret a hash.
func newHit(f fragment, r report.Finding) hit {
	h := hit{rule: r.RuleID, key: Key(r.RuleID, r.Secret)}
	if r.Secret == "" {
		return h // found by path
	}
	first := max(r.StartLine-f.line, 0)
	lines, before := linesOf(f.text, first, max(r.EndLine-f.line, first))
	h.allowed = strings.Contains(lines, allowMark)
	h.doubt = doubtOf(h.rule, f.path, r.Secret, lines)
	h.line, h.endLine, h.start = f.line+first, f.line+first, r.StartLine
	at := strings.Index(lines, r.Secret)
	if at < 0 {
		return h // it was encoded: the line is all there is to say
	}
	line := strings.LastIndexByte(lines[:at], '\n') + 1
	h.line += strings.Count(lines[:line], "\n")
	h.endLine = h.line + strings.Count(r.Secret, "\n")
	if h.endLine == h.line && !(f.cut && before == 0 && line == 0) {
		h.col = 1 + utf16Len(lines[line:at])
		h.endCol = h.col + utf16Len(r.Secret)
	}
	return h
}

// linesOf returns lines first to last of text, counted from 0, and where they
// begin.
func linesOf(text string, first, last int) (lines string, start int) {
	for range first {
		i := strings.IndexByte(text[start:], '\n')
		if i < 0 {
			break
		}
		start += i + 1
	}
	end := start
	for range last - first + 1 {
		i := strings.IndexByte(text[end:], '\n')
		if i < 0 {
			return text[start:], start
		}
		end += i + 1
	}
	return text[start:end], start
}

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// Key is the identity of a secret, whoever finds it: a hash of the rule and the
// secret. Line ends are normalised, so that a private key is the same one in a
// file with CRLF.
func Key(rule, secret string) string {
	h := sha256.New()
	for _, part := range [...]string{"scangate-secret-1", rule, strings.TrimSpace(strings.ReplaceAll(secret, "\r\n", "\n"))} {
		io.WriteString(h, part)
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
