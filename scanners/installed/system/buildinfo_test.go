package system

import (
	"strings"
	"testing"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

const redHatDockerfile = `ARG release=1134
FROM sha256:0123456789abcdef
ENV arch=x86_64 PART=ubi9-container
LABEL maintainer="A Maintainer" \
      com.redhat.component="$PART" \
      "architecture"="${arch}"
RUN echo
`

const bottlerocketInventory = `{"Content": [
{"Name": "glibc", "Publisher": "Bottlerocket", "Version": "2.40", "Release": "1.1743", "Epoch": "1", "Architecture": "x86_64"},
{"Name": "containerd", "Version": "1.7.25", "Release": "1", "Epoch": "0", "Architecture": "x86_64"}]}`

func TestBuildInfo(t *testing.T) {
	for _, tt := range []struct {
		name, path, content string
		want                *ftypes.BuildInfo
		err                 string
	}{
		{name: "content sets", path: "root/buildinfo/content_manifests/ubi9-container-9.4-1134.json",
			content: `{"metadata": {"icm_version": 1}, "content_sets": ["rhel-9-for-x86_64-baseos-rpms", "rhel-9-for-x86_64-appstream-rpms"]}`,
			want:    &ftypes.BuildInfo{ContentSets: []string{"rhel-9-for-x86_64-baseos-rpms", "rhel-9-for-x86_64-appstream-rpms"}}},
		{name: "CoreOS", path: "usr/share/buildinfo/content_manifest.json", content: `{"content_sets": ["a"]}`, want: &ftypes.BuildInfo{ContentSets: []string{"a"}}},
		{name: "no content sets", path: "usr/share/buildinfo/labels.json", content: `{"content_sets": []}`},
		{name: "no manifest", path: "usr/share/buildinfo/a.json", content: `[`, err: "it is not a content manifest in JSON"},
		{name: "labels", path: "root/buildinfo/Dockerfile-ubi9-9.4-1134", content: redHatDockerfile, want: &ftypes.BuildInfo{Nvr: "ubi9-container-9.4-1134", Arch: "x86_64"}},
		{name: "old label", path: "root/buildinfo/Dockerfile-rhel7-7.9-1", content: "FROM a\nLABEL BZComponent=rhel Architecture=ppc64le\n", want: &ftypes.BuildInfo{Nvr: "rhel-7.9-1", Arch: "ppc64le"}},
		{name: "argument", path: "root/buildinfo/Dockerfile-a-1-2", content: "ARG c=a\nFROM a\nLABEL com.redhat.component=$c architecture=x\n", want: &ftypes.BuildInfo{Nvr: "a-1-2", Arch: "x"}},
		{name: "no labels", path: "root/buildinfo/Dockerfile-a-1-2", content: "FROM a\n", err: "its labels do not say which component of which architecture the layer is"},
		{name: "no architecture", path: "root/buildinfo/Dockerfile-a-1-2", content: "FROM a\nLABEL com.redhat.component=a\n", err: "its labels do not say which component of which architecture the layer is"},
		{name: "no dockerfile", path: "root/buildinfo/Dockerfile-a-1-2", content: "nonsense\n", err: "it is not a Dockerfile, or its labels cannot be read"},
		{name: "empty", path: "root/buildinfo/Dockerfile-a-1-2", err: "it is not a Dockerfile, or its labels cannot be read"},
		{name: "a bad variable", path: "root/buildinfo/Dockerfile-a-1-2", content: "FROM a\nLABEL com.redhat.component=${a architecture=b\n", err: "it is not a Dockerfile, or its labels cannot be read"},
		{name: "variables that multiply", path: "root/buildinfo/Dockerfile-a-1-2", err: "its labels do not say which component of which architecture the layer is",
			content: "FROM a\nENV a=" + strings.Repeat("x", 256) + "\n" + strings.Repeat("LABEL com.redhat.component="+strings.Repeat("${a//x/$a}", 20)+" architecture=b\n", 500)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r *installed.Result
			var err error
			quick(t, "reading", func() { r, err = read(t, tt.path, []byte(tt.content)) })
			same(t, "the error", tt.err, message(err))
			var got *ftypes.BuildInfo
			if r != nil {
				got = r.BuildInfo
			}
			same(t, "the build", tt.want, got)
		})
	}
}

func TestBottlerocket(t *testing.T) {
	const path = "aarch64-bottlerocket-linux-gnu/sys-root/usr/share/bottlerocket/application-inventory.json"
	r, err := read(t, path, []byte(bottlerocketInventory))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the inventory", &installed.Result{Packages: []ftypes.Package{
		{ID: "containerd@1.7.25", Name: "containerd", Version: "1.7.25", Arch: "x86_64"},
		{ID: "glibc@2.40", Name: "glibc", Version: "2.40", Epoch: 1, Arch: "x86_64"},
	}}, r)
	r, err = read(t, path, []byte(`{"Content": [{"Name": "a", "Version": "1", "Epoch": "x"}, {"Name": "b", "Version": "1", "Epoch": "0"}]}`))
	if err != nil || len(r.Packages) != 1 {
		t.Errorf("%v, %v", r, err)
	}
	same(t, "what was left out", []string{"left out 1 × a package whose name or version is not one"}, r.Gaps)
	_, err = read(t, path, []byte(`{"Content": 1}`))
	same(t, "the error", "it is not an inventory in JSON", message(err))
}
