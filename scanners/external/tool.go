package external

import (
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// Tool is what is known of a program of somebody else's.
type Tool struct {
	Name     string   // the scanner's: config key, category, threshold key
	Programs []string // what must be there: the one that is run, then what that one runs
	Version  Version
	Target   string // what it looks at if not the tree, an image or an address, without secrets
	Network  bool   // it asks somebody: --offline forbids it
	Local    bool   // whom it asks is this machine alone: --offline allows it

	// Else is the tool to be instead where its program is not installed.
	Else *Tool

	// Exits are the statuses besides 0 with which it ends when it has found
	// something. Any other one leaves doubt about what it did not say.
	Exits []int

	// Units finds in the tree what the tool applies to.
	Units func(t *scanners.Tree) (Units, error)
	// Others are what does the same for units of another Mode, by that mode:
	// programs of their own, which need Programs, Version, Exits, Call and Read.
	Others map[string]Tool
	// Install is a command; empty: that of the tool's About.
	Install string
	// Project makes copies of what a unit is about. The tool then works among
	// them in its own directory, and the rest of the tree, which may say how it
	// is to work, is not in its way. nil: it works in the tree.
	Project func(t *scanners.Tree, u Unit) (map[string][]byte, error)
	// Call is how the tool is started for a unit.
	Call func(u Unit, p Place) Call
	// Read turns the tool's output into findings. It fails on what it cannot
	// read to the end.
	Read func(o Output, r *Reading) error
	// Remedy is what people can do about a status and what was complained about,
	// or ""; nil: nothing is known.
	Remedy func(exit int, stderr []byte) string
	// Join merges the findings of all units; nil: they stay as they are.
	Join func([]finding.Finding) []finding.Finding
}

// Version is how a tool is asked for its version.
type Version struct {
	Args   []string // empty: it is not asked, and its output may say
	Env    []string // "NAME=value", for the question
	Oldest string   // the oldest one that works, "7" or "3.2.1"
	Before string   // the first one that no longer does; empty: none is known
}

// Units is what a tool applies to.
type Units struct {
	List []Unit
	None string         // why the list is empty, when it is
	What string         // what there is to do, one line; empty: the units are listed
	Gaps []finding.Note // what was asked for and cannot be done
}

// Unit is what one start of a tool is about.
type Unit struct {
	Dir  string // where it works, relative to the tree, "." for the tree itself
	Name string // for people and messages; empty when there is only one
	File string // the file that it is about, if it is one, relative to the tree
	Mode string // what tells two starts in one directory apart
}

// Place is where a tool runs.
type Place struct {
	Tree string                   // the absolute path of the scanned directory
	File func(name string) string // where a file of the tool's own directory is
}

// Call is a start of a tool.
type Call struct {
	Args  []string
	Env   []string          // "NAME=value", besides what every tool gets
	Files map[string][]byte // what is put into its own directory beforehand
	// Output is the file in its own directory that it writes; empty: it writes
	// to its standard output.
	Output string
	// Apart has it work in its own home directory instead of the unit's, for a
	// tool that reads settings from where it works.
	Apart bool
	// Then is started next, in the same box, if this one ends with status 0.
	// What counts is the output of the last one. Then of Then is not looked at.
	Then []Call
	// Complaints picks what messages may quote from what it prints beside that
	// file; nil: its standard error.
	Complaints func(stdout, stderr []byte) []byte
	// Undo are arguments to start it with again when it did not come to an end
	// of its own: to end what is no child of its.
	Undo []string
	// Timeout bounds this start; 0: only the scan's own limit does.
	Timeout time.Duration
}

// Output is what a tool said.
type Output struct {
	Data   []byte
	Stdout []byte // beside a file
	Stderr []byte
	Exit   int
	Unit   Unit
}

// About is what people should know of a tool. The table of
// docs/external-tools.md is made of it.
type About struct {
	Name       string
	Adds       string // what scangate itself does not have
	Sends      string // what leaves the machine, and to whom
	Licence    string // SPDX
	Install    string // a command
	Example    string // a line of the configuration's scanners section
	Frameworks []string
}

// Known lists the tools in the order of the documentation.
func Known() []About {
	return []About{
		aboutNPMAudit(), aboutCargoAudit(), aboutGovulncheck(), aboutOSVScanner(), aboutGrype(),
		aboutTrivy(), aboutGitleaks(), aboutCheckov(), aboutBandit(), aboutSemgrep(),
		aboutHadolint(), aboutZizmor(), aboutNuclei(), aboutZAP(), aboutCodeQL(), aboutSARIF(),
	}
}

// about finds a tool's entry; a tool without one has none of it.
func about(name string) About {
	all := Known()
	if i := slices.IndexFunc(all, func(a About) bool { return a.Name == name }); i >= 0 {
		return all[i]
	}
	return About{Name: name}
}

// Table is the table of the documentation, in Markdown.
func Table() string {
	var b strings.Builder
	b.WriteString("| Tool | What it adds | What it sends, and to whom | Licence | Install | Example |\n|---|---|---|---|---|---|\n")
	for _, a := range Known() {
		b.WriteString("| `" + a.Name + "` | " + a.Adds + " | " + a.Sends + " | " + a.Licence + " | " + code(a.Install) + " | `" + a.Example + "` |\n")
	}
	return b.String()
}

func code(s string) string {
	if s == "" {
		return "nothing to install"
	}
	return "`" + s + "`"
}
