// Command comparetrivy runs Trivy's own command line and scangate on the same
// input and database, and prints where they disagree: on the bundled sample,
// on infrastructure code of every framework, on
// every fixture of a lockfile, and on images of all operating systems. It
// fails on a difference that docs/trivy-differences.md does not explain. `make
// compare-trivy` builds Trivy first, which takes minutes, so it is not part of
// `make ci`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/scangate/scangate/internal/sample"
	"github.com/scangate/scangate/internal/trivycache"
)

const (
	work = "build/compare"

	// developmentConfig has scangate list what is for development, as Trivy
	// does when it is asked to.
	developmentConfig = work + "/development.yaml"
	otherPlatform     = work + "/platform.yaml"
)

// What is compared.
const (
	advisories      = "advisories"
	packages        = "packages"
	settings        = "settings"
	operatingSystem = "system"
)

func main() {
	trivy := flag.String("trivy", "", "Trivy's program")
	debian := flag.String("debian", "", "directory for the root of a Debian; empty: none is built")
	all := flag.Bool("all", false, "print every difference, also those that are explained")
	flag.Parse()
	if err := run(context.Background(), *trivy, *debian, *all, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// run compares on each directory; on everything in this repository when there
// is none.
func run(ctx context.Context, trivy, debian string, all bool, dirs []string) error {
	cache := filepath.Join(work, "cache")
	db, err := prepare(cache)
	if err != nil {
		return err
	}
	c := comparison{trivy: program{trivy, cache}, db: db, book: argued(), all: all}
	if len(dirs) > 0 {
		var differ error
		for _, dir := range dirs {
			differ = errors.Join(differ, c.directory(dir, false, true))
		}
		return differ
	}
	shop := filepath.Join(work, "shop")
	if err := sample.Build(ctx, "testdata/sample/shop", shop); err != nil {
		return err
	}
	return errors.Join(c.directory(shop, false, true), c.infrastructure(), c.lockfiles(), c.images(ctx, debian))
}

// prepare makes the databases and configurations.
func prepare(cache string) (db string, err error) {
	if err := os.RemoveAll(work); err != nil {
		return "", err
	}
	if db, err = trivycache.Fill(cache); err != nil {
		return "", err
	}
	if err := trivycache.FillChecks(cache); err != nil {
		return "", err
	}
	if err := os.WriteFile(developmentConfig, []byte("version: 1\nscanners:\n  dependency: {dev: true}\n"), 0o644); err != nil {
		return "", err
	}
	return db, os.WriteFile(otherPlatform, []byte("version: 1\nscanners:\n  image: {platform: linux/arm64}\n"), 0o644)
}

type comparison struct {
	trivy program
	db    string
	book  book
	all   bool // print what is argued for, too
}

// directory compares on a tree.
func (c comparison) directory(dir string, development, iac bool) error {
	theirs, err := c.trivy.directory(dir, development, iac)
	if err != nil {
		return err
	}
	ours, err := ourDirectory(c.db, dir, development, iac)
	if err != nil {
		return err
	}
	kinds := []string{advisories, packages}
	if iac {
		kinds = append(kinds, settings)
	}
	return c.book.compare(dir, kinds, theirs, ours, c.all)
}
