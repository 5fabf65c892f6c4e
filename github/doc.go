// Package github speaks to GitHub Actions, by the environment that a job gives,
// its outputs and its job summary, and to GitHub's API: it uploads results to
// code scanning, and reads there which alerts were dismissed.
package github
