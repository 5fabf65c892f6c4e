package git

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// ErrBlobEnd says that git cat-file ended before its answer did.
var ErrBlobEnd = errors.New("the output of git cat-file ends early")

// Blobs reads objects by id from one `git cat-file --batch`.
type Blobs struct {
	proc  *Process
	ask   *os.File
	reply *bufio.Reader
}

// OpenBlobs starts the process that reads objects.
func (g *Git) OpenBlobs(ctx context.Context) (*Blobs, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p, err := g.Start(ctx, r, nil, "cat-file", "--batch")
	r.Close()
	if err != nil {
		w.Close()
		return nil, err
	}
	return &Blobs{proc: p, ask: w, reply: bufio.NewReaderSize(p.Stdout, 64<<10)}, nil
}

// Read hands the content of a blob to use, which need not read all of it.
func (b *Blobs) Read(id string, use func(io.Reader) error) error {
	if _, err := io.WriteString(b.ask, id+"\n"); err != nil {
		return ErrBlobEnd // it is gone; close says why
	}
	line, err := b.reply.ReadSlice('\n')
	if err != nil {
		return unexpected(err)
	}
	words := strings.Fields(string(line))
	if len(words) == 2 && words[1] == "missing" {
		return fmt.Errorf("object %s is missing: the repository is damaged or a partial clone; clone it without --filter", id)
	}
	if len(words) != 3 || words[0] != id || words[1] != "blob" {
		return errors.New("git cat-file answered with something else than the blob it was asked for")
	}
	size, err := strconv.ParseInt(words[2], 10, 64)
	if err != nil || size < 0 {
		return errors.New("git cat-file answered without a size")
	}
	lim := &io.LimitedReader{R: b.reply, N: size}
	err = use(lim)
	if _, rest := io.Copy(io.Discard, lim); rest != nil {
		return cmp.Or(err, rest)
	}
	if lim.N > 0 {
		return ErrBlobEnd
	}
	if end, err2 := b.reply.ReadByte(); err2 != nil || end != '\n' {
		return unexpected(err2)
	}
	return err
}

// Close ends the process, also after an error, and says how it went.
func (b *Blobs) Close() error {
	b.ask.Close()
	io.Copy(io.Discard, b.reply)
	return b.proc.Finish()
}

func unexpected(err error) error {
	if err == nil || err == io.EOF {
		return ErrBlobEnd
	}
	return err
}
