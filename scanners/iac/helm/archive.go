package helm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"path"
	"sort"
	"strings"
)

const maxArchive = 32 << 20 // bytes that an archive unpacks to

// unpack reads a packed chart. Links and other special entries are passed over,
// and a path that leads out of the archive refuses the whole of it.
func (l *loader) unpack(data []byte) ([]File, error) {
	zipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, limit("the archive is not gzip")
	}
	bounded := &io.LimitedReader{R: zipped, N: maxArchive}
	archive := tar.NewReader(bounded)
	var list []File
	for {
		if err := l.b.ctx.Err(); err != nil {
			return nil, err
		}
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, unreadable(bounded)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		name, err := entryName(h.Name)
		if err != nil {
			return nil, err
		}
		if h.Size > maxFile {
			return nil, limit("a file in the archive is too big")
		}
		if len(list) >= maxFiles {
			return nil, limit("the archive has too many files")
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return nil, unreadable(bounded)
		}
		if err := l.b.spend(len(content)/64 + 10); err != nil {
			return nil, err
		}
		list = append(list, File{name, content})
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list, nil
}

// unreadable says whether an archive ended where it was cut, or by itself.
func unreadable(bounded *io.LimitedReader) error {
	if bounded.N <= 0 {
		return limit("the archive is too big")
	}
	return limit("the archive cannot be read")
}

// entryName returns the path of an entry below the chart's own directory.
func entryName(name string) (string, error) {
	name = strings.ReplaceAll(name, `\`, "/")
	_, rest, below := strings.Cut(name, "/")
	if !below {
		return "", limit("the archive has files outside of the chart's directory")
	}
	rest = strings.TrimPrefix(rest, "./")
	if path.IsAbs(name) || path.IsAbs(rest) || rest == "" || path.Clean(rest) != rest ||
		rest == ".." || strings.HasPrefix(rest, "../") || len(rest) > 1 && rest[1] == ':' {
		return "", limit("the archive has a path that leads out of it")
	}
	return rest, nil
}
