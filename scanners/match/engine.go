package match

import (
	"runtime/debug"
	"strings"

	"github.com/scangate/scangate/finding"
)

const engineModule = "github.com/aquasecurity/trivy"

// engineVersion is used when the binary does not say what it was built from; a
// test compares it with go.mod.
const engineVersion = "0.66.0"

// Engine returns the engine that reads packages and matches versions.
func Engine() finding.Engine {
	version := engineVersion
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == engineModule {
				version = strings.TrimPrefix(dep.Version, "v")
			}
		}
	}
	return finding.Engine{Name: "trivy", Version: version}
}
