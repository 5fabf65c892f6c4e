package iac

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// failures collects what the engine says only to its log: that a check failed
// on an input, and was passed over. A check that was passed over found
// nothing, which must not look like nothing to find.
//
// It is a handler of log/slog. The engine takes the process's default logger
// when a set of checks is made, and keeps it.
type failures struct {
	mu   sync.Mutex
	seen map[string]bool
}

// defaultLogger is held while the process's default logger is exchanged.
var defaultLogger sync.Mutex

// listen runs do with f as the process's default handler. What others log in
// the meantime, which is microseconds, is lost unless it is an error, and then
// taken for one of the engine's.
func (f *failures) listen(do func()) {
	defaultLogger.Lock()
	defer defaultLogger.Unlock()
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(slog.New(f))
	do()
}

// Enabled implements slog.Handler.
func (f *failures) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelError
}

// Handle implements slog.Handler.
func (f *failures) Handle(_ context.Context, r slog.Record) error {
	// Only the check's file is kept: the error may quote the input.
	check := ""
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "file_path" {
			check = a.Value.String()
		}
		return true
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	f.seen[check] = true
	return nil
}

// WithAttrs implements slog.Handler.
func (f *failures) WithAttrs([]slog.Attr) slog.Handler { return f }

// WithGroup implements slog.Handler.
func (f *failures) WithGroup(string) slog.Handler { return f }

// notes are a gap for each check that failed.
func (f *failures) notes() []finding.Note {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []finding.Note
	for _, check := range slices.Sorted(maps.Keys(f.seen)) {
		out = append(out, gap("", 0, "the built-in check "+text.OneLine(check, 200)+" failed on at least one file"))
	}
	return out
}
