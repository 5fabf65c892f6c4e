package finding

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// Finding is one thing that a scanner saw. It is a fact: whether it fails the
// build is decided later, by policy, and never stored here.
type Finding struct {
	RuleID         string     `json:"rule"`                     // id of a Rule of the same Run
	Severity       Severity   `json:"severity"`                 //
	SeveritySource string     `json:"severitySource,omitempty"` // who says so: "ghsa", "nvd", "trivy-checks"
	Score          float64    `json:"score,omitempty"`          // CVSS base score, 0 when there is none
	Vector         string     `json:"vector,omitempty"`         // the CVSS vector of the score
	Published      string     `json:"published,omitempty"`      // when the advisory was published, YYYY-MM-DD
	Exploited      string     `json:"exploited,omitempty"`      // when it was added to CISA's catalogue of exploited vulnerabilities, YYYY-MM-DD; see Results.Feeds
	EPSS           float64    `json:"epss,omitempty"`           // the probability that it is exploited within 30 days, 0 when FIRST gives none; see Results.Feeds
	FirstSeen      string     `json:"firstSeen,omitempty"`      // the day of the first scan in a row that found it, YYYY-MM-DD, UTC
	Message        string     `json:"message"`                  // what is wrong here, in a sentence or two of plain text; never a secret
	Fix            string     `json:"fix,omitempty"`            // what to do about it, in a sentence; what can be pasted between backticks
	Location       Location   `json:"location"`
	Related        []Location `json:"related,omitempty"`
	Flows          []Flow     `json:"flows,omitempty"`     // how data gets there, in bounds
	Framework      string     `json:"framework,omitempty"` // "terraform", "kubernetes": what thresholds inside one scanner refer to
	Resource       string     `json:"resource,omitempty"`  // the address of the thing at fault: aws_s3_bucket.logs, Deployment/shop
	Package        *Package   `json:"package,omitempty"`
	Layer          *Layer     `json:"layer,omitempty"`   // the layer of an image that brought it in
	Aliases        []string   `json:"aliases,omitempty"` // other names of the same advisory or check

	// Suppressions are the marks, made in the scanned content, that ask to pass
	// over this finding. It is reported all the same, and does not count.
	Suppressions []Suppression `json:"suppressions,omitempty"`

	// Key tells findings of one rule in one file apart without naming a line:
	// a package and version, a hash of a secret, a resource address. It feeds
	// the fingerprint, so it must survive edits elsewhere in the file.
	Key string `json:"key,omitempty"`

	// KeyOnly says that the finding is the same one wherever it is found: its
	// path is no part of its identity. A secret stays leaked when it is moved.
	KeyOnly bool `json:"keyOnly,omitempty"`

	// Fingerprint identifies the finding across runs; see FingerprintOf.
	Fingerprint string `json:"fingerprint"`

	// Witnesses are the findings of other scanners that are the same thing, and
	// SameAs is the fingerprint of the one of them that is shown in this one's
	// place, if it is not shown itself; see MarkSame.
	Witnesses []Witness `json:"witnesses,omitempty"`
	SameAs    string    `json:"sameAs,omitempty"`

	// Base is where the base of a pull request has the same finding,
	// "lib/main.tf:7"; empty: it is new, or was not compared. See Run.Since.
	Base string `json:"base,omitempty"`

	// Decision is what a policy made of the finding, written into reports for
	// their readers. It is no part of the facts: whoever judges results again
	// overwrites it.
	Decision *Decision `json:"decision,omitempty"`
}

// Decision is a finding's fate in words: "fail", "warn", "pass" or "ignored",
// and the line of the policy that decided it.
type Decision struct {
	Action string `json:"action"`
	By     string `json:"by"`
}

// Location is where a finding is. Lines and columns count from 1; 0 means
// unknown. Columns count UTF-16 code units, as SARIF does by default.
type Location struct {
	Path        string `json:"path,omitempty"` // relative to the scanned root, with forward slashes
	StartLine   int    `json:"startLine,omitempty"`
	StartColumn int    `json:"startColumn,omitempty"`
	EndLine     int    `json:"endLine,omitempty"`
	EndColumn   int    `json:"endColumn,omitempty"`
	LineHash    string `json:"lineHash,omitempty"` // GitHub's primaryLocationLineHash of StartLine
	Commit      string `json:"commit,omitempty"`   // set when the content is only in history: the commit that holds it
	Date        string `json:"date,omitempty"`     // that commit's date, YYYY-MM-DD
	Message     string `json:"message,omitempty"`  // why a related location is related
}

