package language

import (
	"archive/zip"
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// entry is a file of an archive.
type entry struct{ name, content string }

// archive packs entries, deflated.
func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	return pack(t, zip.Deflate, entries...)
}

func pack(t testing.TB, method uint16, entries ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, e := range entries {
		w, err := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func pom(group, artifact, version string) entry {
	return entry{"META-INF/maven/" + group + "/" + artifact + "/pom.properties",
		"#Generated\r\ngroupId=" + group + "\r\nartifactId=" + artifact + "\r\nversion=" + version + "\r\n"}
}

// index is a JavaIndex of few artifacts, by "digest", "artifact version" and
// "group artifact".
type index map[string]artifact

func (i index) BySHA1(hex string) (string, string, string, bool, error) {
	a, ok := i[hex]
	return a.group, a.name, a.version, ok, nil
}

func (i index) ByArtifact(name, version string) (string, bool, error) {
	a, ok := i[name+" "+version]
	return a.group, ok, nil
}

// names is an index that knows which artifacts there are, too.
type names struct{ index }

func (n names) Exists(group, artifact string) (bool, error) {
	_, ok := n.index[group+" "+artifact]
	return ok, nil
}

type broken struct{}

func (broken) BySHA1(string) (string, string, string, bool, error) {
	return "", "", "", false, errors.New("database is locked")
}
func (broken) ByArtifact(string, string) (string, bool, error) { return "", false, nil }

func TestJarIdentity(t *testing.T) {
	manifest := entry{"META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nImplementation-Title: tool\r\nImplementation-Version: 9.9\r\nImplementation-Vendor-Id: org.manifest\r\n"}
	class := entry{"A.class", "class"}
	digest := func(data []byte) string {
		h := sha1.Sum(data)
		return hex.EncodeToString(h[:])
	}
	bare, told := archive(t, class), archive(t, manifest, class)
	for _, c := range []struct {
		name  string
		file  string
		data  []byte
		index JavaIndex
		want  string
	}{
		{"no index, nothing known", "tool-1.0.jar", bare, nil, ""},
		{"no index: the manifest", "tool-1.0.jar", told, nil, "org.manifest:tool 9.9"},
		{"the manifest names what exists", "tool-1.0.jar", told, names{index{"org.manifest tool": {}, digest(told): {"g", "a", "1"}}}, "org.manifest:tool 9.9"},
		{"the manifest names what does not: the digest", "tool-1.0.jar", told, names{index{digest(told): {"g", "a", "1"}}}, "g:a 1"},
		{"an index that cannot tell: the digest", "tool-1.0.jar", told, index{digest(told): {"g", "a", "1"}}, "g:a 1"},
		{"the name of the file", "tool-1.0.jar", bare, index{"tool 1.0": {group: "org.tool"}}, "org.tool:tool 1.0"},
		{"the name of the file is of no use", "tool.jar", bare, index{"tool 1.0": {group: "org.tool"}}, ""},
		{"in no index", "tool-1.0.jar", told, names{index{}}, ""},
		{"pom.properties of itself", "tool-1.0.jar", archive(t, pom("org.pom", "tool", "1.0"), manifest), names{index{"org.manifest tool": {}}}, "org.pom:tool 1.0"},
		{"pom.properties of another", "tool-1.0.jar", archive(t, pom("org.pom", "part", "2"), manifest), names{index{"org.manifest tool": {}}}, "org.pom:part 2, org.manifest:tool 9.9"},
		{"the same twice", "tool-1.0.jar", archive(t, pom("g", "tool", "1.0"), entry{"x/pom.properties", "groupId=g\nartifactId=tool\nversion=1.0.0"}), nil, "g:tool 1.0"},
		{"incomplete", "tool.jar", archive(t, entry{"pom.properties", "groupId=g\nartifactId=a\n"}), nil, ""},
		{"a variable is no name", "tool.jar", archive(t, entry{"META-INF/MANIFEST.MF", "Bundle-Name: %name\nBundle-Version: 1\nBundle-SymbolicName: a.b\n"}), nil, ""},
		{"no archive", "tool-1.0.jar", []byte("text"), index{}, ""},
		{"empty", "tool-1.0.jar", nil, index{}, ""},
		{"an index that fails", "tool-1.0.jar", bare, broken{}, "error cannot be looked up in the Java index: database is locked"},
		{"an index that fails, with packages", "tool-1.0.jar", archive(t, pom("g", "a", "1")), broken{}, "g:a 1, gap cannot be looked up in the Java index: database is locked"},
	} {
		res, err := readOne(t, Options{Java: c.index}, "jar", c.file, c.data)
		var got []string
		if err != nil {
			got = append(got, "error "+err.Error())
		}
		if res != nil {
			for _, p := range res.Packages {
				got = append(got, p.Name+" "+p.Version)
			}
			for _, g := range res.Gaps {
				got = append(got, "gap "+g)
			}
		}
		if diff := cmp.Diff(c.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
	}
}

func TestFromFileName(t *testing.T) {
	for file, want := range map[string]artifact{
		"spring-core-5.3.4-SNAPSHOT.jar": {name: "spring-core", version: "5.3.4-SNAPSHOT"},
		"a-1.jar":                        {name: "a", version: "1"},
		"a-1.2-3.jar":                    {name: "a-1.2", version: "3"},
		"log4j-1.2-api-2.17.jar":         {name: "log4j-1.2-api", version: "2.17"},
		"a--1.jar":                       {}, "-1.jar": {}, "a.jar": {}, "a-b.jar": {}, "a-1.war": {}, "a-1 2.jar": {}, "ä-b-1.jar": {}, "a-.jar": {},
	} {
		if diff := cmp.Diff(want, fromFileName(file), cmp.AllowUnexported(artifact{})); diff != "" {
			t.Errorf("%s: -want +got:\n%s", file, diff)
		}
	}
}
