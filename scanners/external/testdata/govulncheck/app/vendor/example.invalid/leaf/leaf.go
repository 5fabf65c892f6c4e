// Package leaf is made up.
package leaf

// Parse is vulnerable.
func Parse(s string) int { return len(s) }
