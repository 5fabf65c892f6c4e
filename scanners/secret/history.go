package secret

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
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
	hash  string
	index int
}

// historySource yields what each commit adds.
type historySource struct {
	repo   *repo
	engine engine

	commits int
	oldest  int64 // the earliest commit time
	bytes   int64
	notes   []finding.Note
}

func (s *historySource) result() (finding.Looked, []finding.Note) {
	return finding.Looked{Commits: s.commits, Bytes: s.bytes}, s.notes
}

func (s *historySource) fragments(ctx context.Context, yield func(fragment) error) error {
	plain, octopus, err := s.repo.listCommits(ctx)
	if err != nil {
		return err
	}
	if len(plain)+len(octopus) == 0 {
		return errors.New("secret: git rev-list lists no commit any more: the repository changed during the scan, scan again")
	}
	merges := "--remerge-diff"
	if !s.repo.remerge {
		merges = "-m"
		s.note(finding.Information, s.repo.why+": merge commits are compared with each of their parents, which is slower and counts commits twice")
	}
	if err := s.log(ctx, plain, merges, yield); err != nil {
		return err
	}
	// --remerge-diff passes over merges of more than two parents.
	if err := s.log(ctx, octopus, "-m", yield); err != nil {
		return err
	}
	if s.repo.shallow {
		oldest := (&commit{time: s.oldest}).date()
		s.note(finding.Gap, "shallow clone: history before "+oldest+" was not scanned; check out with fetch-depth: 0")
	}
	return nil
}

func (s *historySource) note(level finding.NoteLevel, message string) {
	s.notes = append(s.notes, finding.Note{Level: level, Message: message})
}

// listCommits lists what every ref and HEAD reach, merges of more than two
// parents apart from the others.
func (r *repo) listCommits(ctx context.Context) (plain, octopus []listed, err error) {
	p, err := r.git.start(ctx, nil, nil, "rev-list", "--topo-order", "--parents", "--all", "--")
	if err != nil {
		return nil, nil, err
	}
	in := bufio.NewScanner(p.stdout)
	in.Buffer(nil, 1<<20) // an octopus merge can have many parents
	for index := 0; in.Scan(); index++ {
		hash, parents, _ := strings.Cut(in.Text(), " ")
		if !isHash(hash) {
			return nil, nil, p.abandon(errors.New("secret: git rev-list printed something else than commits"))
		}
		c := listed{strings.Clone(hash), index}
		if strings.Count(parents, " ") >= 2 {
			octopus = append(octopus, c)
		} else {
			plain = append(plain, c)
		}
	}
	if err := in.Err(); err != nil {
		return nil, nil, p.abandon(err)
	}
	return plain, octopus, p.finish()
}

// log runs git log over exactly these commits, and accepts its output only if
// it shows each of them, in this order.
func (s *historySource) log(ctx context.Context, commits []listed, merges string, yield func(fragment) error) error {
	if len(commits) == 0 {
		return nil
	}
	// --remerge-diff writes the merges that it makes up. They go to a place of
	// ours: the scanned repository is not written to, and may be read-only.
	scratch, err := os.MkdirTemp("", "scangate-")
	if err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	defer os.RemoveAll(scratch)
	env, err := s.repo.git.scratch(ctx, scratch)
	if err != nil {
		return err
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
	p, err := s.repo.git.start(ctx, &list, env, "log", "--patch", "--unified=0", "--inter-hunk-context=0",
		"--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--no-notes", "--no-show-signature",
		"--full-index", "--submodule=short", "--diff-algorithm=myers", "-O"+os.DevNull, relative,
		"--src-prefix=a/", "--dst-prefix=b/", "--format=tformat:"+commitFormat, merges,
		"--no-walk=unsorted", "--stdin")
	if err != nil {
		return err
	}
	sink := &logSink{ctx: ctx, source: s, expected: commits, repeats: merges == "-m", skips: map[string]bool{}}
	sink.chunk.yield = yield
	if err := sink.closeBlobs(readPatches(p.stdout, sink)); err != nil {
		return p.abandon(err)
	}
	if err := p.finish(); err != nil {
		return err
	}
	if sink.next != len(commits) {
		return fmt.Errorf("secret: git log showed %d of %d commits: the scan is not complete", sink.next, len(commits))
	}
	s.commits += sink.next
	s.bytes += sink.chunk.total
	return nil
}

// scratch returns the environment that makes git write new objects to dir and
// read the repository's besides.
func (g *git) scratch(ctx context.Context, dir string) ([]string, error) {
	out, err := g.output(ctx, "rev-parse", "--git-path", "objects")
	if err != nil {
		return nil, err
	}
	objects := strings.TrimSuffix(string(out), "\n")
	if !filepath.IsAbs(objects) {
		objects = filepath.Join(g.dir, objects)
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
