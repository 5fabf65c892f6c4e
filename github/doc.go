// Package github speaks to GitHub Actions: the environment that a job gives,
// its outputs and its job summary.
package github
