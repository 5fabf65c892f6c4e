// Package nightly tells what has come up about code that nobody touched: it
// compares judged results with what was known before, and writes the text of
// the issue that is kept about it. What was known is a few bytes per finding
// that the issue itself carries, hidden. The package is pure: results, a verdict
// and the time go in, a text comes out.
package nightly
