// Package rulesfile reads the rules file of OWASP ZAP's packaged scans, which
// says how severe each rule is to a team and which addresses are out of its
// scope, so that a team need not write it anew.
//
// A line is one of
//
//	id<TAB>PASS|IGNORE|INFO|WARN|FAIL[<TAB>(name)[<TAB>message]]
//	id[,id…]<TAB>OUTOFSCOPE<TAB>expression
//
// where an id is a rule's, "10020", or that of one kind of its alerts,
// "10020-1", and * before OUTOFSCOPE stands for every rule. Blank lines and
// lines that begin with # say nothing. The expression is matched from the
// start of an address, as Python's match does.
//
// ZAP ends with exit status 3 when the third column is missing. Only people
// read that column, so here it may be left out.
package rulesfile

import (
	"cmp"
	"regexp"
	"strconv"
)

// Level is what a team thinks of a rule.
type Level int

const (
	Unset  Level = iota // the file does not say
	Pass                // as good as no alert
	Ignore              // not to be reported
	Info
	Warn
	Fail
)

// String returns ZAP's word; it is empty for Unset.
func (l Level) String() string {
	if l < Pass || l > Fail {
		return ""
	}
	return levelNames[l-Pass]
}

// Setting is what a file says of a rule or of one kind of its alerts.
type Setting struct {
	Level   Level
	Message string // the team's own words, may be empty
	Line    int    // from 1; 0: the file does not say
}

// Mention is a rule that the file names and that is not among the known ones.
type Mention struct {
	ID   int
	Line int
}

// File is a rules file. The nil one says nothing.
type File struct {
	Name string

	// Foreign are rules of ZAP's, or of its users' scripts, that the file names
	// though they are not among the known ones, in the file's order: those
	// lines have no effect, and whoever reads the file should say so.
	Foreign []Mention

	settings map[target]Setting
	outside  map[target][]*regexp.Regexp
	anywhere []*regexp.Regexp
}

// target is a rule, or with a kind of its alerts from 1.
type target struct{ rule, kind int }

// String is the way in which a file writes it.
func (t target) String() string {
	if t.kind == 0 {
		return strconv.Itoa(t.rule)
	}
	return strconv.Itoa(t.rule) + "-" + strconv.Itoa(t.kind)
}

// Setting tells what the file says of a rule's alert, where kind is which of
// the rule's kinds of alerts it is, from 1, or 0. What it says of the kind goes
// before what it says of the rule.
func (f *File) Setting(rule, kind int) Setting {
	if f == nil {
		return Setting{}
	}
	return cmp.Or(f.settings[target{rule, kind}], f.settings[target{rule, 0}])
}

// OutOfScope tells whether the file excludes an absolute address from a rule,
// where kind is as for Setting.
func (f *File) OutOfScope(rule, kind int, address string) bool {
	if f == nil {
		return false
	}
	for _, list := range [][]*regexp.Regexp{f.anywhere, f.outside[target{rule, 0}], f.outside[target{rule, kind}]} {
		for _, re := range list {
			if re.MatchString(address) {
				return true
			}
		}
	}
	return false
}
