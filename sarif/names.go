package sarif

import (
	"cmp"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
)

// DriverName is the tool.driver.name of every run that Encode writes: the tool
// by which GitHub lists alerts.
const DriverName = "scangate"

const (
	informationURI = "https://github.com/scangate/scangate"
	maxTargetName  = 150 // bytes of a target in a category or pseudo path
)

// targetName is the stable form of a run's target that categories and pseudo
// paths use: no scheme, colon, white space, tag or digest, since each of these
// would open new alerts when it changes, or be read as a URI scheme.
func targetName(target string) string {
	t := strings.TrimSpace(target)
	isURL := strings.Contains(t, "://")
	if isURL {
		t = withoutSecrets(t)
		_, t, _ = strings.Cut(t, "://")
	} else {
		for _, transport := range []string{"oci:", "docker-archive:", "docker:"} {
			t = strings.TrimPrefix(t, transport)
		}
		t, _, _ = strings.Cut(t, "@")
		if colon := strings.LastIndex(t, ":"); colon > strings.LastIndex(t, "/") {
			t = t[:colon]
		}
	}
	return cleanName(t)
}

// cleanName keeps of a name what may stand in a category.
func cleanName(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-._/", r):
			return r
		}
		return '-'
	}, name)
	// Rooted and cleaned, so that ".." cannot climb.
	clean = strings.Trim(path.Clean("/"+clean), "/")
	if len(clean) > maxTargetName {
		clean = strings.TrimRight(clean[:maxTargetName], "/")
	}
	return clean
}

// withoutSecrets takes user, password, query and fragment off a URL. A text
// that does not parse loses everything that could hold one.
func withoutSecrets(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		scheme, rest, _ := strings.Cut(raw, "://")
		rest, _, _ = strings.Cut(rest, "?")
		rest, _, _ = strings.Cut(rest, "#")
		return scheme + "://" + rest[strings.LastIndex(rest, "@")+1:]
	}
	u.User, u.RawQuery, u.Fragment, u.RawFragment, u.ForceQuery = nil, "", "", "", false
	return u.String()
}

// shownTarget is the target as it stands in a run's properties.
func shownTarget(target string) string {
	if strings.Contains(target, "://") {
		return withoutSecrets(target)
	}
	return target
}

// categories returns the automationDetails.id of each run. GitHub refuses a
// file in which two are the same, so that later ones get a number. The order
// of the runs plays no part unless scanner and target are the same.
func categories(runs []finding.Run, root string) []string {
	root = cmp.Or(cleanName(root), DriverName)
	order := make([]int, len(runs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(runs[a].Scanner, runs[b].Scanner), cmp.Compare(runs[a].Target, runs[b].Target))
	})
	used := map[string]bool{}
	ids := make([]string, len(runs))
	for _, i := range order {
		base := root + "/" + scannerName(runs[i].Scanner)
		if t := targetName(runs[i].Target); t != "" {
			base += "/" + t
		}
		id := base
		for n := 2; used[id]; n++ {
			id = fmt.Sprintf("%s/%d", base, n)
		}
		used[id] = true
		ids[i] = id + "/"
	}
	return ids
}

// scannerName is a scanner's name as one segment of a category.
func scannerName(scanner string) string {
	return cmp.Or(strings.ReplaceAll(targetName(scanner), "/", "-"), "unnamed")
}

// pseudoPath is where findings stand that have no file: relative, and the same
// in every scan.
func pseudoPath(run *finding.Run) string {
	return scannerName(run.Scanner) + "/" + cmp.Or(targetName(run.Target), "repository")
}

// uriOf returns a file's path as a relative URI reference, or "" for a path
// that is not one below the root. Its bytes are percent-encoded one by one, so
// that a path which is not UTF-8 survives; a colon is encoded, because what
// stands before it would be read as a scheme.
func uriOf(p string) string {
	if p == "" || strings.HasPrefix(p, "/") || strings.ContainsRune(p, 0) {
		return ""
	}
	p = path.Clean(p)
	if p == "." || p == ".." || strings.HasPrefix(p, "../") {
		return ""
	}
	const hexDigits = "0123456789ABCDEF"
	escape := 0
	for i := range len(p) {
		if !plainInURI(p[i]) {
			escape++
		}
	}
	if escape == 0 {
		return p
	}
	out := make([]byte, 0, len(p)+2*escape)
	for i := range len(p) {
		if c := p[i]; plainInURI(c) {
			out = append(out, c)
		} else {
			out = append(out, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return string(out)
}

// plainInURI reports whether a byte of a path stands for itself: the pchar of
// RFC 3986 and the slash, less the colon.
func plainInURI(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return strings.IndexByte("-._~/@+,=!$&'()*;", c) >= 0
}
