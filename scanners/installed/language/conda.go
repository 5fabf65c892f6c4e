package language

import (
	"bytes"
	"encoding/json"
	"errors"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

// readConda reads what conda notes about an installed package.
func readConda(path string, data []byte) (*installed.Result, error) {
	var p struct {
		Name    string `json:"name"`
		Version string `json:"version"`
		License string `json:"license"`
	}
	if json.NewDecoder(bytes.NewReader(data)).Decode(&p) != nil {
		return nil, errors.New("cannot be read as JSON")
	}
	if p.Name == "" || p.Version == "" {
		return nil, errors.New("names no conda package with a version")
	}
	return single(ftypes.CondaPkg, path, ftypes.Package{Name: p.Name, Version: p.Version, Licenses: licenseNames(p.License)})
}
