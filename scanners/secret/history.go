package secret

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/git"
	"golang.org/x/sync/errgroup"
)

// commit is one commit of the history.
type commit struct {
	hash  string
	time  int64 // of the committer, Unix seconds
	index int   // in the list of all commits: children before their parents
}

// date is the day of the commit in UTC, so that it is the same everywhere.
func (c *commit) date() string { return time.Unix(c.time, 0).UTC().Format(time.DateOnly) }

// listed is a commit that git log has to show.
type listed struct {
	hash    string
	index   int
	parents int // how many
}

// historySource yields what each commit adds.
type historySource struct {
	depth  int // of archives
	jobs   int // processes of git log at most
	part   int // commits for each of them; 0: logPart
	repo   *repo
	engine engine
	since  *since // nil: everything that any ref or HEAD reaches
	cache  *cache // nil: none
	mine   *quota // what of it is scanned; nil: all

	all   []listed // every commit, children before their parents
	shown []shown  // those that were read here
	bytes int64
	notes []finding.Note
}

func (s *historySource) result() (finding.Looked, []finding.Note) {
	commits := len(s.all)
	if s.mine != nil {
		commits = s.mine.commits
	}
	return finding.Looked{Commits: commits, Bytes: s.bytes}, s.notes
}

// commits are all that there are, whatever part of them is scanned.
func (s *historySource) commits() []listed {
	if s == nil {
		return nil
	}
	return s.all
}

// prepare lists the commits and finds out what is known of them.
func (s *historySource) prepare(ctx context.Context) (err error) {
	if s.all, err = s.repo.listCommits(ctx, s.since.revisions()...); err != nil {
		return err
	}
	if len(s.all) == 0 {
		return errors.New("secret: git rev-list lists no commit any more: the repository changed during the scan, scan again")
	}
	if s.mine != nil && len(s.all) != s.mine.all {
		return fmt.Errorf("secret: git rev-list lists %d commits, where there were %d: the repository changed during the scan, scan again", len(s.all), s.mine.all)
	}
	if problem := s.cache.open(s.all); problem != "" {
		s.note(finding.Information, problem+": it is not used, and the whole history is scanned")
	}
	return nil
}

func (s *historySource) fragments(ctx context.Context, yield func(fragment) error) error {
	merges := "--remerge-diff"
	if !s.repo.remerge {
		merges = "-m"
		s.note(finding.Information, s.repo.why+": merge commits are compared with each of their parents, which is slower and counts commits twice")
	}
	var plain, octopus []listed
	for _, c := range s.all {
		if !s.mine.has(c.index) {
			continue
		}
		size, known := s.cache.take(c)
		switch {
		case known:
			s.bytes += size
		case c.parents > 2:
			octopus = append(octopus, c) // --remerge-diff passes over them
		default:
			plain = append(plain, c)
		}
	}
	if err := s.logs(ctx, plain, merges, yield); err != nil {
		return err
	}
	if err := s.logs(ctx, octopus, "-m", yield); err != nil {
		return err
	}
	return s.ends(ctx)
}

const (
	maxLogs = 4   // processes of git log that run side by side
	logPart = 100 // commits for which another one is worth starting
)

// logs runs git log over the commits, in several processes where there are
// enough of them: git writes a patch on one processor.
func (s *historySource) logs(ctx context.Context, commits []listed, merges string, yield func(fragment) error) error {
	n := max(1, min(s.jobs, maxLogs, len(commits)/cmp.Or(s.part, logPart)))
	parts := make([]logged, n)
	group, ctx := errgroup.WithContext(ctx)
	for i := range parts {
		group.Go(func() (err error) {
			from, to := i*len(commits)/n, (i+1)*len(commits)/n
			parts[i], err = s.log(ctx, commits[from:to], merges, yield)
			return err
		})
	}
	err := group.Wait()
	for _, p := range parts {
		s.notes = append(s.notes, p.notes...)
		s.shown = append(s.shown, p.shown...)
		s.bytes += p.bytes
	}
	return err
}

// logged is what came of one git log.
type logged struct {
	notes []finding.Note
	shown []shown
	bytes int64
}

func (s *historySource) note(level finding.NoteLevel, message string) {
	s.notes = append(s.notes, finding.Note{Level: level, Message: message})
}

