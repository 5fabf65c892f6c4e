package secret

import (
	"fmt"
)

// logSink turns a log into fragments, and checks its commits against the list
// that git log was given.
type logSink struct {
	diffSink
	expected []listed
	next     int  // how many of expected came
	repeats  bool // -m shows a merge once for each parent
	shown    []shown
	began    int64 // what the chunker had read when the commit began
	noted    int   // and how many notes there were
}

// shown is what is to be known of a commit that was read to its end.
type shown struct {
	index int
	bytes int64
	time  int64
	noted bool // something of it was not scanned
}

func (s *logSink) Commit(hash string, time int64) error {
	if s.repeats && s.commit != nil && s.commit.hash == hash {
		return nil
	}
	s.end()
	if s.next == len(s.expected) || s.expected[s.next].hash != hash {
		return fmt.Errorf("secret: git log left out commits before %s or shows it out of turn: the scan is not complete", hash)
	}
	s.commit = &commit{hash: hash, time: time, index: s.expected[s.next].index}
	s.chunk.commit = s.commit
	s.next++
	return nil
}

// end closes the books on the current commit.
func (s *logSink) end() {
	if s.commit != nil {
		s.shown = append(s.shown, shown{s.commit.index, s.chunk.total - s.began, s.commit.time, len(s.notes) > s.noted})
	}
	s.began, s.noted = s.chunk.total, len(s.notes)
}

var _ patchSink = (*logSink)(nil)
