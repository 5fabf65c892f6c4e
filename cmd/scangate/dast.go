package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/scanners/dast/replay"
)

// dastCommands are the words after `scangate dast`.
func dastCommands() []command {
	return []command{
		{"replay", "FILE", "judge recorded exchanges, one in JSON per line, by the passive rules; FILE - is standard input", (*app).dastReplay},
	}
}

// dast is the command `scangate dast`.
func (a *app) dast(ctx context.Context, args []string) (int, error) {
	return a.subcommand(ctx, "dast", dastCommands(), args)
}

func (a *app) dastReplay(_ context.Context, args []string) (int, error) {
	f := newFlags("dast replay")
	name, err := f.oneFile(args)
	if err != nil {
		return 0, err
	}
	in := a.stdin
	if name != "-" {
		file, err := openRecording(name)
		if err != nil {
			return 0, usageError{err}
		}
		defer file.Close()
		in = file
	} else {
		name = "standard input"
	}
	err = replay.Replay(in, a.stdout)
	var line *replay.LineError
	if errors.As(err, &line) {
		return 0, usage("%s:%d: %w", name, line.Line, line.Err)
	}
	return exitPassed, err
}

// openRecording opens a recording, which is read as it is needed and may be of
// any length.
func openRecording(name string) (io.ReadCloser, error) {
	f, err := os.Open(name)
	if err == nil {
		var info os.FileInfo
		if info, err = f.Stat(); err == nil && info.IsDir() {
			err = errors.New("a directory, not a file")
		}
		if err == nil {
			return f, nil
		}
		f.Close()
	}
	return nil, fmt.Errorf("%s: %w", name, fileio.Cause(err))
}
