package dependency

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb"
)

const (
	// maxSize bounds one lockfile, in bytes.
	maxSize = 128 << 20

	// maxPackages bounds the packages of one lockfile, see
	// TestManyPackages for what they cost.
	maxPackages = 200_000

	// maxParse bounds the time for one lockfile: some parsers take quadratic
	// time on odd content. A real lockfile of maxPackages takes seconds.
	maxParse = time.Minute
)

// result is what came of one lockfile.
type result struct {
	read     bool // it was parsed
	bytes    int64
	packages int // that were matched
	dev      int // development packages left out
	findings []finding.Finding
	rules    match.Rulebook
	listing  *finding.Source
	notes    []finding.Note
}

// look reads one lockfile and matches its packages. Its error is about the
// database, or the end of ctx.
func (s *Scanner) look(ctx context.Context, tree *scanners.Tree, db *vulndb.DB, it item) (result, error) {
	var r result
	gap := func(line int, format string, args ...any) (result, error) {
		r.notes = append(r.notes, finding.Note{Level: finding.Gap, Path: it.path, Line: line, Message: fmt.Sprintf(format, args...)})
		return r, nil
	}
	if err := ctx.Err(); err != nil {
		return r, err
	}
	data, err := tree.Read(it.path, maxSize)
	if errors.Is(err, scanners.ErrTooLarge) {
		return gap(0, "not looked at: it is over %d MiB", maxSize>>20)
	}
	if err != nil {
		return gap(0, "cannot be read: %v", err)
	}
	r.bytes = int64(len(data))
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))

	if n := bytes.Count(data, []byte(it.kind.entry)); n > maxPackages {
		return gap(0, "not looked at: it has about %d packages, and %d is the limit", n, maxPackages)
	}
	if it.kind.nesting != nil {
		if line := it.kind.nesting(data, maxNesting); line > 0 {
			return gap(line, "not looked at: its values are nested more than %d deep", maxNesting)
		}
	}
	parsing, cancel := context.WithTimeout(ctx, maxParse)
	inv, err := parse(parsing, it.kind, source{it.path, data, tree})
	cancel()
	if ctx.Err() != nil {
		return r, ctx.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return gap(0, "not looked at: it takes more than %v to parse", maxParse)
	}
	if err != nil {
		line, why := parseProblem(it.kind, data, err)
		return gap(line, "cannot be parsed%s: its packages were not looked at", why)
	}
	if it.kind.ecosystem.Matched() {
		covered, err := db.Covers(it.kind.lang)
		if err != nil {
			return r, err
		}
		if !covered {
			return gap(0, "the vulnerability database has no advisories for %s: update it with `scangate db update`", it.kind.ecosystem.Name)
		}
	}
	r.read = true
	remark := func(format string, args ...any) {
		r.notes = append(r.notes, finding.Note{Level: finding.Information, Path: it.path, Message: fmt.Sprintf(format, args...)})
	}
	if it.kind.remarks != nil {
		for _, m := range it.kind.remarks(data, s.options.Dev) {
			remark("%s", m)
		}
	}
	for _, m := range inv.remarks {
		remark("%s", m)
	}
	lines := linesOf(it.kind, data, inv.packages)
	list := listing(it, lines, inv)
	r.listing = &list
	pkgs := tidy(slices.Clone(inv.packages))
	if len(pkgs) == 0 {
		if len(inv.remarks) == 0 { // else it has some, of unknown versions
			remark("no packages in it")
		}
		return r, nil
	}
	if !s.options.Dev {
		all := len(pkgs)
		pkgs = slices.DeleteFunc(pkgs, func(p ftypes.Package) bool { return p.Dev })
		r.dev = all - len(pkgs)
		inv.packages = slices.DeleteFunc(inv.packages, func(p ftypes.Package) bool { return p.Dev })
	}
	if !it.kind.ecosystem.Matched() {
		remark("%s listed and not matched: there is no source of advisories for %s", text.Count(len(pkgs), "package"), it.kind.ecosystem.Name)
		return r, nil
	}
	matched := slices.DeleteFunc(slices.Clone(pkgs), func(p ftypes.Package) bool { return !versionLike.MatchString(p.Version) })
	if n := len(pkgs) - len(matched); n > 0 {
		remark("%s without a version to compare (local, git or download), so no advisory can match", text.Count(n, "package"))
	}
	r.packages = len(matched)
	hits, err := match.Libraries(ctx, db, it.kind.ecosystem, it.kind.lang, matched)
	if err != nil || len(hits) == 0 {
		return r, err
	}
	r.findings, r.rules = findings(it, lines, matched, hits, paths(inv, hits.Has))
	return r, nil
}

