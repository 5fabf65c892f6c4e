package language

import (
	"bytes"
	"encoding/json"

	"github.com/aquasecurity/trivy/pkg/dependency/parser/nodejs/packagejson"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

// readNode reads package.json. Many files of that name are no packages: they
// set options for a directory, or are test data of a package, broken on
// purpose. npm makes nothing of them, so they are no gaps.
//
// The engine's parser wants the lists of dependencies to be well-formed too,
// panics on some that are not, and keeps none of them.
func readNode(path string, data []byte) (*installed.Result, error) {
	var p struct {
		Name    string `json:"name"`
		Version string `json:"version"`
		License any    `json:"license"`
	}
	// A decoder, because the engine ignores what follows the object.
	if json.NewDecoder(bytes.NewReader(data)).Decode(&p) != nil || p.Name == "" || p.Version == "" || !packagejson.IsValidName(p.Name) {
		return nil, nil
	}
	return single(ftypes.NodePkg, path, ftypes.Package{ID: p.Name + "@" + p.Version, Name: p.Name, Version: p.Version, Licenses: nodeLicense(p.License)})
}

// nodeLicense is an expression, or the object of old packages.
func nodeLicense(v any) []string {
	if object, ok := v.(map[string]any); ok {
		v = object["type"]
	}
	s, _ := v.(string)
	return licenseNames(s)
}

// maxLicense is how long the name of a licence may be, in bytes. What is longer
// is the text of one.
const maxLicense = 200

// licenseNames keeps what may be names of licences.
func licenseNames(names ...string) (kept []string) {
	for _, n := range names {
		if n != "" && len(n) <= maxLicense {
			kept = append(kept, n)
		}
	}
	return kept
}
