// Package sarif converts findings to and from SARIF 2.1.0, computes GitHub's
// line fingerprints, and tells what GitHub code scanning would refuse or drop.
//
// Encode writes two kinds of copies: the artifact copy has everything that was
// found; the upload copy has only what may become an alert, within GitHub's
// limits. Decode reads any tool's SARIF as if hostile. Lint holds the rules of
// GitHub's ingestion, for which no emulator exists.
package sarif
