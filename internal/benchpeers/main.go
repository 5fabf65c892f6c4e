// Command benchpeers times scangate beside the command lines of Trivy and
// Gitleaks on the same inputs, database and machine, in turns, and prints what
// each took and the ratio. `make bench-peers` builds them first. It judges nothing: figures of a
// busy machine are no test.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/scangate/scangate/internal/iacsample"
	"github.com/scangate/scangate/internal/trivycache"
)

const work = "build/bench"

func main() {
	trivy := flag.String("trivy", "", "Trivy's program")
	gitleaks := flag.String("gitleaks", "", "Gitleaks' program")
	rounds := flag.Int("rounds", 3, "how often each is run")
	megabytes := flag.Int("image", 500, "size of the image, in MB")
	only := flag.String("only", "", "run only what has this in its name")
	making := flag.Bool("make", false, "only make the inputs")
	flag.Parse()
	if *making {
		if err := makeInputs(*megabytes); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(*trivy, *gitleaks, *only, *rounds, *megabytes); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// The inputs.
var (
	mono    = filepath.Join(work, "mono")
	npm     = filepath.Join(work, "npm")
	archive = filepath.Join(work, "image.tar")
	empty   = filepath.Join(work, "empty")
	history = filepath.Join(work, "history")
	tf70    = filepath.Join(work, "terraform")
	k170    = filepath.Join(work, "kubernetes")
	nested  = filepath.Join(work, "nested")
	noIaC   = filepath.Join(work, "none")
)

func makeInputs(megabytes int) error {
	return errors.Join(makeMonorepo(mono), makeNPM(npm, 20_000), makeArchive(archive, megabytes), makeHistory(history), os.MkdirAll(empty, 0o755),
		iacsample.Terraform70(tf70), iacsample.Kubernetes170(k170), iacsample.NestedModules(nested), iacsample.NoIaC(noIaC))
}

// contest is one input with the command lines that look at it.
type contest struct {
	name   string
	ours   []string
	peers  []peer
	goal   string // of the ratio to the first peer, or of scangate itself
	skips  bool   // there is nothing for scangate to look at, which is exit code 3
	before func() error
}

// peer is another program.
type peer struct {
	name string
	args []string
}

func run(trivy, gitleaks, only string, rounds, megabytes int) error {
	if err := os.RemoveAll(work); err != nil {
		return err
	}
	cache := filepath.Join(work, "cache")
	db, err := trivycache.Fill(cache)
	if err != nil {
		return err
	}
	fmt.Println("Making the inputs …")
	// In a process of its own: a new process counts as large as the one that
	// starts it.
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if out, err := exec.Command(self, "-make", "-image", strconv.Itoa(megabytes)).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	results := filepath.Join(work, "results.json")
	ours := func(dir string, more ...string) []string {
		return append([]string{"bin/scangate", "scan", dir, "--offline", "--db", db, "--results", results}, more...)
	}
	theirs := func(command, scan string, args ...string) []peer {
		return []peer{{"trivy", append([]string{trivy, command, "--quiet", "--cache-dir", cache, "--skip-db-update", "--skip-java-db-update", "--offline-scan", "--skip-version-check",
			"--scanners", scan, "--format", "json", "--output", filepath.Join(work, "trivy.json")}, args...)}}
	}
	fresh := func() error {
		return errors.Join(os.RemoveAll(filepath.Join(work, "home")), os.RemoveAll(filepath.Join(cache, "fanal")))
	}
	contests := []contest{
		{name: "3,000 files, 20 lockfiles", ours: ours(mono, "--scanners", "dependency"), peers: theirs("fs", "vuln", mono), goal: "CPU and memory at most 0.3"},
		{name: "npm lockfile of 20,000 packages", ours: ours(npm, "--scanners", "dependency"), peers: theirs("fs", "vuln", npm), goal: "under 1 s of CPU"},
		{name: fmt.Sprintf("image of %d MB, with secrets", megabytes), ours: ours(empty, "--scanners", "image", "--image", "docker-archive:"+archive),
			peers: theirs("image", "vuln,secret", "--input", archive), goal: "wall at most 0.6, memory under 250 MB", before: fresh},
		{name: fmt.Sprintf("image of %d MB, packages only", megabytes), ours: ours(noSecrets(), "--scanners", "image", "--image", "docker-archive:"+archive),
			peers: theirs("image", "vuln", "--input", archive), before: fresh},
		{name: fmt.Sprintf("history of %d commits", commits), ours: ours(history, "--scanners", "secret"), goal: "wall and CPU at most 0.35, memory under 300 MB", before: fresh,
			peers: []peer{
				{"gitleaks", []string{gitleaks, "git", history, "--no-banner", "--redact", "--log-level", "error", "--report-path", filepath.Join(work, "gitleaks.json")}},
				{"git log", []string{"git", "-C", history, "log", "-p", "--all"}},
			}},
	}
	for _, c := range []struct{ name, dir, scanner, goal string }{
		{"Terraform, 70 files", tf70, "iac", "wall and CPU at most 0.5, memory 0.7"},
		{"Kubernetes, 170 documents", k170, "iac", "wall and CPU at most 0.25, memory 0.7"},
		{"Terraform, nested modules", nested, "iac", "wall and CPU at most 0.6, memory 0.7"},
		{"5,000 files without infrastructure", noIaC, "iac", "20 ms above the next"},
		{"the same without infrastructure, for lockfiles", noIaC, "dependency", ""},
	} {
		contests = append(contests, contest{name: c.name, ours: ours(c.dir, "--scanners", c.scanner), goal: c.goal, skips: c.dir == noIaC, peers: []peer{{"trivy",
			[]string{trivy, "config", "--quiet", "--cache-dir", cache, "--skip-check-update", "--skip-version-check", "--format", "json", "--output", filepath.Join(work, "trivy.json"), c.dir}}}})
	}
	var chosen []contest
	for _, c := range contests {
		if only == "" || strings.Contains(c.name, only) {
			chosen = append(chosen, c)
		}
	}
	fmt.Printf("%-34s %-9s %8s %8s %8s\n", "median of "+fmt.Sprint(rounds), "", "wall s", "CPU s", "MiB")
	for _, c := range chosen {
		if err := c.hold(rounds); err != nil {
			return err
		}
	}
	return nil
}

// noSecrets makes a directory whose configuration leaves out the search for
// secrets.
func noSecrets() string {
	dir := empty + "-no-secrets"
	// A failure shows when the directory is scanned.
	_ = os.MkdirAll(dir, 0o755)
	_ = os.WriteFile(filepath.Join(dir, ".scangate.yaml"), []byte("version: 1\nscanners:\n  image: {no-secrets: true}\n"), 0o644)
	return dir
}

// figures are what one run took.
type figures struct{ wall, cpu, memory float64 }

func (c contest) hold(rounds int) error {
	all := make([][]figures, 1+len(c.peers))
	for range rounds {
		for i := range all {
			if c.before != nil {
				if err := c.before(); err != nil {
					return err
				}
			}
			args := c.ours
			if i > 0 {
				args = c.peers[i-1].args
			}
			f, err := measure(args, c.skips)
			if err != nil {
				return err
			}
			all[i] = append(all[i], f)
		}
	}
	us := median(all[0])
	fmt.Printf("%-34s %-9s %8.2f %8.2f %8.0f   %s\n", c.name, "scangate", us.wall, us.cpu, us.memory, c.goal)
	for i, p := range c.peers {
		them := median(all[i+1])
		fmt.Printf("%-34s %-9s %8.2f %8.2f %8.0f\n", "", p.name, them.wall, them.cpu, them.memory)
		fmt.Printf("%-34s %-9s %8.2f %8.2f %8.2f\n", "", "  ratio", us.wall/them.wall, us.cpu/them.cpu, us.memory/them.memory)
	}
	return nil
}

// measure runs a command to its end. Exit code 1 is a finding.
func measure(args []string, skips bool) (figures, error) {
	cmd := exec.Command(args[0], args[1:]...)
	home, err := filepath.Abs(filepath.Join(work, "home"))
	if err != nil {
		return figures{}, err
	}
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+home)
	start := time.Now()
	// Written away: nobody's time is spent on keeping it.
	var problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.Discard, &problems
	err = cmd.Run()
	wall := time.Since(start)
	if code := cmd.ProcessState.ExitCode(); err != nil && code != 1 && !(skips && code == 3) {
		return figures{}, fmt.Errorf("%s: %w: %s", args[0], err, problems.Bytes())
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return figures{}, errors.New("this system does not tell what a process used")
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return figures{wall.Seconds(), cpu.Seconds(), float64(usage.Maxrss) / 1024}, nil
}

// median takes each figure on its own.
func median(all []figures) figures {
	pick := func(of func(figures) float64) float64 {
		var list []float64
		for _, f := range all {
			list = append(list, of(f))
		}
		slices.Sort(list)
		return list[len(list)/2]
	}
	return figures{
		pick(func(f figures) float64 { return f.wall }),
		pick(func(f figures) float64 { return f.cpu }),
		pick(func(f figures) float64 { return f.memory }),
	}
}
