package images

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// unpack writes the files, directories and links of a tar into a new
// directory. Devices, which take root, are left out.
func unpack(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	r := tar.NewReader(f)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := unpackEntry(root, r, h); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

func unpackEntry(root *os.Root, r io.Reader, h *tar.Header) error {
	name := strings.Trim(strings.TrimPrefix(h.Name, "./"), "/")
	if name == "" || name == "." {
		return nil
	}
	switch h.Typeflag {
	case tar.TypeDir:
		if err := root.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	case tar.TypeSymlink:
		return root.Symlink(h.Linkname, name)
	case tar.TypeLink:
		return root.Link(strings.TrimPrefix(h.Linkname, "./"), name)
	case tar.TypeReg:
		f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		if _, err := io.Copy(f, r); err != nil {
			f.Close()
			return err
		}
		return f.Close()
	}
	return nil
}

// state tells whether a file is the same as before.
type state struct {
	mode    fs.FileMode
	size    int64
	changed time.Time
}

// snapshot is the state of every file and directory below dir.
func snapshot(dir string) (map[string]state, error) {
	out := map[string]state{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		s := state{mode: info.Mode()}
		if !d.IsDir() {
			s.size, s.changed = info.Size(), info.ModTime()
		}
		out[filepath.ToSlash(rel)] = s
		return nil
	})
	return out, err
}

// difference returns the layer that leads from one state of dir to the other.
func difference(dir string, before, after map[string]state) ([]File, error) {
	var paths []string
	for p, s := range after {
		if before[p] != s && !s.mode.IsDir() {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	var out []File
	for _, p := range paths {
		name := filepath.Join(dir, filepath.FromSlash(p))
		f := File{Path: p, Mode: int64(after[p].mode.Perm())}
		if after[p].mode&fs.ModeSymlink != 0 {
			link, err := os.Readlink(name)
			if err != nil {
				return nil, err
			}
			f.Link = link
		} else {
			data, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			f.Content = string(data)
		}
		out = append(out, f)
	}
	var gone []string
	for p := range before {
		_, stays := after[p]
		_, above := after[path.Dir(p)]
		// What went with its directory needs no mark of its own.
		if !stays && (above || path.Dir(p) == ".") {
			gone = append(gone, p)
		}
	}
	slices.Sort(gone)
	for _, p := range gone {
		out = append(out, Gone(p))
	}
	return out, nil
}
