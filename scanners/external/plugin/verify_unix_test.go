//go:build unix

package plugin

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/external/run"
)

// A program is not run unless it is what the configuration says.
func TestVerification(t *testing.T) {
	s := newSigstore()
	key := newKey()
	content := prints(log(), 0)
	during, after := s.start.Add(24*time.Hour+5*time.Minute), s.start.Add(25*time.Hour)
	files := func() map[string][]byte {
		return map[string][]byte{
			"tools/x": content, "cosign.pub": []byte(publicPEM(key)), "root.json": s.trustedRoot(),
			"x.sig":   []byte(base64.StdEncoding.EncodeToString(sign(key, content)) + "\n"),
			"x.json":  s.bundle(content, &during),
			"late":    s.bundle(content, &after),
			"unknown": s.bundle(content, nil),
			"other":   newSigstore().bundle(content, &during),
			"stale":   s.bundle([]byte("an older one"), &during),
		}
	}
	keyed := "{file: x.sig, key: cosign.pub}"
	keyless := func(bundle string) string {
		return "{bundle: " + bundle + ", identity: " + workflow + ", issuer: " + issuer + ", trusted-root: root.json}"
	}
	written := `{file: x.sig, key: "` + strings.ReplaceAll(publicPEM(key), "\n", `\n`) + `"}`
	tests := []struct {
		name, how string
		change    func(map[string][]byte)
		want      string // of the note, or of the error when it begins with !
	}{
		{"digest", "sha256: " + digest(content), nil, "the program has the SHA-256"},
		{"key", "signature: " + keyed, nil, "the program is signed by the key cosign.pub"},
		{"key written out", "signature: " + written, nil, "the program is signed by the key in the configuration"},
		{"identity, and a certificate that was valid when it was logged", "signature: " + keyless("x.json"), nil, "the program is signed by " + workflow + " (" + issuer + ")"},
		{"certificate that was not", "signature: " + keyless("late"), nil, "!expired, or not valid yet, at the signing time"},
		{"certificate without any time", "signature: " + keyless("unknown"), nil, "!no transparency log entry"},
		{"another Sigstore", "signature: " + keyless("other"), nil, "!transparency log that the trusted root does not have"},
		{"bundle of another file", "signature: " + keyless("stale"), nil, "!of another file, or the file was changed"},
		{"another identity", "signature: " + strings.Replace(keyless("x.json"), "acme/tools", "evil/tools", 1), nil, "!signed by " + workflow},
		{"another issuer", "signature: " + strings.Replace(keyless("x.json"), issuer, "https://gitlab.com", 1), nil, "!signed by " + workflow},
		{"built-in root", "signature: " + strings.Replace(keyless("x.json"), ", trusted-root: root.json", "", 1), nil, "!trusted root does not have"},
		{"changed, digest", "sha256: " + digest(content), func(f map[string][]byte) { f["tools/x"] = prints(log(), 0)[1:] }, "!it was changed"},
		{"changed, key", "signature: " + keyed, func(f map[string][]byte) { f["tools/x"] = prints(log(), 0)[1:] }, "!not signed with the key cosign.pub"},
		{"changed, identity", "signature: " + keyless("x.json"), func(f map[string][]byte) { f["tools/x"] = prints(log(), 0)[1:] }, "!of another file, or the file was changed"},
		{"another key", "signature: " + written, func(f map[string][]byte) {
			other := newKey()
			f["cosign.pub"], f["x.sig"] = []byte(publicPEM(other)), []byte(base64.StdEncoding.EncodeToString(sign(other, content)))
		}, "!not signed with the key in the configuration"},
		{"no signature", "signature: " + keyed, func(f map[string][]byte) { delete(f, "x.sig") }, "!x.sig: no such file"},
		{"no key", "signature: " + keyed, func(f map[string][]byte) { delete(f, "cosign.pub") }, "!cosign.pub: no such file"},
		{"no program", "sha256: " + digest(content), func(f map[string][]byte) { delete(f, "tools/x") }, "!tools/x: no such file"},
		{"broken signature", "signature: " + keyed, func(f map[string][]byte) { f["x.sig"] = []byte("hello!") }, "!neither base64 nor a bundle"},
		{"large signature", "signature: " + keyed, func(f map[string][]byte) { f["x.sig"] = make([]byte, maxSignature+1) }, "!larger than 1 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := files()
			if tt.change != nil {
				tt.change(f)
			}
			dir := repository(t, f)
			p := declare(t, dir, `mine: {command: [./tools/x], contract: "1.0", `+tt.how+`}`)
			report, err := scan(t, p, dir)
			want, refused := strings.CutPrefix(tt.want, "!")
			switch {
			case refused && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("got %v, want %q", err, want)
			case !refused && (err != nil || !strings.HasPrefix(report.Notes[0].Message, want)):
				t.Errorf("got %v, %+v", err, report.Notes)
			}
			if refused && report.Looked.Files > 0 {
				t.Errorf("it ran: %+v", report)
			}
		})
	}
}

