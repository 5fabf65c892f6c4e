package endtoend

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const version = "9.8.7"

// commit is what stands for <full commit SHA>.
var commit = strings.Repeat("0123456789", 4)

// shared is where the tests of this process share what they make; TestMain
// removes it.
func shared() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("scangate-endtoend-%d", os.Getpid()))
}

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(shared())
	os.Exit(code)
}

// program builds the program, once for all tests that need it.
var program = sync.OnceValues(func() (string, error) {
	name := filepath.Join(shared(), "build", "scangate")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.released="+version, "-o", name, "../../cmd/scangate")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return name, nil
})

// digest is the SHA-256 of the program.
var digest = sync.OnceValues(func() (string, error) {
	name, err := program()
	if err != nil {
		return "", err
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
})

// shell is a shell that stays for a moment when a script fails: act does not wait
// for the last words of a step that does.
const shell = `#!/bin/sh
'%s' "$@"
code=$?
[ "$code" -eq 0 ] || sleep 0.1
exit "$code"
`

// programs is a directory with all that jobs get to call: what install.sh says it
// needs, what the workflows use, and git.
var programs = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(shared(), "programs")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"bash", "cat", "chmod", "cp", "curl", "git", "ls", "mkdir", "mv", "od", "rm", "sh", "sha256sum", "sleep"} {
		path, err := exec.LookPath(name)
		switch {
		case err != nil:
		case strings.HasSuffix(name, "sh"):
			err = os.WriteFile(filepath.Join(dir, name), fmt.Appendf(nil, shell, path), 0o755)
		default:
			err = os.Symlink(path, filepath.Join(dir, name))
		}
		if err != nil {
			return "", err
		}
	}
	return dir, nil
})

// must is what one of these has returned.
func must(t *testing.T, f func() (string, error)) string {
	t.Helper()
	out, err := f()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// release is what there is of scangate on GitHub: the files of the commit that
// workflows name, and the program, for download.
type release struct {
	source string       // where those files are
	url    string       // of the directory with the program
	file   string       // what is downloaded from there
	asked  atomic.Int64 // for the program
}

// newRelease makes a release of the program, of which the job's machine has
// nothing yet.
func newRelease(t *testing.T, j *job) *release {
	t.Helper()
	r := &release{source: t.TempDir(), file: must(t, program)}
	for _, name := range []string{"action.yml", ".github/action/install.sh", ".github/workflows/nightly.yml"} {
		write(t, filepath.Join(r.source, name), read(t, name))
	}
	asset := fmt.Sprintf("scangate_%s_%s_%s", version, runtime.GOOS, runtime.GOARCH)
	write(t, filepath.Join(r.source, ".github/checksums.txt"), must(t, digest)+"  "+asset+"\n")
	mux := http.NewServeMux()
	const dir = "/scangate/scangate/releases/download/v" + version
	mux.HandleFunc("GET "+dir+"/"+asset, func(w http.ResponseWriter, req *http.Request) {
		r.asked.Add(1)
		http.ServeFile(w, req, r.file)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	r.url = server.URL + dir + "/" + asset
	j.env("GITHUB_SERVER_URL", server.URL)
	j.uses("scangate/scangate@"+commit, r.source)
	return r
}
