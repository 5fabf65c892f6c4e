package image

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/scanners/image/layer"
	"github.com/scangate/scangate/scanners/installed"
	"github.com/scangate/scangate/text"
)

const (
	headSize = 512 // bytes of a file that tell its kind

	// maxRead bounds the time for one file: readers take milliseconds, but for
	// odd content.
	maxRead = time.Minute

	// maxLayerProblems bounds what is said about one layer.
	maxLayerProblems = 20
)

// analyst reads layers. It is for one goroutine.
type analyst struct {
	readers []installed.Reader
	secrets *secrets // nil: they are not looked for
	spool   *layer.Spool

	out   *content
	owned map[string]bool // files that packages of the operating system brought
	more  int             // problems left out
	head  [headSize]byte
}

// begin starts a layer.
func (a *analyst) begin() {
	a.out, a.owned, a.more = &content{}, map[string]bool{}, 0
}

// end brings what was learned into its lasting form.
func (a *analyst) end(stats layer.Stats, problems []string) *content {
	c := a.out
	c.Entries, c.Regular, c.Bytes = stats.Entries, stats.Files, stats.Bytes
	for _, p := range problems {
		a.problem("", "%s", p)
	}
	if a.more > 0 {
		c.Problems = append(c.Problems, "and "+text.Count(a.more, "more problem"))
	}
	c.Files = slices.DeleteFunc(c.Files, a.ownedBySystem)
	slices.SortStableFunc(c.Files, func(x, y file) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), strings.Compare(x.Reader, y.Reader))
	})
	// A path that occurs twice counts as it occurs last.
	for i := len(c.Files) - 2; i >= 0; i-- {
		if c.Files[i].Path == c.Files[i+1].Path && c.Files[i].Reader == c.Files[i+1].Reader {
			c.Files = slices.Delete(c.Files, i, i+1)
		}
	}
	slices.Sort(c.Whiteouts)
	slices.Sort(c.Opaque)
	c.Names = c.Names.sorted()
	return c
}

// distroless are Python's own, in images that say nothing of the files that
// the system's packages brought.
var distroless = map[string]bool{
	"usr/lib/python2.7/argparse.egg-info":               true,
	"usr/lib/python2.7/lib-dynload/Python-2.7.egg-info": true,
	"usr/lib/python2.7/wsgiref.egg-info":                true,
}

// ownedBySystem reports whether the file, or everything in it, belongs to a
// package of the operating system: that is matched as such, with the fixes
// that its vendor carries back.
func (a *analyst) ownedBySystem(f file) bool {
	if f.Result.Type == "" {
		return false
	}
	return a.owned[f.Path] || distroless[f.Path]
}

func (a *analyst) problem(name, format string, args ...any) {
	if len(a.out.Problems) == maxLayerProblems {
		a.more++
		return
	}
	p := fmt.Sprintf(format, args...)
	if name != "" {
		p = text.OneLine(name, 200) + ": " + p
	}
	a.out.Problems = append(a.out.Problems, p)
}

// visit takes the next entry of a layer.
func (a *analyst) visit(ctx context.Context, e layer.Entry, r io.Reader) error {
	switch e.Kind {
	case layer.Whiteout:
		a.out.Whiteouts = append(a.out.Whiteouts, e.Path)
		return nil
	case layer.Opaque:
		a.out.Opaque = append(a.out.Opaque, e.Path)
		return nil
	case layer.Dir:
		return nil
	}
	a.out.Names = append(a.out.Names, hashOf(e.Path))
	switch e.Kind {
	case layer.File:
		return a.file(ctx, e, r)
	case layer.Hardlink:
		a.hardlink(e)
	}
	return nil
}

// hardlink gives what was read of a file to its other name, too.
func (a *analyst) hardlink(e layer.Entry) {
	var same []file
	for _, f := range a.out.Files {
		if f.Path == e.Link {
			f.Path = e.Path
			f.Result.Packages = slices.Clone(f.Result.Packages)
			for i := range f.Result.Packages {
				p := &f.Result.Packages[i]
				if rest, ok := strings.CutPrefix(p.FilePath, e.Link); ok {
					p.FilePath = e.Path + rest
				}
			}
			same = append(same, f)
		}
	}
	if len(same) > 0 {
		a.out.Files = append(a.out.Files, same...)
		return
	}
	for _, r := range a.readers {
		// Without the content there is no telling whether a program is one of
		// those that are read: those are left to their first name.
		if r.Head == nil && r.Wants(e.Path, 0o644, 1) {
			a.problem(e.Path, "not looked at: it is another name of %s, which was not read", text.OneLine(e.Link, 200))
			return
		}
	}
}

