package bootstrap

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestOtherTools runs the script with what other systems have instead: macOS
// has shasum, and busybox a wget that knows few options.
func TestOtherTools(t *testing.T) {
	find := func(tool string) string {
		t.Helper()
		path, err := exec.LookPath(tool)
		must(t, err)
		return path
	}
	sum, sh := find("sha256sum"), find("sh")
	t.Run("shasum", func(t *testing.T) {
		a := newAction(t, table(program), "curl")
		must(t, os.Remove(filepath.Join(a.path, "sha256sum")))
		must(t, os.Chmod(a.write("bin/shasum", "#!"+sh+"\n[ \"$*\" = '-a 256' ] && exec "+sum+"\n"), 0o755))
		a.serve(good)
		path, printed, err := a.run()
		runs(t, path, printed, err)
	})
	t.Run("busybox", func(t *testing.T) {
		a := newAction(t, table(program))
		must(t, os.Chmod(a.write("bin/wget", "#!"+sh+`
[ "$#" -eq 4 ] && [ "$1 $2" = "-q -O" ] || exit 1
case $4 in http://127.0.0.1:1/scangate/scangate/releases/download/v1.2.3/`+asset+`) ;; *) exit 1 ;; esac
printf '#!/bin/sh\necho this is scangate "$@"\n' >"$3"
`), 0o755))
		path, printed, err := a.run()
		runs(t, path, printed, err)
	})
}
