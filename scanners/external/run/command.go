package run

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Command is what to run, and within which bounds.
type Command struct {
	Program string   // an absolute path, as Search.Find returns it
	SHA256  string   // what the program must hash to, in hexadecimal; empty: anything
	Args    []string // without the program's name
	Dir     string   // where it works; empty: the home directory in its box
	Env     []string // "NAME=value", besides those that every tool gets, which it may replace

	// Path are the absolute directories in which the tool finds programs of
	// its own, before the program's own directory and the system's. None may
	// be inside the scanned tree: Search.Path gives those that are not.
	Path     []string
	Writable []string // directories that the tool may change, besides its box
	Network  bool     // whether it may use the network

	Stdin   []byte
	Timeout time.Duration // 0: DefaultTimeout
	Limits  Limits
}

// Limits bound what a tool may use. Zero stands for the default, and -1, where
// it is allowed, for no limit. Those of memory, file size and open files hold
// for each process of the tool, on Linux only.
type Limits struct {
	Stdout   int64 // bytes, default 256 MiB
	Stderr   int64 // bytes, default 8 MiB
	FileSize int64 // bytes of any file it writes, default 2 GiB; or -1
	Memory   int64 // bytes of private writable memory, default 8 GiB; or -1
	Files    int64 // open files, default 4096; or -1
}

// DefaultTimeout ends tools for which nothing else is said.
const DefaultTimeout = 10 * time.Minute

// defaults replaces what is zero.
func (l Limits) defaults() Limits {
	return Limits{
		Stdout:   cmp.Or(l.Stdout, 256<<20),
		Stderr:   cmp.Or(l.Stderr, 8<<20),
		FileSize: cmp.Or(l.FileSize, 2<<30),
		Memory:   cmp.Or(l.Memory, 8<<30),
		Files:    cmp.Or(l.Files, 4096),
	}
}

// name is how messages call the tool.
func (c *Command) name() string { return quote(filepath.Base(c.Program)) }

// complete checks a command and fills in what was left out.
func (c Command) complete() (Command, error) {
	if !filepath.IsAbs(c.Program) {
		return c, fmt.Errorf("%s is not the absolute path of a program", quote(c.Program))
	}
	if ext := strings.ToLower(filepath.Ext(c.Program)); runtime.GOOS == "windows" && (ext == ".bat" || ext == ".cmd") {
		return c, &failure{ErrNotExecutable, c.name() + " is a batch file, which only a shell can run: name the program that it calls"}
	}
	for _, dirs := range [][]string{c.Path, c.Writable} {
		for _, dir := range dirs {
			if !filepath.IsAbs(dir) {
				return c, fmt.Errorf("%s: %s is not the absolute path of a directory", c.name(), quote(dir))
			}
		}
	}
	for _, dir := range c.Path {
		if strings.ContainsRune(dir, filepath.ListSeparator) {
			return c, fmt.Errorf("%s: %s cannot be one directory of a PATH", c.name(), quote(dir))
		}
	}
	for _, dir := range append([]string{c.Dir}, c.Writable...) {
		if info, err := os.Stat(dir); dir != "" && (err != nil || !info.IsDir()) {
			return c, fmt.Errorf("%s: there is no directory %s", c.name(), quote(dir))
		}
	}
	for _, e := range c.Env {
		if name, _, ok := strings.Cut(e, "="); !ok || name == "" || strings.ContainsRune(e, 0) {
			return c, fmt.Errorf("%s: an environment variable is not of the form NAME=value", c.name())
		}
	}
	c.Limits = c.Limits.defaults()
	if c.Limits.Stdout < 0 || c.Limits.Stderr < 0 {
		return c, fmt.Errorf("%s: output always has a limit", c.name())
	}
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	return c, nil
}
