package images

import (
	"archive/zip"
	"bytes"
	"fmt"
)

// vulnerable are installed packages that testdata/advisories has facts about:
// one of each ecosystem whose metadata is text, and an archive of Java.
func vulnerable(at string) ([]File, error) {
	jar, err := mavenJar("org.apache.logging.log4j", "log4j-core", "2.14.1")
	if err != nil {
		return nil, err
	}
	war, err := nested("WEB-INF/lib/log4j-core-2.14.1.jar", jar)
	if err != nil {
		return nil, err
	}
	python := func(name, version string) File {
		return File{Path: fmt.Sprintf("%s/lib/python3.11/site-packages/%s-%s.dist-info/METADATA", at, name, version),
			Content: fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\nLicense: BSD-3-Clause\n\nA fixture.\n", name, version)}
	}
	node := func(dir, name, version string) File {
		return File{Path: at + "/" + dir + "/node_modules/" + name + "/package.json", Content: fmt.Sprintf("{\"name\": %q, \"version\": %q, \"license\": \"MIT\"}\n", name, version)}
	}
	return []File{
		node("web", "lodash", "4.17.20"),
		node("web", "minimist", "1.2.5"),
		node("web/node_modules/mkdirp", "minimist", "0.0.8"),
		node("web", "qs", "6.7.0"),
		python("Jinja2", "2.11.2"),
		python("PyYAML", "5.3.1"),
		{Path: at + "/gems/3.1.0/specifications/rack-2.2.3.gemspec", Content: "# -*- encoding: utf-8 -*-\n\nGem::Specification.new do |s|\n  s.name = \"rack\".freeze\n" +
			"  s.version = \"2.2.3\"\n\n  s.licenses = [\"MIT\".freeze]\n  s.summary = \"a fixture\".freeze\nend\n"},
		{Path: at + "/php/vendor/composer/installed.json", Content: `{"packages": [{"name": "guzzlehttp/guzzle", "version": "7.4.0", "license": ["MIT"]},` +
			` {"name": "guzzlehttp/psr7", "version": "2.1.0", "license": ["MIT"]}], "dev": false, "dev-package-names": []}` + "\n"},
		{Path: at + "/dotnet/Shop.deps.json", Content: `{"runtimeTarget": {"name": ".NETCoreApp,Version=v6.0", "signature": ""},` +
			` "targets": {".NETCoreApp,Version=v6.0": {"Newtonsoft.Json/12.0.3": {"runtime": {"lib/netstandard2.0/Newtonsoft.Json.dll": {}}}}},` +
			` "libraries": {"Newtonsoft.Json/12.0.3": {"type": "package", "serviceable": true, "sha512": ""}}}` + "\n"},
		{Path: at + "/java/log4j-core-2.14.1.jar", Content: string(jar)},
		{Path: at + "/java/shop.war", Content: string(war)},
	}, nil
}

// mavenJar is an archive as Maven makes it, without classes.
func mavenJar(group, artifact, version string) ([]byte, error) {
	return zipped(map[string]string{
		"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n\n",
		"META-INF/maven/" + group + "/" + artifact + "/pom.properties": fmt.Sprintf("groupId=%s\nartifactId=%s\nversion=%s\n", group, artifact, version),
	}, "META-INF/MANIFEST.MF", "META-INF/maven/"+group+"/"+artifact+"/pom.properties")
}

func nested(name string, content []byte) ([]byte, error) {
	return zipped(map[string]string{name: string(content)}, name)
}

func zipped(files map[string]string, order ...string) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range order {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: built})
		if err != nil {
			return nil, err
		}
		if _, err := f.Write([]byte(files[name])); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}
