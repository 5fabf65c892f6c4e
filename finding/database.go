package finding

import (
	"strings"
	"time"
)

// DatabaseOf names vulnerability data by when it was built, and its digest, as
// Results.Database does.
func DatabaseOf(built time.Time, digest string) string {
	return built.UTC().Format(time.RFC3339) + " " + digest
}

// DatabaseBuilt is when the vulnerability data of the results was built; the
// zero time when that is not known.
func (r *Results) DatabaseBuilt() time.Time {
	built, _, _ := strings.Cut(r.Database, " ")
	t, err := time.Parse(time.RFC3339, built)
	if err != nil {
		return time.Time{}
	}
	return t
}

// DatabaseDigest is the digest of the vulnerability data, empty when it is not
// known.
func (r *Results) DatabaseDigest() string {
	_, digest, _ := strings.Cut(r.Database, " ")
	return digest
}
