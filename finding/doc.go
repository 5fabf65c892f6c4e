// Package finding is the vocabulary that every part of scangate speaks: what a
// scanner saw (Finding, Rule), where (Location, Package), how bad (Severity),
// and how the scan itself went (Run, Status, Looked, Note). It holds data and
// no behaviour beyond parsing and printing it, and imports nothing of ours.
package finding
