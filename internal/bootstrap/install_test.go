package bootstrap

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func good(w http.ResponseWriter, _ *http.Request) { w.Write(program) }

// TestToolCache runs on a machine that has run it before.
func TestToolCache(t *testing.T) {
	const cached, marker = "tools/scangate/1.2.3/x64/scangate", "tools/scangate/1.2.3/x64.complete"
	for _, tt := range []struct {
		name  string
		since func(a *action) // what has happened to the cache
		asked int32
		says  string
	}{
		{"untouched", func(*action) {}, 1, "from the tool cache, verified"},
		{"tampered", func(a *action) { a.write(cached, "#!/bin/sh\nevil\n") }, 2, "it is removed, and downloaded again"},
		{"not complete", func(a *action) { must(a.t, os.Remove(filepath.Join(a.dir, marker))) }, 2, "downloading"},
		{"gone", func(a *action) { must(a.t, os.Remove(filepath.Join(a.dir, cached))) }, 2, "downloading"},
		{"no more executable", func(a *action) { must(a.t, os.Chmod(filepath.Join(a.dir, cached), 0o644)) }, 2, "downloading"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAction(t, table(program), "curl")
			asked := a.serve(good)
			path, printed, err := a.run()
			runs(t, path, printed, err)
			tt.since(a)
			path, printed, err = a.run()
			runs(t, path, printed, err)
			if asked.Load() != tt.asked || !strings.Contains(printed, tt.says) || path != filepath.Join(a.dir, cached) {
				t.Errorf("%s: asked %d times, want %d, and %q: %s", path, asked.Load(), tt.asked, tt.says, printed)
			}
		})
	}
}

// TestCacheOfAnotherVersion is one that a former release has left.
func TestCacheOfAnotherVersion(t *testing.T) {
	a := newAction(t, table(program), "curl")
	a.serve(good)
	a.write("tools/scangate/1.2.2/x64/scangate", "former")
	a.write("tools/scangate/1.2.2/x64.complete", "")
	path, printed, err := a.run()
	runs(t, path, printed, err)
}

// TestWithoutARunner is a container, or a terminal: less and less is set.
func TestWithoutARunner(t *testing.T) {
	tests := []struct {
		name  string
		unset []string
		under string
	}{
		{"no tool cache", []string{"RUNNER_TOOL_CACHE"}, "temp/scangate/1.2.3/x64"},
		{"no runner", []string{"RUNNER_TOOL_CACHE", "RUNNER_TEMP"}, "tmp/scangate-"},
		{"no output", []string{"RUNNER_TOOL_CACHE", "RUNNER_TEMP", "GITHUB_OUTPUT"}, "tmp/scangate-"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAction(t, table(program), "curl")
			a.serve(good)
			must(t, os.Mkdir(filepath.Join(a.dir, "tmp"), 0o755))
			a.env["TMPDIR"] = filepath.Join(a.dir, "tmp")
			for _, name := range tt.unset {
				delete(a.env, name)
			}
			path, printed, err := a.run()
			if a.env["GITHUB_OUTPUT"] == "" { // it is then printed
				lines := strings.Split(strings.TrimSpace(printed), "\n")
				path = lines[len(lines)-1]
			}
			runs(t, path, printed, err)
			if !strings.HasPrefix(path, filepath.Join(a.dir, tt.under)) {
				t.Errorf("it is at %s, want it below %s", path, tt.under)
			}
		})
	}
}

// TestCacheThatCannotBeWritten is a file where the directory should be, which
// also holds for root.
func TestCacheThatCannotBeWritten(t *testing.T) {
	a := newAction(t, table(program), "curl")
	a.serve(good)
	a.env["RUNNER_TOOL_CACHE"] = a.write("tools/file", "")
	path, printed, err := a.run()
	runs(t, path, printed, err)
	if !strings.HasPrefix(path, a.env["RUNNER_TEMP"]) {
		t.Errorf("it is at %s", path)
	}
}

func TestPlatforms(t *testing.T) {
	lines := ""
	for _, p := range []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64.exe", "windows_arm64.exe"} {
		lines += digest([]byte(p)) + "  scangate_1.2.3_" + p + "\n"
	}
	for _, tt := range []struct{ os, arch, want string }{
		{"Linux", "X64", "linux_amd64"}, {"Linux", "ARM64", "linux_arm64"}, {"macOS", "X64", "darwin_amd64"},
		{"macOS", "ARM64", "darwin_arm64"}, {"Windows", "X64", "windows_amd64.exe"}, {"Windows", "ARM64", "windows_arm64.exe"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			a := newAction(t, lines, "curl")
			a.env["RUNNER_OS"], a.env["RUNNER_ARCH"] = tt.os, tt.arch
			a.env["DOWNLOAD_URL"] = "http://127.0.0.1:1"
			path, printed, err := a.run()
			refused(t, a, path, printed, err, "cannot download http://127.0.0.1:1/scangate_1.2.3_"+tt.want+":")
		})
	}
	for _, p := range [][2]string{{"Linux", "ARM"}, {"Linux", "X86"}, {"SunOS", "X64"}} {
		a := newAction(t, lines, "curl")
		a.env["RUNNER_OS"], a.env["RUNNER_ARCH"] = p[0], p[1]
		path, printed, err := a.run()
		refused(t, a, path, printed, err, "no released binary for", "add actions/setup-go", "binary-path")
	}
}

