// Package suppress finds the marks by which people ask to pass over findings
// in infrastructure code, and says whether one covers a finding: the comments
// of Trivy and tfsec, those of Checkov with its annotations and metadata, and
// scangate's own. It knows marks and places, not checks: it judges nothing and
// drops nothing. docs/iac-suppressions.md says what is honoured where.
package suppress

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/scangate/scangate/text"
)

// Kind is what a file is to the tools whose marks it may carry. It decides
// what is a comment, and how far Checkov's marks reach.
type Kind int

// The kinds of files.
const (
	Terraform      Kind = iota // HCL
	CloudFormation             // YAML or JSON
	Kubernetes                 // manifests in YAML or JSON, also as rendered by Helm or Kustomize
	Workflow                   // of GitHub, and actions
	YAML                       // of any other kind
	Dockerfile
	JSON // has no comments, and no marks
)

// The sources of marks.
const (
	Trivy    = "trivy:ignore"
	Tfsec    = "tfsec:ignore"
	Checkov  = "checkov:skip"
	Scangate = "scangate:ignore"
)

// Bounds of what one file may hold. What is beyond them suppresses nothing,
// which a problem says.
const (
	maxMarks    = 10_000 // marks
	maxAtPlace  = 256    // marks that are about one line, or one object
	maxProblems = 100
	maxID       = 128 // bytes of a check's name
	maxIDs      = 64  // names in one mark
	maxReason   = 200 // bytes
)

// Mark is a request to pass over findings.
type Mark struct {
	Source  string    // Trivy, Tfsec, Checkov or Scangate
	Line    int       // where it is written, from 1
	Reason  string    // one line, or empty
	Expires time.Time // when it ceases to be honoured; zero if never
}

// Problem is something to say about a mark that suppresses nothing.
type Problem struct {
	Line    int
	Message string
	// Unknown says that it is a mark for a check of Checkov's that has no
	// counterpart here: nothing is wrong with it.
	Unknown bool
}

// Place is where something is written: a resource, a block, an attribute.
type Place struct {
	Path       string
	Start, End int // lines, from 1; the last one included. A place without a Start is nowhere.
}

// Subject is a finding, as far as marks are concerned.
type Subject struct {
	// IDs are the names of the check. The first is its id, which Trivy's marks
	// may write in lower case, and by which Checkov's are found: "AWS-0089".
	IDs []string
	// Chain is where the finding is, from the inside out: an attribute, its
	// block, the resource, the call of the module that it is in. A file as a
	// whole is not part of it.
	Chain []Place
	// Workspace is Terraform's; empty is "default".
	Workspace string
	// Attribute returns the value of an attribute of the block at Chain[i], or
	// of the block around it: a string, a float64 or a bool; nil if there is
	// none, or it is not known. A path is as in a mark: "versioning.enabled",
	// "count.index", "each.key". Without Attribute there are no values.
	Attribute func(i int, path string) any
}

// File holds the marks of one file. The zero value has none. It does not
// change, and may be used by several goroutines.
type File struct {
	marks  []mark
	starts map[int][]int // marks by the line on which what they are about begins
	scopes []scope       // of Checkov's marks, in the order of their first lines
}

// Marks are the marks of several files, by path.
type Marks map[string]File

// mark is a Mark with what it takes to judge whether it covers a finding.
type mark struct {
	Mark
	ids       []string // names or patterns; of Checkov's, the ids of the checks here
	skips     []string // what Checkov's names
	fold      bool     // upper and lower case are the same
	workspace string   // a pattern; empty for all
	params    [][2]string
}

// scope is an extent within which marks hold.
type scope struct {
	extent
	marks []int
}

// Parse finds the marks in a file. Only what the file's own language takes for
// a comment counts, and not what is inside a string. A mark that has expired,
// or cannot be honoured, is a problem and suppresses nothing.
func Parse(data []byte, k Kind, now time.Time) (File, []Problem) {
	if !mayHoldMarks(data, k) {
		return File{}, nil
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	p := &parser{data: data, kind: k, now: now, stacked: map[int]bool{}, alone: map[int]bool{}, scopeAt: map[extent]int{}}
	p.comments(comments(data, k))
	p.tree()
	return p.finish()
}

// mayHoldMarks is a look at the bytes, so that a file without marks costs no
// more than that.
func mayHoldMarks(data []byte, k Kind) bool {
	has := func(word string) bool { return bytes.Contains(data, []byte(word)) }
	switch k {
	case JSON:
		return false
	case Kubernetes:
		return has(":ignore") || has(":skip=") || has(".io/skip")
	case CloudFormation:
		return has(":ignore") || has(":skip=") || hasMetadata(data)
	}
	return has(":ignore") || has(":skip=")
}

// Empty reports whether the file has no marks that could cover anything.
func (f File) Empty() bool { return len(f.marks) == 0 }

// parser collects the marks of one file.
type parser struct {
	data     []byte
	kind     Kind
	now      time.Time
	file     File
	problems []Problem
	overflow bool // there were too many marks

	unplaced []placed       // marks that hold at lines
	stacked  map[int]bool   // the lines that begin with a mark
	alone    map[int]bool   // the lines of nothing but a comment with a mark
	skips    []int          // Checkov's marks in comments
	extents  []extent       // that such marks may hold within
	scopeAt  map[extent]int // the number of an extent's scope
}

// placed is a mark before it is known how far down its stack goes.
type placed struct {
	mark  int
	line  int
	below bool // it is also about what begins on the line below
	stack bool // its line begins with a mark
}

// add keeps a mark, unless there are too many, and returns its number or -1.
func (p *parser) add(m mark) int {
	if len(p.file.marks) >= maxMarks {
		if !p.overflow {
			p.overflow = true
			p.problem(m.Line, fmt.Sprintf("more than %d marks in one file: this one and those below suppress nothing", maxMarks))
		}
		return -1
	}
	m.Reason = text.OneLine(m.Reason, maxReason)
	p.file.marks = append(p.file.marks, m)
	return len(p.file.marks) - 1
}

// problem keeps what there is to say about the mark on a line.
func (p *parser) problem(line int, message string) {
	p.say(Problem{Line: line, Message: message})
}

// unknown keeps a remark about a mark that nothing is wrong with.
func (p *parser) unknown(line int, message string) {
	p.say(Problem{Line: line, Message: message, Unknown: true})
}

func (p *parser) say(found Problem) {
	p.problems = append(p.problems, found)
	if len(p.problems) > 4*maxProblems {
		p.problems = cutProblems(p.problems)
	}
}

// finish puts the marks where they are looked up.
func (p *parser) finish() (File, []Problem) {
	p.placeAtLines()
	p.placeInScopes()
	return p.file, cutProblems(p.problems)
}

// cutProblems orders the problems, those that are none last, and keeps as many
// as anybody reads.
func cutProblems(all []Problem) []Problem {
	slices.SortStableFunc(all, func(a, b Problem) int {
		if a.Unknown != b.Unknown {
			if a.Unknown {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
	all = slices.Compact(all)
	return all[:min(len(all), maxProblems)]
}
