// Package quiet is made up.
package quiet

// Run is vulnerable, and nobody calls it.
func Run() {}
