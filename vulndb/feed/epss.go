package feed

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxRow bounds a line of the table, in bytes; real ones have some 40.
const maxRow = 1 << 10

// readEPSS reads FIRST's table, and calls each for every row. The first line is
// a comment with the version of the model and the date.
func readEPSS(data []byte, each func(id []byte, e Entry)) (content, error) {
	if err := notAPage(data); err != nil {
		return content{}, err
	}
	comment, data, err := nextLine(data)
	if err != nil {
		return content{}, err
	}
	released, err := scoreDate(string(comment))
	if err != nil {
		return content{}, err
	}
	header, data, err := nextLine(data)
	if err != nil {
		return content{}, err
	}
	if string(header) != "cve,epss,percentile" {
		return content{}, errors.New("its columns are not cve, epss and percentile")
	}
	rows := 0
	for len(data) > 0 {
		var row []byte
		if row, data, err = nextLine(data); err != nil {
			return content{}, err
		}
		rows++
		id, rest, _ := bytes.Cut(row, []byte(","))
		score, percentile, ok := bytes.Cut(rest, []byte(","))
		p, ok1 := probability(score)
		if _, ok2 := probability(percentile); !ok || !ok1 || !ok2 || !isCVE(id) {
			return content{}, fmt.Errorf("its row %d is not a CVE id and two numbers from 0 to 1", rows)
		}
		each(id, Entry{Score: p})
	}
	return content{released, rows}, nil
}

// nextLine cuts off a line. The last one need not have an end: what is missing
// of a row is found out by what is in it.
func nextLine(data []byte) (line, rest []byte, err error) {
	end := bytes.IndexByte(data[:min(len(data), maxRow)], '\n')
	switch {
	case end >= 0:
		return bytes.TrimSuffix(data[:end], []byte("\r")), data[end+1:], nil
	case len(data) >= maxRow:
		return nil, nil, fmt.Errorf("it has a line of over %d bytes", maxRow)
	}
	return data, nil, nil
}

// scoreDate reads "#model_version:v2025.03.14,score_date:2025-09-12T12:55:00Z".
func scoreDate(comment string) (time.Time, error) {
	_, date, ok := strings.Cut(comment, "score_date:")
	if !ok || !strings.HasPrefix(comment, "#") {
		return time.Time{}, errors.New("its first line has no score_date: these are no EPSS scores")
	}
	date, _, _ = strings.Cut(date, ",")
	t, ok := parseDate(strings.TrimSpace(date))
	if !ok {
		return time.Time{}, errors.New("its score_date is no date")
	}
	return t, nil
}

// probability reads a number from 0 to 1. NaN is none.
func probability(digits []byte) (float64, bool) {
	p, err := strconv.ParseFloat(string(digits), 64)
	return p, err == nil && p >= 0 && p <= 1
}
