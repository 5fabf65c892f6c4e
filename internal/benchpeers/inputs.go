package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/scangate/scangate/internal/images"
)

// write makes a file and the directories above it.
func write(name, content string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(content), 0o644)
}

// npmLock is a lockfile of n packages, one of them vulnerable.
func npmLock(n int) string {
	type pkg struct {
		Version      string            `json:"version,omitempty"`
		Resolved     string            `json:"resolved,omitempty"`
		Integrity    string            `json:"integrity,omitempty"`
		License      string            `json:"license,omitempty"`
		Dependencies map[string]string `json:"dependencies,omitempty"`
	}
	packages := map[string]pkg{"": {Dependencies: map[string]string{"package-0": "^1.0.0", "minimist": "1.2.5"}}, "node_modules/minimist": {Version: "1.2.5"}}
	for i := range n {
		packages[fmt.Sprintf("node_modules/package-%d", i)] = pkg{
			Version: fmt.Sprintf("%d.%d.%d", i%9, i%31, i%17), License: "MIT",
			Resolved:     fmt.Sprintf("https://registry.example.com/package-%d/-/package-%d.tgz", i, i),
			Integrity:    "sha512-" + strings.Repeat("A", 86) + "==",
			Dependencies: map[string]string{fmt.Sprintf("package-%d", (i+1)%n): "^1.0.0", fmt.Sprintf("package-%d", (i*7+3)%n): "*"},
		}
	}
	data, err := json.MarshalIndent(map[string]any{"name": "app", "lockfileVersion": 3, "packages": packages}, "", "  ")
	if err != nil {
		panic(err) // strings and maps of strings
	}
	return string(data)
}

func makeNPM(dir string, n int) error {
	return write(filepath.Join(dir, "package-lock.json"), npmLock(n))
}

// makeMonorepo makes 20 lockfiles, four of each of the sample's, among 3,000
// files of source.
func makeMonorepo(dir string) error {
	for i := range 4 {
		if err := write(filepath.Join(dir, fmt.Sprintf("web%d", i), "package-lock.json"), npmLock(1500)); err != nil {
			return err
		}
		for _, lock := range []string{"api/go.mod", "worker/Cargo.lock", "admin/Gemfile.lock", "jobs/requirements.txt"} {
			data, err := os.ReadFile(filepath.Join("testdata/sample/shop", lock))
			if err != nil {
				return err
			}
			if err := write(filepath.Join(dir, fmt.Sprintf("service%d", i), lock), string(data)); err != nil {
				return err
			}
		}
	}
	for i := range 2980 {
		line := fmt.Sprintf("export const value%d = %d\n", i, i)
		if err := write(filepath.Join(dir, "src", fmt.Sprintf("d%d", i/60), fmt.Sprintf("f%d.js", i)), strings.Repeat(line, 20+i%400)); err != nil {
			return err
		}
	}
	return nil
}

// makeArchive makes what docker save would.
func makeArchive(file string, megabytes int) error {
	dir := file + ".layers"
	defer os.RemoveAll(dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	big, err := images.Big(dir, megabytes)
	if err != nil {
		return err
	}
	tag, err := name.NewTag("bench:1")
	if err != nil {
		return err
	}
	return tarball.WriteToFile(file, tag, big.Image)
}
