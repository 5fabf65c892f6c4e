// Package dependabot imports a repository's Dependabot alerts from GitHub: open
// ones as findings, dismissed ones as findings that are suppressed with the
// reason of their dismissal.
//
// It asks GitHub with go-github's client and its errors, rates and cursors,
// but decodes alerts itself: go-github v60 knows neither a dependency's
// relationship nor CVSS 4, takes an empty answer for no alerts, and loses the
// whole page for a single alert that it cannot read.
package dependabot