// ends notes where a shallow clone cuts off what was to be scanned.
func (s *historySource) ends(ctx context.Context) error {
	if !s.repo.shallow {
		return nil
	}
	const remedy = "; check out with fetch-depth: 0, or run git fetch --unshallow"
	if s.since == nil {
		oldest := s.shown[0].time
		for _, c := range s.shown {
			oldest = min(oldest, c.time)
		}
		s.note(finding.Gap, "shallow clone: history before "+(&commit{time: oldest}).date()+" was not scanned"+remedy)
		return nil
	}
	ends, err := s.repo.boundary(ctx)
	if err != nil {
		return err
	}
	for _, c := range s.all {
		if ends[c.hash] {
			s.note(finding.Gap, "shallow clone: it ends at commit "+c.hash[:12]+", and what is new since "+s.since.rev+" may go further back"+remedy)
			return nil
		}
	}
	return nil
}

// listCommits lists what the revisions reach.
func (r *repo) listCommits(ctx context.Context, revisions ...string) ([]listed, error) {
	args := append([]string{"rev-list", "--topo-order", "--parents"}, revisions...)
	p, err := r.git.Start(ctx, nil, nil, append(args, "--")...)
	if err != nil {
		return nil, err
	}
	in := bufio.NewScanner(p.Stdout)
	in.Buffer(nil, 1<<20) // an octopus merge can have many parents
	var all []listed
	for in.Scan() {
		hash, parents, _ := strings.Cut(in.Text(), " ")
		if !git.IsHash(hash) {
			return nil, p.Abandon(errors.New("secret: git rev-list printed something else than commits"))
		}
		all = append(all, listed{strings.Clone(hash), len(all), len(strings.Fields(parents))})
	}
	if err := in.Err(); err != nil {
		return nil, p.Abandon(err)
	}
	return all, p.Finish()
}

// log runs git log over exactly these commits, and accepts its output only if
// it shows each of them, in this order.
func (s *historySource) log(ctx context.Context, commits []listed, merges string, yield func(fragment) error) (out logged, err error) {
	if len(commits) == 0 {
		return out, nil
	}
	// --remerge-diff writes the merges that it makes up. They go to a place of
	// ours: the scanned repository is not written to, and may be read-only.
	scratch, err := os.MkdirTemp("", "scangate-")
	if err != nil {
		return out, fmt.Errorf("secret: %w", err)
	}
	defer os.RemoveAll(scratch)
	env, err := scratchEnv(ctx, s.repo.git, scratch)
	if err != nil {
		return out, err
	}
	relative := "--no-relative"
	if s.repo.prefix != "" {
		relative = "--relative"
	}
	var list bytes.Buffer
	for _, c := range commits {
		list.WriteString(c.hash)
		list.WriteByte('\n')
	}
	args := append([]string{"log", "--patch", "--no-show-signature", "--no-notes", "--format=tformat:" + commitFormat, merges,
		"--no-walk=unsorted", "--stdin", relative}, diffOptions()...)
	p, err := s.repo.git.Start(ctx, &list, env, args...)
	if err != nil {
		return out, err
	}
	sink := &logSink{diffSink: newDiffSink(ctx, s.repo.git, s.engine, yield), expected: commits, repeats: merges == "-m"}
	sink.depth = s.depth
	err = sink.closeBlobs(readPatches(p.Stdout, sink))
	out.notes = sink.notes
	if err != nil {
		return out, p.Abandon(err)
	}
	if err := p.Finish(); err != nil {
		return out, s.repo.explain(err)
	}
	if sink.next != len(commits) {
		return out, fmt.Errorf("secret: git log showed %d of %d commits: the scan is not complete", sink.next, len(commits))
	}
	sink.end()
	out.notes, out.shown, out.bytes = sink.notes, sink.shown, sink.chunk.total
	return out, nil
}

// diffOptions make git print a diff in the one form that is read here.
func diffOptions() []string {
	return []string{"--unified=0", "--inter-hunk-context=0", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames",
		"--full-index", "--submodule=short", "--diff-algorithm=myers", "-O" + os.DevNull, "--src-prefix=a/", "--dst-prefix=b/"}
}

// scratchEnv returns the environment that makes git write new objects to dir and
// read the repository's besides.
func scratchEnv(ctx context.Context, g *git.Git, dir string) ([]string, error) {
	objects, err := g.Objects(ctx)
	if err != nil {
		return nil, err
	}
	return []string{"GIT_OBJECT_DIRECTORY=" + dir, "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + quoteAlternate(objects)}, nil
}

// quoteAlternate quotes a path in a list of them, as git unquotes it.
func quoteAlternate(path string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(path) {
		switch c := path[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7F:
			o := strconv.FormatUint(uint64(c), 8)
			b.WriteString("\\" + "000"[:3-len(o)] + o)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
