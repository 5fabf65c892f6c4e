package policy

import (
	"fmt"
	"strings"

	"github.com/scangate/scangate/finding"
)

// absent says which parts of a scan the results lack. No policy can do without:
// nobody knows what is there.
func absent(res finding.Results) []string {
	const shown = 5
	switch n := len(res.Missing); {
	case res.Shard != "":
		return []string{fmt.Sprintf("shard %s is a part of the scan: merge the results of all shards", res.Shard)}
	case n == 0:
		return nil
	case n == 1:
		return []string{fmt.Sprintf("shard %s is missing: merge the results of all shards", res.Missing[0])}
	case n > shown:
		return []string{fmt.Sprintf("shards %s and %d more are missing: merge the results of all shards", strings.Join(res.Missing[:shown], ", "), n-shown)}
	}
	return []string{fmt.Sprintf("shards %s are missing: merge the results of all shards", strings.Join(res.Missing, ", "))}
}