// versionLike tells versions from the addresses that some lockfiles have in
// their place.
var versionLike = regexp.MustCompile(`^[vV=]?\d`)

// parse runs a parser where its panic or its never ending does no harm. The
// engine's parsers know no context, so one that is still busy when ctx ends is
// left behind.
func parse(ctx context.Context, k kind, in source) (inventory, error) {
	type outcome struct {
		inv inventory
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		var out outcome
		defer func() {
			if r := recover(); r != nil {
				out = outcome{err: errors.New("the parser failed")}
			}
			done <- out
		}()
		out.inv, out.err = k.parse(in)
	}()
	select {
	case out := <-done:
		return out.inv, out.err
	case <-ctx.Done():
		return inventory{}, ctx.Err()
	}
}

// errorLine is how the parsers of TOML, YAML and go.mod mention lines.
var errorLine = regexp.MustCompile(`(?:\bline |go\.mod:)(\d+)`)

// jsonFiles are JSON whatever their names end in.
var jsonFiles = []string{"Pipfile.lock", "composer.lock", "build.sbt.lock", "Package.resolved", "conan.lock"}

// parseProblem says where and, in general words, why. The parser's own message
// may quote the file, and so a secret in it.
func parseProblem(k kind, data []byte, err error) (line int, why string) {
	if len(bytes.TrimSpace(data)) == 0 {
		return 0, ": it is empty"
	}
	if strings.Contains(err.Error(), "token too long") {
		return 0, ": a line is over 64 KiB"
	}
	as := " as " + strings.TrimPrefix(k.file, "*")
	if strings.HasSuffix(k.file, ".json") || slices.Contains(jsonFiles, k.file) {
		var syntax *json.SyntaxError
		if errors.As(json.Unmarshal(data, new(json.RawMessage)), &syntax) {
			return lineAt(data, min(int(syntax.Offset), len(data))), ": it is not valid JSON"
		}
		return 0, as
	}
	if m := errorLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
	}
	return line, as
}

// tidy leaves one entry for each name and version, and none for the project
// itself, in the order of names and versions: parsers return them in any
// order. Something is a development package only if nothing else needs it.
func tidy(pkgs []ftypes.Package) []ftypes.Package {
	pkgs = slices.DeleteFunc(pkgs, func(p ftypes.Package) bool {
		return p.Name == "" || p.Relationship == ftypes.RelationshipRoot
	})
	slices.SortFunc(pkgs, func(a, b ftypes.Package) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version), cmp.Compare(firstLine(a), firstLine(b)))
	})
	out := pkgs[:0]
	for _, p := range pkgs {
		if n := len(out); n > 0 && out[n-1].Name == p.Name && out[n-1].Version == p.Version {
			out[n-1].Dev = out[n-1].Dev && p.Dev
			if relationship(p) == "direct" {
				out[n-1].Relationship = p.Relationship
			}
			continue
		}
		out = append(out, p)
	}
	return out
}

// firstLine is where the parser saw the package, 0 when it does not tell.
func firstLine(p ftypes.Package) int {
	if len(p.Locations) == 0 {
		return 0
	}
	return p.Locations[0].StartLine
}

func relationship(p ftypes.Package) string {
	switch p.Relationship {
	case ftypes.RelationshipDirect, ftypes.RelationshipWorkspace:
		return "direct"
	case ftypes.RelationshipIndirect:
		return "indirect"
	}
	return ""
}
