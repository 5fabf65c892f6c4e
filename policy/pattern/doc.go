// Package pattern has the patterns that a policy is written with: of texts, and
// of paths as .gitignore has them. They are matched in time that is bounded by
// the lengths of both sides, whatever they hold.
package pattern