// Package is the installed or required package that a finding is about.
type Package struct {
	Ecosystem    string `json:"ecosystem"` // "npm", "go", "pip", "cargo", "maven", …
	Name         string `json:"name"`
	Version      string `json:"version"`
	FixedVersion string `json:"fixedVersion,omitempty"` // empty: no fix is known
	Status       string `json:"status,omitempty"`       // what its vendor says: "fixed", "affected", "will-not-fix", "fix-deferred", "end-of-life", "under-investigation"
	PURL         string `json:"purl,omitempty"`
	Relationship string `json:"relationship,omitempty"` // "direct", "indirect", or empty when the lockfile does not say
	Dev          bool   `json:"dev,omitempty"`

	// Path is the shortest way by which the package is required: name@version
	// of a direct dependency first, of the package itself last. It is empty for
	// a direct dependency, and when the lockfile does not say.
	Path []string `json:"path,omitempty"`
}

// Layer is the layer of a container image that something came in with.
type Layer struct {
	Digest    string `json:"digest,omitempty"`    // of the layer as it is stored, "sha256:…"
	DiffID    string `json:"diffId,omitempty"`    // of its content
	CreatedBy string `json:"createdBy,omitempty"` // the build step, as the image's history has it
	Base      bool   `json:"base,omitempty"`      // it belongs to the base image
	File      string `json:"file,omitempty"`      // the file in the image
}

// Suppression is a request to pass over a finding: an inline comment or an
// ignore file of the engine's own in the scanned content, or what somebody
// decided where the finding came from.
type Suppression struct {
	Source string `json:"source"`           // "trivy:ignore", "gitleaks:allow", ".gitleaksignore"
	Reason string `json:"reason,omitempty"` // what its author wrote

	// Elsewhere says that it was made outside of the scanned content, as the
	// dismissal of an alert is.
	Elsewhere bool `json:"elsewhere,omitempty"`

	// Inline says that it stands beside the finding, in the scanned content
	// itself: whoever wrote the one could write the other.
	Inline bool `json:"inline,omitempty"`
}

// Rule describes a class of findings: an advisory, a secret pattern, a check.
type Rule struct {
	ID          string   `json:"id"`
	Name        string   `json:"name,omitempty"`        // short CamelCase or kebab-case name, where the engine has one
	Title       string   `json:"title"`                 // one line
	Description string   `json:"description,omitempty"` // plain text
	Help        string   `json:"help,omitempty"`        // how to fix, markdown
	References  []string `json:"references,omitempty"`  // links, the primary one first
	Severity    Severity `json:"severity"`              // of the rule as such; a finding may differ
	Score       float64  `json:"score,omitempty"`       // CVSS base score, 0 when there is none
	Tags        []string `json:"tags,omitempty"`        // "external/cwe/cwe-79"
	Precision   string   `json:"precision,omitempty"`   // "very-high", "high", "medium", "low"
}

// FingerprintOf returns the identity of f as found by scanner: a hash of the
// scanner, the rule, the file and the scanner's Key. Lines are left out, so
// that it survives edits elsewhere in the file. With KeyOnly the file is left
// out, too, so that it survives moves and renames.
func FingerprintOf(scanner string, f Finding) string {
	path := f.Location.Path
	if f.KeyOnly {
		path = ""
	}
	h := sha256.New()
	for _, part := range [...]string{"1", scanner, f.RuleID, path, f.Key} {
		io.WriteString(h, part)
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Fixable reports whether a version that fixes the finding is known. A finding
// that is not about a package is fixed by editing the code, so it is fixable.
func (f Finding) Fixable() bool { return f.Package == nil || f.Package.FixedVersion != "" }

// Suppressed reports whether the scanned content asks to pass over f.
func (f Finding) Suppressed() bool { return len(f.Suppressions) > 0 }
