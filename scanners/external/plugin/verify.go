package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/external/run"
	"github.com/scangate/scangate/text"
)

const (
	maxProgram   = 256 << 20
	maxSignature = 1 << 20
)

// program is what was verified and is going to run.
type program struct {
	path   string // absolute
	sha256 string // what it was verified with, for the runner to hold it to
	notes  []finding.Note
}

// prepare finds a plug-in's program and verifies it. One beside the
// configuration may be changed by anyone who can write there at any time, and
// by the scanned repository itself: it is read once, and what was read is put
// into the box and run from there. One that is installed stays where it is, as
// it may need what lies around it.
func (p *Plugin) prepare(box *run.Box, tree string) (program, error) {
	if !p.beside {
		return p.installed(tree)
	}
	content, err := p.read(p.program, maxProgram)
	if err != nil {
		return program{}, fmt.Errorf("command: %w", err)
	}
	sum := sha256.Sum256(content)
	out := program{sha256: hex.EncodeToString(sum[:])}
	if err := p.verify(&out, func() ([]byte, error) { return content, nil }); err != nil {
		return program{}, err
	}
	name := filepath.Join("plugin", filepath.Base(p.program))
	if err := box.Write(name, content); err != nil {
		return program{}, fmt.Errorf("cannot copy the program: %w", fileio.Cause(err))
	}
	out.path = box.Path(name)
	if err := os.Chmod(out.path, 0o700); err != nil {
		return program{}, fmt.Errorf("cannot copy the program: %w", fileio.Cause(err))
	}
	return out, nil
}

// installed finds a program outside of the scanned tree.
func (p *Plugin) installed(tree string) (program, error) {
	s := run.Search{Dirs: p.options.Path, Tree: tree, Hint: "install it, or correct command in the configuration; a program in the repository is named relative to the configuration"}
	found, err := s.Find(p.program)
	if err != nil {
		return program{}, err
	}
	out := program{path: found.Path}
	for _, n := range found.Notes {
		out.notes = append(out.notes, finding.Note{Level: finding.Warning, Message: n})
	}
	if p.signed == nil {
		if out.sha256, err = run.Hash(found.Real); err != nil {
			return program{}, fmt.Errorf("cannot read the program: %w", fileio.Cause(err))
		}
	}
	err = p.verify(&out, func() ([]byte, error) {
		f, err := os.Open(found.Real)
		if err != nil {
			return nil, fileio.Cause(err)
		}
		defer f.Close()
		content, err := bounded(f, maxProgram)
		sum := sha256.Sum256(content)
		out.sha256 = hex.EncodeToString(sum[:])
		return content, err
	})
	return out, err
}

// verify checks a program as the declaration asks for, and notes how it did.
func (p *Plugin) verify(out *program, content func() ([]byte, error)) error {
	note := finding.Note{Level: finding.Information}
	switch {
	case p.signed != nil:
		b, err := content()
		if err != nil {
			return err
		}
		by, err := p.signer(b)
		if err != nil {
			return fmt.Errorf("the program is not run: signature: %w", err)
		}
		note.Message = "the program is signed by " + by
	case p.sha256 != "":
		if out.sha256 != p.sha256 {
			return fmt.Errorf("the program is not run: %s has SHA-256 %s…, not %s…: it was changed; have it reviewed and correct sha256 if the change is right",
				text.OneLine(p.program, 200), out.sha256[:12], p.sha256[:12])
		}
		note.Message = "the program has the SHA-256 of the configuration, " + out.sha256[:12] + "…"
	default:
		note = p.unsigned()
	}
	out.notes = append(out.notes, note)
	return nil
}

// unsigned is the note that every report of an unverified plug-in has.
func (p *Plugin) unsigned() finding.Note {
	return finding.Note{Level: finding.Warning, Message: "the plug-in's program is not verified (allow-unsigned): set sha256 or signature instead"}
}

// signer verifies the signature of a program, and returns who signed.
func (p *Plugin) signer(content []byte) (string, error) {
	v, err := p.signed.requirement().Compile(func(name string) ([]byte, error) {
		if name == inlineKey {
			return []byte(strings.TrimSpace(p.signed.Key)), nil
		}
		return p.read(name, maxSignature)
	})
	if err != nil {
		return "", plain(err)
	}
	name := p.signed.Bundle + p.signed.File // one of which is empty
	sig, err := p.read(name, maxSignature)
	if err != nil {
		return "", err
	}
	by, err := v.VerifyFile(content, sig)
	if err != nil {
		return "", fmt.Errorf("%s: %w", text.OneLine(name, 200), err)
	}
	return by, nil
}

// read reads a file beside the configuration, which no link leads away from.
func (p *Plugin) read(name string, limit int64) ([]byte, error) {
	label := text.OneLine(name, 200)
	root, err := os.OpenRoot(p.options.Dir)
	if err != nil {
		return nil, fmt.Errorf("the directory of the configuration: %w", fileio.Cause(err))
	}
	defer root.Close()
	name = filepath.FromSlash(name)
	// Opening a named pipe would wait for a writer.
	info, err := root.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", label, fileio.Cause(err))
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", label, fileio.Cause(err))
	}
	defer f.Close()
	if now, err := f.Stat(); err != nil || !os.SameFile(info, now) {
		return nil, fmt.Errorf("%s changed while it was opened", label)
	}
	content, err := bounded(f, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", label, err)
	}
	return content, nil
}

func bounded(f *os.File, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, fileio.Cause(err)
	case int64(len(content)) > limit:
		return nil, fmt.Errorf("is larger than %d MiB", limit>>20)
	}
	return content, nil
}
