package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// tableFile is where the action finds the table, from the top of the repository.
const tableFile = ".github/checksums.txt"

// platforms are those of a release, as the action looks for them.
var platforms = [...]string{
	"darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64", "windows_amd64.exe", "windows_arm64.exe",
}

// entry is a line of a table, which is also sha256sum's.
type entry struct{ sum, name string }

var entryForm = regexp.MustCompile(`^([0-9a-f]{64})  (scangate_[0-9A-Za-z.-]+_[a-z0-9]+_[a-z0-9]+(?:\.exe)?)$`)

// readTable reads the entries of a table, strictly: what the action's script
// would not take is an error here.
func readTable(data []byte) ([]entry, error) {
	var out []entry
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m := entryForm.FindStringSubmatch(line)
		if m == nil || strings.Contains(m[2], "..") {
			return nil, fmt.Errorf("line %d is no digest and name of a binary", i+1)
		}
		out = append(out, entry{m[1], m[2]})
	}
	return out, nil
}

// checkTable says what is wrong with the table of a release: it has every
// platform once, of one version. source is the digest of the source around it.
func checkTable(data []byte, source string) error {
	entries, err := readTable(data)
	if err != nil || len(entries) == 0 {
		return err
	}
	var versions []string
	var have []string
	for _, e := range entries {
		version, platform, _ := strings.Cut(strings.TrimPrefix(e.name, "scangate_"), "_")
		versions, have = append(versions, version), append(have, platform)
	}
	slices.Sort(have)
	if !slices.Equal(have, platforms[:]) {
		return fmt.Errorf("it has %s, and a release has %s", strings.Join(have, " "), strings.Join(platforms[:], " "))
	}
	if len(slices.Compact(versions)) > 1 {
		return errors.New("it has several versions")
	}
	if !bytes.Contains(data, []byte("\n"+sourceLine+source+"\n")) {
		return errors.New("it is of other source than what is around it: only the commit of a release has entries, see docs/verify.md")
	}
	return nil
}

const (
	tableHead  = "# The SHA-256 of every binary of the release that this commit is, as written by\n# `make release`; empty on all other commits, which the action builds with Go.\n"
	sourceLine = "# Built from the files whose names and digests have this digest: "
)

// writeTables lists the binaries in dir in its checksums.txt and, unless it is
// empty, in the file commit of the repository that is the working directory.
func writeTables(dir, commit string) error {
	names, err := filepath.Glob(filepath.Join(dir, "scangate_*"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	var lines bytes.Buffer
	for _, name := range names {
		if strings.HasSuffix(name, ".spdx.json") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		fmt.Fprintf(&lines, "%s  %s\n", hex.EncodeToString(sum[:]), filepath.Base(name))
	}
	if lines.Len() == 0 {
		return fmt.Errorf("%s: no binaries: run make release", dir)
	}
	if err := os.WriteFile(filepath.Join(dir, "checksums.txt"), lines.Bytes(), 0o644); err != nil || commit == "" {
		return err
	}
	source, err := sourceDigest(".")
	if err != nil {
		return err
	}
	data := []byte(tableHead + sourceLine + source + "\n" + lines.String())
	if err := checkTable(data, source); err != nil {
		return fmt.Errorf("%s: %w", commit, err)
	}
	return os.WriteFile(commit, data, 0o644)
}

// sourceDigest is that of what git has of a repository, but for the table,
// which is written afterwards. A shallow clone gives the same.
func sourceDigest(repository string) (string, error) {
	cmd := exec.Command("git", "-C", repository, "ls-files", "--stage", "-z", "--", ".", ":(exclude)"+tableFile)
	list, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git ls-files in %s: %w", repository, err)
	}
	if len(list) == 0 {
		return "", fmt.Errorf("%s: git knows no files there", repository)
	}
	sum := sha256.Sum256(list)
	return hex.EncodeToString(sum[:]), nil
}