// file hands a file to the readers that want it.
func (a *analyst) file(ctx context.Context, e layer.Entry, r io.Reader) error {
	var wanted []installed.Reader
	for _, reader := range a.readers {
		if reader.Wants(e.Path, e.Mode, e.Size) {
			wanted = append(wanted, reader)
		}
	}
	search := a.secrets != nil && a.secrets.wants(e.Path, e.Size)
	if len(wanted) == 0 && !search {
		return nil
	}
	n, err := io.ReadFull(r, a.head[:min(e.Size, headSize)])
	if err != nil {
		return a.unreadable(ctx, e, err)
	}
	head := a.head[:n]
	wanted = slices.DeleteFunc(wanted, func(r installed.Reader) bool { return r.Head != nil && !r.Head(head) })
	search = search && a.secrets.isText(head)
	r = io.MultiReader(bytes.NewReader(head), r)
	switch {
	case len(wanted) > 0:
		if limit := largest(wanted); e.Size > limit {
			a.problem(e.Path, "not looked at: it is over %d MiB", limit>>20)
			return nil
		}
		data, err := a.spool.Fill(r, e.Size)
		if err != nil {
			return a.unreadable(ctx, e, err)
		}
		for _, reader := range wanted {
			if err := a.read(ctx, reader, e, data); err != nil {
				return err
			}
		}
		if !search {
			return nil
		}
		if _, err := data.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return a.search(ctx, e, data)
	case search:
		return a.search(ctx, e, r)
	}
	return nil
}

func largest(readers []installed.Reader) (limit int64) {
	for _, r := range readers {
		limit = max(limit, r.Max)
	}
	return limit
}

// unreadable tells a stream that broke, which ends the layer, from a file that
// cannot be read.
func (a *analyst) unreadable(ctx context.Context, e layer.Entry, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	a.problem(e.Path, "cannot be read: %v", err)
	return nil
}

// read runs one reader. One that does not end, or panics, costs its file only.
func (a *analyst) read(ctx context.Context, r installed.Reader, e layer.Entry, data installed.Content) error {
	if e.Size > r.Max {
		a.problem(e.Path, "not looked at: it is over %d MiB", r.Max>>20)
		return nil
	}
	if _, err := data.Seek(0, io.SeekStart); err != nil {
		return err
	}
	type outcome struct {
		res *installed.Result
		err error
	}
	limited, cancel := context.WithTimeout(ctx, maxRead)
	defer cancel()
	done := make(chan outcome, 1)
	go func() {
		var out outcome
		defer func() {
			if p := recover(); p != nil {
				out = outcome{err: errors.New("the reader failed")}
			}
			done <- out
		}()
		out.res, out.err = r.Read(limited, installed.File{Path: e.Path, Mode: e.Mode, Size: e.Size, Content: data})
	}()
	var out outcome
	select {
	case out = <-done:
	case <-limited.Done():
		select {
		case out = <-done:
		case <-time.After(time.Second):
			// The reader is left behind with what it reads.
			a.spool = &layer.Spool{}
			out.err = context.Cause(limited)
		}
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(out.err, context.DeadlineExceeded):
		a.problem(e.Path, "not looked at: it takes more than %v to read", maxRead)
	case out.err != nil:
		a.problem(e.Path, "cannot be read by %s: %s", r.Name, text.OneLine(out.err.Error(), 200))
	case out.res != nil:
		a.keep(r, e, *out.res)
	}
	if r.Name == "jar" && out.err == nil && (out.res == nil || len(out.res.Packages) == 0) {
		a.out.Unnamed++
	}
	return nil
}

func (a *analyst) keep(r installed.Reader, e layer.Entry, res installed.Result) {
	for _, name := range res.Owns {
		a.owned[strings.TrimPrefix(path.Clean("/"+name), "/")] = true
	}
	for _, gap := range res.Gaps {
		a.problem(e.Path, "%s", gap)
	}
	res.Owns, res.Gaps = nil, nil
	if res.OS == nil && res.Repository == nil && res.BuildInfo == nil && len(res.Packages) == 0 {
		return
	}
	a.out.Files = append(a.out.Files, file{e.Path, r.Name, res})
}

// search looks for secrets in a text.
func (a *analyst) search(ctx context.Context, e layer.Entry, r io.Reader) error {
	found, err := a.secrets.find(ctx, e.Path, r)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		a.problem(e.Path, "cannot be searched for secrets: %s", text.OneLine(err.Error(), 200))
	}
	a.out.Secrets = append(a.out.Secrets, found...)
	return nil
}
