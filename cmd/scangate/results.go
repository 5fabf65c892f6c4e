package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/sarif"
)

// readResults reads scangate JSON or SARIF, whichever the file holds.
func readResults(name string) (finding.Results, error) {
	f, err := openRegular(name)
	if err != nil {
		return finding.Results{}, err
	}
	defer f.Close()
	own, err := isOwn(f)
	if err != nil {
		return finding.Results{}, fmt.Errorf("%s: neither scangate JSON nor SARIF: %w", name, err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return finding.Results{}, err
	}
	if !own {
		return sarif.Decode(bufio.NewReaderSize(f, 1<<16), name)
	}
	res, err := finding.Decode(bufio.NewReaderSize(f, 1<<16))
	if err != nil {
		return finding.Results{}, fmt.Errorf("%s: %w", name, err)
	}
	return res, nil
}

// openRegular opens a file of results, whichever they are.
func openRegular(name string) (*os.File, error) {
	info, err := os.Stat(name) // before opening, which would wait at a pipe
	var f *os.File
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = errors.New("not a regular file")
	case info.Size() > finding.MaxResultsSize:
		err = fmt.Errorf("over the limit of %d MiB for results", finding.MaxResultsSize>>20)
	default:
		f, err = os.Open(name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, fileio.Cause(err))
	}
	return f, nil
}

// isOwn tells scangate JSON from SARIF by the first key of the document that
// only one of them has.
func isOwn(r io.Reader) (bool, error) {
	b := bufio.NewReader(r)
	if bom, err := b.Peek(3); err == nil && string(bom) == "\xEF\xBB\xBF" {
		b.Discard(3)
	}
	dec := json.NewDecoder(b)
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return false, fmt.Errorf("it does not begin with a JSON object")
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return false, fmt.Errorf("it is not JSON: %w", err)
		}
		switch key {
		case "schemaVersion":
			return true, nil
		case "$schema", "version", "runs":
			return false, nil
		}
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			return false, fmt.Errorf("it is not JSON: %w", err)
		}
	}
	return false, fmt.Errorf("it has neither schemaVersion nor runs")
}
