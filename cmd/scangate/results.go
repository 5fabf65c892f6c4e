package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/sarif"
)

// readResults reads scangate JSON or SARIF, whichever the file holds.
func readResults(name string) (finding.Results, error) {
	f, err := os.Open(name)
	if err != nil {
		return finding.Results{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return finding.Results{}, err
	case !info.Mode().IsRegular():
		return finding.Results{}, fmt.Errorf("%s: not a regular file", name)
	case info.Size() > finding.MaxResultsSize:
		return finding.Results{}, fmt.Errorf("%s: over the limit of %d MiB for results", name, finding.MaxResultsSize>>20)
	}
	own, err := isOwn(f)
	if err != nil {
		return finding.Results{}, fmt.Errorf("%s: neither scangate JSON nor SARIF: %w", name, err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return finding.Results{}, err
	}
	var res finding.Results
	if own {
		res, err = finding.Decode(bufio.NewReaderSize(f, 1<<16))
	} else {
		res, err = sarif.Decode(bufio.NewReaderSize(f, 1<<16), name)
	}
	if err != nil {
		return finding.Results{}, fmt.Errorf("%s: %w", name, err)
	}
	return res, nil
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
