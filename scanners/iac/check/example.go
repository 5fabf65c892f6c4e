package check

import (
	"strings"

	checks "github.com/aquasecurity/trivy-checks"
	"gopkg.in/yaml.v3"
)

// maxExample bounds an example, in lines: longer ones are for tests rather
// than for readers.
const maxExample = 40

// Example returns the shortest code of a framework that a check has nothing
// against, from the file of examples that comes with it; empty when there is
// none that is short.
func (c *Check) Example(framework string) string {
	if c.Examples == "" || c.Custom {
		return ""
	}
	data, err := checks.EmbeddedPolicyFileSystem.ReadFile(c.Examples)
	if err != nil {
		return ""
	}
	var all map[string]struct {
		Good []string `yaml:"good"`
	}
	if err := yaml.Unmarshal(data, &all); err != nil {
		return ""
	}
	best := ""
	for _, good := range all[framework].Good {
		good = strings.Trim(good, "\n")
		if strings.Count(good, "\n") < maxExample && !strings.Contains(good, "```") && (best == "" || len(good) < len(best)) {
			best = good
		}
	}
	return best
}
