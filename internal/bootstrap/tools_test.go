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
	for name, script := range map[string]string{
		"openssl":                    "[ \"$*\" = 'dgst -sha256 -r' ] || exit 1; set -- $(" + sum + "); echo \"$1 *stdin\"",
		"an openssl that fails":      "echo unknown option; exit 1",
		"an openssl that says other": "echo 'SHA2-256(stdin)= 00'",
	} {
		t.Run(name, func(t *testing.T) {
			a := newAction(t, table(program), "curl")
			must(t, os.Chmod(a.write("bin/openssl", "#!"+sh+"\n"+script+"\n"), 0o755))
			if name == "openssl" { // nothing else is asked then
				must(t, os.Chmod(a.write("other/sha256sum", "#!"+sh+"\nexit 1\n"), 0o755))
				must(t, os.Rename(filepath.Join(a.dir, "other", "sha256sum"), filepath.Join(a.path, "sha256sum")))
			}
			a.serve(good)
			path, printed, err := a.run()
			runs(t, path, printed, err)
			b := newAction(t, table([]byte("another")), "curl")
			must(t, os.Rename(filepath.Join(a.path, "openssl"), filepath.Join(b.path, "openssl")))
			b.serve(good)
			path, printed, err = b.run()
			refused(t, b, path, printed, err, "it was deleted, not run")
		})
	}
}