// TestPlatformOfThisMachine is asked of uname, where there is no runner.
func TestPlatformOfThisMachine(t *testing.T) {
	a := newAction(t, "", "curl")
	runner := exec.Command("go", "env", "GOOS", "GOARCH")
	out, err := runner.Output()
	must(t, err)
	delete(a.env, "RUNNER_OS")
	delete(a.env, "RUNNER_ARCH")
	path, printed, err := a.run()
	refused(t, a, path, printed, err, "for "+strings.Join(strings.Fields(string(out)), "/")+",")
}

func TestTableThatIsWrong(t *testing.T) {
	sum := digest(program)
	for _, tt := range []struct{ name, lines, want string }{
		{"short", sum[1:] + "  " + asset + "\n", "malformed"},
		{"upper case", strings.ToUpper(sum) + "  " + asset + "\n", "malformed"},
		{"more on the line", sum + "  " + asset + " x\n", "malformed"},
		{"twice", sum + "  " + asset + "\n" + sum + "  scangate_1.2.4_linux_amd64\n", "two entries"},
		{"a path", sum + "  scangate_../../x_linux_amd64\n", "has no version"},
		{"a hidden path", sum + "  scangate_1..2_linux_amd64\n", "has no version"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAction(t, tt.lines, "curl")
			asked := a.serve(good)
			path, printed, err := a.run()
			refused(t, a, path, printed, err, "checksums.txt", tt.want)
			if asked.Load() != 0 {
				t.Error("it was downloaded")
			}
		})
	}
}

func TestBinaryPath(t *testing.T) {
	for _, tt := range []struct{ name, path, sum, want string }{
		{"a file", "DIR/given/scan gate", "", ""},
		{"relative", "../given/scan gate", "", ""},
		{"in PATH", "scangate-of-path", "", ""},
		{"verified", "DIR/given/scan gate", digest(program), ""},
		{"verified, in another notation", "DIR/given/scan gate", "sha256:" + digest(program), ""},
		{"another", "DIR/given/scan gate", digest(nil), "has SHA-256 " + digest(program) + ", and binary-sha256 wants " + digest(nil)},
		{"malformed", "DIR/given/scan gate", "abc", "64 lower-case hexadecimal digits"},
		{"missing", "DIR/none", "", "there is no file"},
		{"missing in PATH", "none", "", "there is no file and no program none"},
		{"a directory", "DIR/given", "", "there is no file"},
		{"not executable", "DIR/plain", "", "chmod +x"},
		{"an expansion", "$(touch ran)", "", "there is no file and no program $(touch ran)"},
		{"a digest alone", "", digest(program), "binary-sha256 is for binary-path"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAction(t, table([]byte("not this one"))) // no program to download with
			must(t, os.Chmod(a.write("given/scan gate", string(program)), 0o755))
			must(t, os.Chmod(a.write("bin/scangate-of-path", string(program)), 0o755))
			a.write("plain", string(program))
			a.env["BINARY_PATH"] = strings.Replace(tt.path, "DIR", a.dir, 1)
			a.env["BINARY_SHA256"] = tt.sum
			path, printed, err := a.run()
			if tt.want != "" {
				refused(t, a, path, printed, err, tt.want)
				return
			}
			runs(t, path, printed, err)
			if !filepath.IsAbs(path) {
				t.Errorf("%q depends on the directory", path)
			}
		})
	}
}

// TestBuild is a commit that is no release, with a Go that says how it was
// called.
func TestBuild(t *testing.T) {
	a := newAction(t, "# no release\n")
	must(t, os.Chmod(a.write("bin/go", `#!/bin/sh
echo "$PWD: $* CGO_ENABLED=$CGO_ENABLED GOOS=$GOOS GOFLAGS=$GOFLAGS"
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\necho this is scangate "$@"\n' >"$2"
chmod +x "$2"
`), 0o755))
	a.env["GOOS"], a.env["GOFLAGS"] = "plan9", "-mod=vendor" // of the job's own code
	path, printed, err := a.run()
	runs(t, path, printed, err)
	for _, want := range []string{"/checkout: build -trimpath -buildvcs=false -o " + a.env["RUNNER_TEMP"], " ./cmd/scangate CGO_ENABLED=0 GOOS= GOFLAGS=\n"} {
		if !strings.Contains(printed, want) {
			t.Errorf("it was not run with %q: %s", want, printed)
		}
	}
	a.write("bin/go", "#!/bin/sh\nexit 1\n")
	path, printed, err = a.run()
	if err == nil || path != "" || !strings.Contains(printed, "scangate does not build") {
		t.Errorf("%q: %v: %s", path, err, printed)
	}
}
