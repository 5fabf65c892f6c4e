// Package inner is made up.
package inner

import "example.invalid/leaf"

// Serve calls what is vulnerable.
func Serve(s string) int {
	return leaf.Parse(s)
}
