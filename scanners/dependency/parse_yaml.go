package dependency

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/aquasecurity/trivy/pkg/dependency/parser/conda/environment"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/dart/pub"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/swift/cocoapods"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// parsePub leaves the versions of SDK packages as they stand.
func parsePub(in source) (inv inventory, err error) {
	inv.packages, inv.requires, err = pub.NewParser(false).Parse(bytes.NewReader(in.data))
	return inv, err
}

// pubLines looks for the key of a package, and below it for its version.
func pubLines(data []byte, want map[string]int) {
	var name string
	var at int
	eachLine(data, func(number int, line []byte) {
		text := strings.TrimLeft(string(line), " ")
		switch indent := len(line) - len(text); {
		case indent == 2 && strings.HasSuffix(text, ":"):
			name, at = strings.Trim(text, `"':`), number
		case indent == 4:
			if v, ok := strings.CutPrefix(text, "version:"); ok {
				note(want, name, strings.Trim(v, ` "'`), at)
			}
		}
	})
}

// pod matches an entry of the sections PODS and DEPENDENCIES.
var pod = regexp.MustCompile(`^  - "?([^" (/]+)(?:/[^" (]+)?(?: \(([^)]*)\))?`)

// parsePods counts subspecs as the pod that they are part of, for which
// advisories are written, and reads which pods the Podfile names.
func parsePods(in source) (inv inventory, err error) {
	inv.packages, inv.requires, err = cocoapods.NewParser().Parse(bytes.NewReader(in.data))
	if err != nil {
		return inv, err
	}
	direct := map[string]bool{}
	eachPod(in.data, "DEPENDENCIES:", func(_ int, name, _ string) { direct[name] = true })
	for i := range inv.packages {
		p := &inv.packages[i]
		p.Name, _, _ = strings.Cut(p.Name, "/")
		p.Relationship = ftypes.RelationshipIndirect
		if direct[p.Name] {
			p.Relationship = ftypes.RelationshipDirect
		}
	}
	return inv, nil
}

func podLines(data []byte, want map[string]int) {
	eachPod(data, "PODS:", func(number int, name, version string) { note(want, name, version, number) })
}

// eachPod calls f with every entry of a section.
func eachPod(data []byte, section string, f func(number int, name, version string)) {
	inside := false
	eachLine(data, func(number int, line []byte) {
		if len(line) > 0 && line[0] != ' ' {
			inside = strings.TrimSpace(string(line)) == section
		}
		if m := pod.FindSubmatch(line); inside && m != nil {
			f(number, string(m[1]), string(m[2]))
		}
	})
}

func parseConda(in source) (inventory, error) {
	found, err := environment.NewParser().Parse(bytes.NewReader(in.data))
	return inventory{packages: found.Packages}, err
}
