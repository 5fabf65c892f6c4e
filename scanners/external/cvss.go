package external

import (
	"strings"

	"github.com/scangate/scangate/vulndb"
)

// cvssScore is the base score of a vector of CVSS 3.0 or 3.1, and 0 for
// anything else: the scores of CVSS 4 come from a table, which tools that use
// it have looked up.
func cvssScore(vector string) float64 {
	const longest = 200
	if len(vector) > longest || !strings.HasPrefix(vector, "CVSS:3.0/") && !strings.HasPrefix(vector, "CVSS:3.1/") {
		return 0
	}
	score, err := vulndb.BaseScore(vector)
	if err != nil {
		return 0
	}
	return score
}
