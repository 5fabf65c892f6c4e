// Command fill makes a cache directory for the real Trivy, from the test data
// and the checks of this repository: fill DIR, at the repository's root.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/scangate/scangate/internal/trivycache"
)

func main() {
	if err := fill(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "fill:", err)
		os.Exit(1)
	}
}

func fill(args []string) error {
	if len(args) != 1 {
		return errors.New("want the directory to fill")
	}
	if _, err := trivycache.Fill(args[0]); err != nil {
		return err
	}
	return trivycache.FillChecks(args[0])
}