// What is changed between the verification and the run is not what runs.
func TestChangedAfterVerification(t *testing.T) {
	good, evil := prints(log(), 0), prints(log("evil.go"), 1)
	dir := repository(t, map[string][]byte{"a.go": nil, "tools/x": good})
	outside := t.TempDir()
	installed := filepath.Join(outside, "x")
	if err := os.WriteFile(installed, good, 0o755); err != nil {
		t.Fatal(err)
	}
	tree, err := scanners.Walk(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	between := func(p *Plugin, name string) (scanners.Report, error) {
		box, err := run.NewBox()
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		prog, err := p.prepare(box, dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, evil, 0o755); err != nil {
			t.Fatal(err)
		}
		var report scanners.Report
		err = p.run(context.Background(), box, prog, tree, []string{"a.go"}, &report)
		return report, err
	}
	report, err := between(declare(t, dir, pinned(good, "")), filepath.Join(dir, "tools/x"))
	if err != nil || len(report.Findings) != 0 {
		t.Errorf("beside the configuration: %+v, %v", report, err)
	}
	for _, how := range []string{"sha256: " + digest(good), "allow-unsigned: true"} {
		if err := os.WriteFile(installed, good, 0o755); err != nil {
			t.Fatal(err)
		}
		report, err = between(declare(t, dir, `mine: {command: [x], contract: "1.0", `+how+`}`, outside), installed)
		if !errors.Is(err, run.ErrChanged) || len(report.Findings) != 0 {
			t.Errorf("installed, %s: %+v, %v", how, report, err)
		}
	}
}

func TestInstalled(t *testing.T) {
	content := prints(log(), 0)
	dir, bin := repository(t, map[string][]byte{"a.go": nil, "bin/x": content}), t.TempDir()
	name := filepath.Join(bin, "x")
	if err := os.WriteFile(name, content, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "bin/x"), 0o755); err != nil {
		t.Fatal(err)
	}
	unsigned := finding.Note{Level: finding.Warning, Message: "the plug-in's program is not verified (allow-unsigned): set sha256 or signature instead"}
	for _, command := range []string{"x", name} {
		report, err := scan(t, declare(t, dir, `mine: {command: [`+command+`], contract: "1.0", allow-unsigned: true}`, bin), dir)
		if err != nil || len(report.Notes) == 0 || report.Notes[0] != unsigned {
			t.Errorf("%s: %+v, %v", command, report, err)
		}
	}
	// Without a digest nothing in the scanned tree runs, however it is named.
	for _, p := range []*Plugin{
		declare(t, dir, `mine: {command: [x], contract: "1.0", allow-unsigned: true}`, filepath.Join(dir, "bin")),
		declare(t, dir, `mine: {command: [`+filepath.Join(dir, "bin/x")+`], contract: "1.0", allow-unsigned: true}`),
	} {
		report, err := scan(t, p, dir)
		if !errors.Is(err, run.ErrInTree) || len(report.Notes) != 1 || report.Notes[0] != unsigned {
			t.Errorf("%+v, %v", report, err)
		}
	}
	_, err := scan(t, declare(t, dir, `mine: {command: [absent], contract: "1.0", sha256: `+digest(content)+`}`, bin), dir)
	if !errors.Is(err, run.ErrNotFound) || !strings.Contains(err.Error(), "install it, or correct command") {
		t.Error(err)
	}
	_, err = scan(t, declare(t, dir, `mine: {command: [x], contract: "1.0", sha256: `+someDigest+`}`, bin), dir)
	if err == nil || !strings.Contains(err.Error(), "it was changed") {
		t.Error(err)
	}
}

// No link leads to a program, a key or a signature outside of the directory.
func TestLinksOut(t *testing.T) {
	content := prints(log(), 0)
	outside := repository(t, map[string][]byte{"x": content})
	dir := repository(t, map[string][]byte{"a.go": nil, "real": content})
	for name, to := range map[string]string{"out": filepath.Join(outside, "x"), "in": "real"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		_, err := scan(t, declare(t, dir, `mine: {command: [./`+name+`], contract: "1.0", sha256: `+digest(content)+`}`), dir)
		if (err == nil) != (name == "in") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := scan(t, declare(t, outside, `mine: {command: [./.], contract: "1.0", sha256: `+digest(content)+`}`), dir); err == nil {
		t.Error("a directory ran")
	}
}

// A program that is installed may be signed, too, by what lies beside the
// configuration.
func TestInstalledAndSigned(t *testing.T) {
	content, key := prints(log(), 0), newKey()
	bin := t.TempDir()
	dir := repository(t, map[string][]byte{
		"a.go": nil, "cosign.pub": []byte(publicPEM(key)), "x.sig": []byte(base64.StdEncoding.EncodeToString(sign(key, content))),
	})
	name := filepath.Join(bin, "x")
	if err := os.WriteFile(name, content, 0o755); err != nil {
		t.Fatal(err)
	}
	p := declare(t, dir, `mine: {command: [x], contract: "1.0", signature: {file: x.sig, key: cosign.pub}}`, bin)
	report, err := scan(t, p, dir)
	if err != nil || report.Notes[0].Message != "the program is signed by the key cosign.pub" {
		t.Errorf("%+v, %v", report, err)
	}
	if err := os.Chmod(name, 0o777); err != nil {
		t.Fatal(err)
	}
	report, err = scan(t, p, dir)
	if err != nil || report.Notes[0].Level != finding.Warning || !strings.Contains(report.Notes[0].Message, "can be written by everyone") {
		t.Errorf("%+v, %v", report, err)
	}
	if err := os.WriteFile(name, prints(log("evil"), 1), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err = scan(t, p, dir); err == nil || !strings.Contains(err.Error(), "not signed with the key cosign.pub") {
		t.Error(err)
	}
}
