package image

import (
	"bytes"
	"context"
	"io"
	"path"
	"strings"
	"sync"

	secretscan "github.com/scangate/scangate/scanners/secret"
)

// maxSearched is the largest file that is searched for secrets, in bytes. What
// people write is smaller.
const maxSearched = 5 << 20

// secrets looks for secrets in the files of layers. The rules are compiled
// when the first file needs them.
type secrets struct {
	finder func() (*secretscan.Finder, error)
}

func newSecrets() *secrets {
	return &secrets{sync.OnceValues(secretscan.NewFinder)}
}

// installedDirs hold what package managers install. It was published, so there
// is nothing secret in it.
var installedDirs = []string{
	"bin/", "boot/", "dev/", "lib/", "lib32/", "lib64/", "libx32/", "proc/", "sbin/", "sys/",
	"usr/bin/", "usr/games/", "usr/include/", "usr/lib/", "usr/lib32/", "usr/lib64/", "usr/libexec/", "usr/libx32/", "usr/sbin/", "usr/share/",
	"usr/local/go/", "usr/local/include/", "usr/local/lib/node_modules/", "usr/local/share/", "usr/lib/jvm/",
	"etc/ssl/certs/", "etc/pki/ca-trust/", "etc/ca-certificates/",
	"var/cache/", "var/lib/apk/", "var/lib/apt/", "var/lib/dpkg/", "var/lib/dnf/", "var/lib/rpm/", "var/lib/yum/", "var/lib/pacman/",
}

// installedParts are directories of packages wherever they lie.
var installedParts = []string{"/node_modules/", "/site-packages/", "/dist-packages/", "/gems/", "/vendor/", "/python3."}

// binaryEndings are of files that no one writes.
var binaryEndings = []string{
	".a", ".avi", ".bin", ".bmp", ".bz2", ".class", ".db", ".deb", ".dll", ".eot", ".exe", ".gif", ".gz", ".ico", ".jar", ".jpeg", ".jpg", ".lock", ".mo", ".mp3", ".mp4",
	".o", ".otf", ".pdf", ".png", ".pyc", ".rpm", ".so", ".svg", ".tar", ".tgz", ".tif", ".tiff", ".ttf", ".wasm", ".webp", ".whl", ".woff", ".woff2", ".xz", ".zip", ".zst",
}

// wants tells by name and size whether a file is to be searched.
func (s *secrets) wants(name string, size int64) bool {
	if size == 0 || size > maxSearched {
		return false
	}
	for _, dir := range installedDirs {
		if strings.HasPrefix(name, dir) {
			return false
		}
	}
	for _, part := range installedParts {
		if strings.Contains(name, part) {
			return false
		}
	}
	if ext := path.Ext(name); ext != "" {
		for _, b := range binaryEndings {
			if ext == b {
				return false
			}
		}
	}
	return true
}

// isText tells by the beginning of a file.
func (s *secrets) isText(head []byte) bool {
	utf16 := bytes.HasPrefix(head, []byte{0xFF, 0xFE}) || bytes.HasPrefix(head, []byte{0xFE, 0xFF})
	return utf16 || bytes.IndexByte(head, 0) < 0
}

// find looks for secrets in what a file of that name holds.
func (s *secrets) find(ctx context.Context, name string, r io.Reader) ([]secret, error) {
	f, err := s.finder()
	if err != nil {
		return nil, err
	}
	if f.Skips(name) {
		return nil, nil
	}
	matches, err := f.Read(ctx, name, r)
	var all []secret
	for _, m := range matches {
		all = append(all, secret{Path: name, Rule: m.Rule, Key: m.Key, Line: m.Line, Allowed: m.Allowed})
	}
	return all, err
}
