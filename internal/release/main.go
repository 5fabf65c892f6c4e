// Command release makes what a release has beside its binaries: the table of
// their digests, the list of what is in them, and the container image. All of
// it depends on its input alone, so that anybody gets the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

const usage = `usage: release COMMAND

  table [-commit FILE] DIR       write DIR/checksums.txt, and the table of the repository
  sbom [-version V] BINARY OUT   write the SPDX list of a binary's modules
  roots OUT                      write the certificates of the image
  image [FLAGS]                  make the image of the Dockerfile, without Docker`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	fs := flag.NewFlagSet(args[0], flag.ContinueOnError)
	switch args[0] {
	case "table":
		commit := fs.String("commit", "", "the table in the repository")
		if err := fs.Parse(args[1:]); err != nil || fs.NArg() != 1 {
			return errors.Join(err, errors.New(usage))
		}
		return writeTables(fs.Arg(0), *commit)
	case "sbom":
		version := fs.String("version", "", "of the release")
		if err := fs.Parse(args[1:]); err != nil || fs.NArg() != 2 {
			return errors.Join(err, errors.New(usage))
		}
		return writeSBOM(fs.Arg(0), strings.TrimPrefix(*version, "v"), fs.Arg(1))
	case "roots":
		if err := fs.Parse(args[1:]); err != nil || fs.NArg() != 1 {
			return errors.Join(err, errors.New(usage))
		}
		return writeRoots(fs.Arg(0))
	case "image":
		return imageCommand(fs, args[1:])
	default:
		return errors.New(usage)
	}
}
