// Package dependency finds known vulnerabilities in the packages that
// lockfiles name. Trivy's parsers read the lockfiles, and its matching and
// database, through package vulndb, tell which versions are affected.
//
// Nothing is resolved and nothing installed: what no lockfile pins is not
// seen. Lockfiles are hostile input. Their size, the number of their packages
// and their nesting are bounded, and a parser that panics or does not end
// costs that lockfile only.
package dependency
