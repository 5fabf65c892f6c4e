package start

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/scangate/scangate/text"
)

const (
	maxLog   = 64 << 20 // bytes
	maxTail  = 4 << 10  // bytes of the end that are kept for messages
	maxWords = 5        // lines of it that are shown
)

// logFile is the log of a program, up to a limit.
type logFile struct {
	name string
	file *os.File
	room int
	done chan struct{} // closed when the output is at its end

	redact func(string) string // of what is quoted; may be nil

	mu   sync.Mutex
	tail []byte
	cut  bool
	fail error
}

// openLog makes the file. One that is there is replaced, not written to: it
// may be a link, or have another name somewhere else.
func openLog(name string) (*logFile, error) {
	said := text.OneLine(name, 200)
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("cannot log to %s: it is not a regular file", said)
	case err == nil:
		err = os.Remove(name)
		fallthrough
	default:
		if err != nil {
			return nil, fmt.Errorf("cannot log to %s: %s", said, cause(err))
		}
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot log to %s: %s", said, cause(err))
	}
	return &logFile{name: said, file: f, room: maxLog, done: make(chan struct{})}, nil
}

// copy reads r to its end. It reads on beyond the limit and when the disk is
// full, so that the program does not hang.
func (l *logFile) copy(r *os.File) {
	defer close(l.done)
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		l.write(buf[:n])
		if err != nil {
			return
		}
	}
}

func (l *logFile) write(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = append(l.tail, p...)
	l.tail = l.tail[max(0, len(l.tail)-maxTail):]
	if l.cut || l.fail != nil {
		return
	}
	keep := p[:min(len(p), l.room)]
	l.room -= len(keep)
	_, l.fail = l.file.Write(keep)
	if len(keep) < len(p) {
		l.cut = true
		fmt.Fprintf(l.file, "\n[cut: the program printed over %d MiB]\n", maxLog>>20)
	}
}

// wait waits a little for the end of the output.
func (l *logFile) wait(d time.Duration) {
	select {
	case <-l.done:
	case <-time.After(d):
	}
}

func (l *logFile) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.file.Close()
	if l.fail == nil {
		l.fail = fs.ErrClosed // for output that still comes
	} else if err == nil && !errors.Is(l.fail, fs.ErrClosed) {
		err = l.fail
	}
	if err != nil {
		return fmt.Errorf("cannot write the log %s: %s", l.name, cause(err))
	}
	return nil
}

// lastWords are the last lines of the log for the end of a message, or empty.
func (l *logFile) lastWords() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	tail := string(l.tail)
	if len(tail) == maxTail { // the first line may be the rest of a secret
		if _, rest, ok := strings.Cut(tail, "\n"); ok {
			tail = rest
		}
	}
	if l.redact != nil {
		tail = l.redact(tail) // before lines are cut
	}
	var lines []string
	for line := range strings.SplitSeq(tail, "\n") {
		if s := text.OneLine(line, 200); s != "" {
			lines = append(lines, s)
		}
	}
	if len(lines) == 0 {
		return ", and printed nothing"
	}
	return "; its log " + l.name + " ends: " + strings.Join(lines[max(0, len(lines)-maxWords):], " | ")
}

// notes are about what the log lacks.
func (l *logFile) notes() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return []string{fmt.Sprintf("the log %s is cut after %d MiB", l.name, maxLog>>20)}
	}
	return nil
}
