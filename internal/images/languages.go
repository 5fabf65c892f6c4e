package images

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Languages is an image with packages of all languages, some with advisories,
// on a system with a single package.
func Languages(checkout string) (Named, error) {
	files, err := languages(checkout, "srv")
	if err != nil {
		return Named{}, err
	}
	old, err := vulnerable("opt/shop")
	if err != nil {
		return Named{}, err
	}
	base := append(osRelease("Alpine Linux", "alpine", "3.20.0"), apkDatabase("x86_64", []pkg{{"musl", "musl", "1.2.5-r0"}}))
	img, err := newOf("amd64", base, files, old)
	return Named{Name: "languages", Image: img}, err
}

// languages are the packages of all languages that the readers' fixtures have,
// and a program of Rust, below the directory at.
func languages(checkout, at string) ([]File, error) {
	dir := filepath.Join(checkout, "scanners", "installed", "language", "testdata")
	var out []File
	root := os.DirFS(filepath.Join(dir, "root"))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		out = append(out, File{Path: path.Join(at, name), Content: string(data)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	program, err := unpacked(filepath.Join(dir, "shop-rust.gz"))
	if err != nil {
		return nil, err
	}
	return append(out, File{Path: path.Join(at, "bin/shop"), Content: string(program), Mode: 0o755}), nil
}
