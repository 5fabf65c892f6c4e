package secret

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// errBlobEnd says that git cat-file ended before its answer did.
var errBlobEnd = errors.New("the output of git cat-file ends early")

// blobReader reads objects by id from one `git cat-file --batch`.
type blobReader struct {
	proc  *process
	ask   *os.File
	reply *bufio.Reader
}

func (g *git) openBlobs(ctx context.Context) (*blobReader, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p, err := g.start(ctx, r, nil, "cat-file", "--batch")
	r.Close()
	if err != nil {
		w.Close()
		return nil, err
	}
	return &blobReader{proc: p, ask: w, reply: bufio.NewReaderSize(p.stdout, 64<<10)}, nil
}

// read hands the content of a blob to use, which need not read all of it.
func (b *blobReader) read(id string, use func(io.Reader) error) error {
	if _, err := io.WriteString(b.ask, id+"\n"); err != nil {
		return errBlobEnd // it is gone; close says why
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
	if err != nil && !notToItsEnd(err) {
		return err
	}
	if _, err := io.Copy(io.Discard, lim); err != nil {
		return err
	}
	if lim.N > 0 {
		return errBlobEnd
	}
	if end, err2 := b.reply.ReadByte(); err2 != nil || end != '\n' {
		return unexpected(err2)
	}
	return err
}

// close ends the process, also after an error, and says how it went.
func (b *blobReader) close() error {
	b.ask.Close()
	io.Copy(io.Discard, b.reply)
	return b.proc.finish()
}

func unexpected(err error) error {
	if err == nil || err == io.EOF {
		return errBlobEnd
	}
	return err
}
