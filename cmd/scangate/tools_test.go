package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/scangate/scangate/scanners/external/lock"
)

// digest is the SHA-256 of a text in hexadecimal.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func writeFile(t *testing.T, name, content string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

// oneResult is a program that reports one problem in main.go as SARIF.
const oneResult = `#!/bin/sh
cat <<'END'
{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"house","rules":[{"id":"H1","shortDescription":{"text":"House rule"}}]}},
"results":[{"ruleId":"H1","level":"error","message":{"text":"not like this"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"main.go"},"region":{"startLine":1}}}]}]}]}
END
`

// TestPlugins runs a scanner of the user's own: declared, verified, judged by
// its threshold, and refused when it was changed.
func TestPlugins(t *testing.T) {
	y := newTry(t, "one=ok")
	writeFile(t, "tools/house", oneResult, 0o755)
	conf := func(rest string) {
		writeFile(t, ".scangate.yaml", "version: 1\nplugins:\n  house: {command: [./tools/house], contract: \"1.0\""+rest+"}\npolicy:\n  thresholds:\n    house: {fail-on: any}\n", 0o644)
	}
	y.run("scan", "--scanners", "one").want(0, "VERDICT: PASSED")
	conf(", sha256: " + digest(oneResult))
	y.run("scan").want(1, "house: 1 finding crosses")
	y.run("scan", "--scanners", "house").want(1, "not like this")
	conf(", sha256: " + digest("another"))
	y.run("scan").want(3, "house: failed")
	conf("")
	y.run("scan").want(exitUsage, ".scangate.yaml:3:")
	writeFile(t, ".scangate.yaml", "version: 1\nplugins:\n  iac: {command: [./tools/house], contract: \"1.0\", allow-unsigned: true}\n", 0o644)
	y.scanners = faults("iac=ok")
	y.run("scan").want(exitUsage, "choose another")
}

// TestTools goes through the commands on a lock whose tool comes from a server
// on this machine.
func TestTools(t *testing.T) {
	program := "#!/bin/sh\necho tool\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, program) }))
	defer server.Close()
	y := newTry(t, "one=ok")
	dir := filepath.Join(t.TempDir(), "tools")
	locked := func(sum string) {
		writeFile(t, ".scangate.lock", fmt.Sprintf("version: 1\ntools:\n  gitleaks:\n    version: 8.30.1\n    platforms:\n      %s: {url: %s/gitleaks, sha256: %s}\n", lock.Platform(), server.URL, sum), 0o644)
	}
	y.run("tools").want(exitUsage, "want `scangate tools COMMAND`")
	y.run("tools", "instal").want(exitUsage, "did you mean \"install\"?")
	y.run("tools", "list").want(exitUsage, "locks no tool")
	locked(digest("something else"))
	y.run("tools", "install", "--dir", dir).want(exitIncomplete, "gitleaks")
	locked(digest(program))
	y.run("tools", "list", "--dir", dir).want(0, "not installed")
	y.run("tools", "verify", "--dir", dir).want(exitIncomplete, "1 tool not as locked")
	y.run("tools", "install", "nothing", "--dir", dir).want(exitUsage, "nothing is not in .scangate.lock")
	y.run("tools", "install", "--dir", dir).want(0, "gitleaks 8.30.1 installed: ")
	y.run("tools", "install", "--dir", dir).want(0, "gitleaks 8.30.1 is there: ")
	y.run("tools", "verify", "--dir", dir).want(0, "verified")
	y.run("tools", "update", "--dir", dir).want(exitIncomplete, "gitleaks")
	if err := os.Chmod(filepath.Join(dir, "gitleaks", "8.30.1", "gitleaks"), 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "gitleaks", "8.30.1", "gitleaks"), program+"# changed\n", 0o755)
	y.run("tools", "verify", "--dir", dir).want(exitIncomplete, "gitleaks")
	writeFile(t, ".scangate.lock", "version: 1\ntools: [\n", 0o644)
	y.run("tools", "list").want(exitUsage, ".scangate.lock:")
	y.run("scan").want(exitUsage, ".scangate.lock:")
}

// TestLockedTool sees that a tool which is not what the lock says is not run.
func TestLockedTool(t *testing.T) {
	y := newTry(t, "one=ok")
	bin := t.TempDir()
	marker := filepath.Join(bin, "ran")
	program := "#!/bin/sh\n[ \"$1\" = version ] && echo 8.30.1\ntouch " + marker + "\n"
	writeFile(t, filepath.Join(bin, "gitleaks"), program, 0o755)
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	writeFile(t, ".scangate.lock", fmt.Sprintf("version: 1\ntools:\n  gitleaks:\n    version: 8.30.1\n    platforms:\n      %s: {sha256: %s}\n", lock.Platform(), digest("another")), 0o644)
	y.run("scan", "--scanners", "gitleaks").want(exitIncomplete, "it is not run")
	if _, err := os.Stat(marker); err == nil {
		t.Error("the changed tool ran")
	}
}
