// Package audit keeps the log of what scangate was asked and what it answered:
// a line of JSON for each run, appended to a file. Each line holds the digest of
// the line before it, so that a line that was edited or taken out shows.
package audit

import "time"

// SchemaVersion is the version of the records.
const SchemaVersion = 1

// Record is a run: who asked for what, what judged it, and what came of it.
// Everything in it is bounded in length, and holds no secret that Clean knows.
type Record struct {
	Version  int    `json:"schemaVersion"`
	Previous string `json:"previous"` // SHA-256 of the line before, without its end; empty for the first one

	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`
	Duration int64     `json:"durationMs"`

	Command    string     `json:"command"`
	Arguments  []string   `json:"arguments"`
	Directory  string     `json:"directory"` // the base name of the working directory
	Actor      Claim      `json:"actor,omitzero"`
	Job        Claim      `json:"job,omitzero"`
	Repository Repository `json:"repository"`

	Versions Versions  `json:"versions"`
	Files    []File    `json:"files"`
	Policy   string    `json:"policy,omitempty"` // SHA-256 of what judged: see the documentation
	Database *Database `json:"database,omitempty"`

	Verdict  Verdict   `json:"verdict"`
	Scanners []Scanner `json:"scanners"`
	More     int       `json:"moreScanners,omitempty"` // that did not fit
}

// Claim is something that the surroundings say, and where: a variable of the
// environment, which whoever starts the program can set.
type Claim struct {
	Value string `json:"value"`
	From  string `json:"from"`
}

// Repository is what was scanned. What is not known is left out.
type Repository struct {
	Name   string `json:"name,omitempty"` // owner/name, as its host has it
	Root   string `json:"root,omitempty"` // the base name of the scanned directory
	Commit string `json:"commit,omitempty"`
}

// Versions are those of the program and of what it is made of.
type Versions struct {
	Scangate string            `json:"scangate"`
	Go       string            `json:"go"`
	Platform string            `json:"platform"` // linux/amd64
	Engines  map[string]string `json:"engines"`  // those that are built in
	Binary   string            `json:"binary,omitempty"`
}

// File is a file that decided about the outcome, or holds it.
type File struct {
	Role   string `json:"role"` // config, baseline, ignore, vex, input, results
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Database is the vulnerability database that was used.
type Database struct {
	Built  time.Time `json:"built"`
	Digest string    `json:"digest,omitempty"`
}

// Verdict is how the run ended. The outcome is "error" when it did not get as
// far as one.
type Verdict struct {
	Outcome  string `json:"outcome"`
	ExitCode int    `json:"exitCode"`
	Reasons  int    `json:"reasons"`
	Errors   int    `json:"errors"` // what went wrong besides
}

// Scanner is how a scanner fared with one target.
type Scanner struct {
	Name     string                    `json:"name"`
	Target   string                    `json:"target,omitempty"`
	Engine   string                    `json:"engine,omitempty"`
	Version  string                    `json:"version,omitempty"`
	Status   string                    `json:"status"`
	Duration int64                     `json:"durationMs"`
	Findings map[string]map[string]int `json:"findings"` // how many, by severity and decision
}
