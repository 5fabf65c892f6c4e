package sarif

import (
	"bytes"
)

// maxAhead bounds how many line ends are remembered between what has been read
// and what has been understood.
const maxAhead = 1 << 20

// lines tells the line of a place in what is read. The decoder reads ahead, and
// what it has read is gone when it finds out that something is wrong with it.
type lines struct {
	read   int64     // bytes
	last   int64     // the end of the last of them that is more than a gap between values
	ahead  []lineEnd // those that have not been passed
	first  int       // of them that has not been passed
	passed int       // how many have been
	at     int64     // the offset up to which they have
}

// lineEnd is a line end, and the end of what is before it.
type lineEnd struct{ at, before int64 }

// add takes in what is read next.
func (l *lines) add(p []byte) {
	for len(p) > 0 {
		line, _, found := bytes.Cut(p, []byte{'\n'})
		if word := bytes.TrimRight(line, " \t\r,:"); len(word) > 0 {
			l.last = l.read + int64(len(word))
		}
		if found {
			l.end(lineEnd{l.read + int64(len(line)), l.last})
			l.read++
			p = p[1:]
		}
		l.read += int64(len(line))
		p = p[len(line):]
	}
}

// end takes in a line end.
func (l *lines) end(e lineEnd) {
	if len(l.ahead)-l.first == maxAhead {
		// So many of them are in one value only when somebody means to waste
		// memory. What follows is told to be on an earlier line than it is.
		return
	}
	if l.first > 0 && len(l.ahead) == cap(l.ahead) {
		l.ahead = l.ahead[:copy(l.ahead, l.ahead[l.first:])]
		l.first = 0
	}
	l.ahead = append(l.ahead, e)
}

// pass says that all before an offset has been understood.
func (l *lines) pass(offset int64) {
	l.at = offset
	for l.first < len(l.ahead) && l.ahead[l.first].at < offset {
		l.first++
		l.passed++
	}
}

// line is that on which what comes next begins, or ends the document.
func (l *lines) line() int {
	n := l.passed + 1
	for _, e := range l.ahead[l.first:] {
		if e.before > l.at {
			break
		}
		n++
	}
	return n
}
