package exchange

import (
	"strconv"
	"strings"
	"time"
)

// past is before every response that is judged: what has expired by then has
// expired whatever the time. A clock would make rules give other answers
// tomorrow.
var past = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// Date is when the server says that it answered. Without its word it is a date
// that has passed.
func (x *Exchange) Date() time.Time { return x.date() }

func (x *Exchange) parseDate() time.Time {
	v, _ := x.Header.Get("Date")
	if t, ok := ParseDate(v); ok {
		return t
	}
	return past
}

// ParseDate reads a date as browsers read that of a cookie, which is any form
// with a time, a day, a month's name and a year in it: RFC 6265, section
// 5.1.1. Whatever zone it names, it is in UTC.
func ParseDate(s string) (time.Time, bool) {
	if len(s) > 100 {
		return time.Time{}, false
	}
	var clock []int
	day, month, year := -1, -1, -1
	for _, word := range strings.FieldsFunc(s, delimiter) {
		if clock == nil {
			if clock = clockTime(word); clock != nil {
				continue
			}
		}
		if day < 0 {
			if n, ok := digits(word, 1, 2); ok {
				day = n
				continue
			}
		}
		if month < 0 {
			if month = monthOf(word); month > 0 {
				continue
			}
		}
		if year < 0 {
			if n, ok := digits(word, 2, 4); ok {
				year = n
			}
		}
	}
	switch {
	case year >= 70 && year <= 99:
		year += 1900
	case year >= 0 && year <= 69:
		year += 2000
	}
	if clock == nil || month < 0 || year < 1601 || clock[0] > 23 || clock[1] > 59 || clock[2] > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, clock[0], clock[1], clock[2], 0, time.UTC)
	return t, day > 0 && t.Day() == day // the 31st of February is none
}

// delimiter tells what stands between the words of a date.
func delimiter(r rune) bool {
	return r == '\t' || r >= ' ' && r <= '/' || r >= ';' && r <= '@' || r >= '[' && r <= '`' || r >= '{' && r <= '~'
}

// digits reads the number that a word begins with, if it has from least to
// most digits.
func digits(word string, least, most int) (int, bool) {
	n := 0
	for n < len(word) && word[n] >= '0' && word[n] <= '9' {
		n++
	}
	if n < least || n > most {
		return 0, false
	}
	v, err := strconv.Atoi(word[:n])
	return v, err == nil
}

// clockTime reads hours, minutes and seconds, or returns nil.
func clockTime(word string) []int {
	parts := strings.SplitN(word, ":", 3)
	if len(parts) != 3 {
		return nil
	}
	out := make([]int, 3)
	for i, part := range parts {
		n, ok := digits(part, 1, 2)
		if !ok || i < 2 && strings.Trim(part, "0123456789") != "" {
			return nil
		}
		out[i] = n
	}
	return out
}

func monthOf(word string) int {
	if len(word) < 3 {
		return -1
	}
	i := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(word[:3]))
	if i < 0 || i%3 != 0 {
		return -1
	}
	return i/3 + 1
}
