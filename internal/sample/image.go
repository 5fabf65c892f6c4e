package sample

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Image writes what a build of the shop's Dockerfile leads to, as far as a
// scanner looks at it, as an OCI layout into dir. It is the same everywhere.
func Image(dir string) error {
	var adds []mutate.Addendum
	for _, s := range imageSteps() {
		add := mutate.Addendum{History: v1.History{CreatedBy: s.createdBy, EmptyLayer: s.files == nil, Created: v1.Time{Time: time.Unix(firstCommit, 0).UTC()}}}
		if s.files != nil {
			data, err := layerOf(s.files)
			if err != nil {
				return err
			}
			if add.Layer, err = tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }); err != nil {
				return err
			}
		}
		adds = append(adds, add)
	}
	img, err := mutate.Append(empty.Image, adds...)
	if err != nil {
		return err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", "amd64"
	config.Config = v1.Config{Cmd: []string{"node", "server.js"}, WorkingDir: "/app", Env: []string{"NODE_VERSION=20.5.0"}}
	if img, err = mutate.ConfigFile(img, config); err != nil {
		return err
	}
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	return p.AppendImage(img)
}

// imageStep is a step of the history, with the layer that it made.
type imageStep struct {
	createdBy string
	files     []text
}

func imageSteps() []imageStep {
	debian := debianPackage("libssl3", "openssl", "3.0.9-1") + debianPackage("libc6", "glibc", "2.36-9+deb12u1") + debianPackage("zlib1g", "zlib", "1:1.2.13.dfsg-1")
	stripe := "sk" + "_live_" + word("stripe", alphanumeric, 24)
	return []imageStep{
		// node:latest
		{"/bin/sh -c #(nop) ADD file:6a84b1d5b5d6d2a1e6c6b7e9d1a0b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4 in / ", []text{
			{"etc/debian_version", "12.1\n"},
			{"etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n"},
			{"var/lib/dpkg/status", debian},
		}},
		{`/bin/sh -c #(nop)  CMD ["bash"]`, nil},
		{"/bin/sh -c #(nop)  ENV NODE_VERSION=20.5.0", nil},
		{"/bin/sh -c set -ex   && curl -fsSLO https://nodejs.example/node.tar.xz", []text{
			{"usr/local/lib/node_modules/npm/package.json", nodePackage("npm", "9.8.0")},
		}},
		{`/bin/sh -c #(nop)  CMD ["node"]`, nil},
		// The Dockerfile of the shop
		{"WORKDIR /app", []text{}},
		{"ADD . /app # buildkit", []text{
			{"app/.env.production", "PORT=8080\nSTRIPE_API_KEY=" + stripe + "\n"},
			{"app/server.js", "require('express')().listen(8080)\n"},
		}},
		{"RUN /bin/sh -c apt-get update && apt-get install -y imagemagick # buildkit", []text{
			{"var/lib/dpkg/status", debian + debianPackage("libcurl4", "curl", "7.88.1-10+deb12u1")},
		}},
		{"RUN /bin/sh -c npm ci --omit=dev # buildkit", []text{
			{"app/node_modules/ip/package.json", nodePackage("ip", "2.0.0")},
			{"app/node_modules/lodash/package.json", nodePackage("lodash", "4.17.20")},
			{"app/node_modules/minimist/package.json", nodePackage("minimist", "1.2.5")},
		}},
		{"EXPOSE [8080/tcp]", nil},
		{`CMD ["node" "server.js"]`, nil},
	}
}

func debianPackage(name, source, version string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Package: %s\nStatus: install ok installed\nArchitecture: amd64\nSource: %s\nVersion: %s\n\n", name, source, version)
	return b.String()
}

func nodePackage(name, version string) string {
	return fmt.Sprintf("{\"name\": %q, \"version\": %q}\n", name, version)
}

func layerOf(files []text) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f.path, Mode: 0o644, Typeflag: tar.TypeReg, Size: int64(len(f.content))}); err != nil {
			return nil, err
		}
		if _, err := io.WriteString(w, f.content); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), w.Close()
}
