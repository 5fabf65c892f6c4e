package language

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/textproto"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

// readPython reads the metadata of a wheel or an egg. The engine's parser does
// the same, and brings 5 MB of licence texts into the program.
func readPython(path string, data []byte) (*installed.Result, error) {
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(data))).ReadMIMEHeader()
	var malformed textproto.ProtocolError // what came before is in h
	if err != nil && !errors.Is(err, io.EOF) && !errors.As(err, &malformed) {
		return nil, errors.New("cannot be read as metadata of a Python package")
	}
	name, version := h.Get("Name"), h.Get("Version")
	if name == "" || version == "" {
		return nil, errors.New("names no Python package with a version")
	}
	return single(ftypes.PythonPkg, path, ftypes.Package{Name: name, Version: version, Licenses: pythonLicenses(h)})
}

// pythonLicenses takes the expression, else the classifiers, else the free
// text, as the specification of core metadata ranks them.
func pythonLicenses(h textproto.MIMEHeader) []string {
	if expression := h.Get("License-Expression"); expression != "" {
		return licenseNames(expression)
	}
	var names []string
	for _, c := range h.Values("Classifier") {
		if rest, ok := strings.CutPrefix(c, "License :: "); ok {
			// "OSI Approved" alone is a group of licences and none itself.
			if name := rest[strings.LastIndex(" :: "+rest, " :: "):]; name != "OSI Approved" {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		names = []string{h.Get("License")}
	}
	return licenseNames(names...)
}

// readEgg reads the metadata in an egg that is one file, a zip archive.
func readEgg(ctx context.Context, f installed.File) (*installed.Result, error) {
	a := &archiveReader{ctx: ctx, bytes: maxArchiveBytes, entries: maxAllEntries}
	z, err := a.open(f.Content, f.Size)
	if z == nil || err != nil {
		return nil, err
	}
	for _, e := range z.File {
		if isEggInfo(e.Name) {
			return readEggEntry(a, f.Path, e)
		}
	}
	return nil, nil
}

func readEggEntry(a *archiveReader, path string, e *zip.File) (*installed.Result, error) {
	data, err := a.small(e, maxMetadata)
	if err != nil {
		return nil, err
	}
	return readPython(path, data)
}
