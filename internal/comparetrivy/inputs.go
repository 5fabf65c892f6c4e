package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/scangate/scangate/internal/images"
)

// lockfiles compares on every fixture of a lockfile.
func (c comparison) lockfiles() error {
	const fixtures = "scanners/dependency/testdata"
	made, err := filepath.Glob(fixtures + "/*")
	if err != nil {
		return err
	}
	real, err := filepath.Glob(fixtures + "/real/*/*")
	if err != nil {
		return err
	}
	var differ error
	for _, dir := range append(real, made...) {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() || filepath.Base(dir) == "real" {
			continue
		}
		differ = errors.Join(differ, c.directory(dir, true, false))
	}
	return differ
}

// infrastructure compares on every repository of infrastructure code.
func (c comparison) infrastructure() error {
	dirs, err := filepath.Glob("testdata/iac/*/*")
	if err != nil {
		return err
	}
	var differ error
	for _, dir := range dirs {
		theirs, err := c.trivy.settings(dir)
		if err != nil {
			return err
		}
		ours, err := ourSettings(c.db, dir)
		if err != nil {
			return err
		}
		differ = errors.Join(differ, c.book.compare(dir, []string{settings}, theirs, ours, c.all))
	}
	return differ
}

// images compares on images of all operating systems, and on a real Debian if
// there is a directory for its root.
func (c comparison) images(ctx context.Context, debian string) error {
	all, err := images.Systems(".")
	if err != nil {
		return err
	}
	programs, err := images.Languages(".")
	if err != nil {
		return err
	}
	all = append(all, programs)
	if debian != "" {
		root, err := images.MakeDebian(ctx, debian)
		if err != nil { // `make real-images` fails of it
			fmt.Printf("a real Debian: not compared: %v\n", err)
		} else if img, err := root.Image("."); err != nil {
			return err
		} else {
			all = append(all, images.Named{Name: "debian", Image: img})
		}
	}
	var differ error
	for _, n := range all {
		dir := filepath.Join(work, "images", n.Name)
		if err := n.WriteLayout(dir); err != nil {
			return fmt.Errorf("image %s: %w", n.Name, err)
		}
		differ = errors.Join(differ, c.image(dir, dir, ""))
		if n.Index != nil {
			differ = errors.Join(differ, c.otherPlatform(n, dir))
		}
	}
	return differ
}

// otherPlatform has scangate choose from an index in dir. Trivy takes the
// first image of a layout, whatever --platform says, so it gets one that has
// no other.
func (c comparison) otherPlatform(n images.Named, dir string) error {
	alone, err := n.Only("arm64")
	if err != nil {
		return err
	}
	other := dir + "-arm64"
	if err := alone.WriteLayout(other); err != nil {
		return fmt.Errorf("image %s: %w", n.Name, err)
	}
	return c.image(other, dir, otherPlatform)
}

// image compares on an image, for each in the layout that it is to read.
func (c comparison) image(trivys, ours, config string) error {
	theirs, err := c.trivy.image(trivys)
	if err != nil {
		return err
	}
	own, err := ourImage(c.db, ours, config)
	if err != nil {
		return err
	}
	return c.book.compare(trivys, []string{operatingSystem, advisories, packages}, theirs, own, c.all)
}
