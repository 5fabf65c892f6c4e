package sarif

import (
	"fmt"
	"math"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// unstable matches what changes with each build and so opens new alerts.
var unstable = regexp.MustCompile(`(?i)sha256(:|%3A|-)[0-9a-f]{16}|(^|/)[0-9a-f]{40}(/|$)`)

// locations checks where a result is. It returns the URI and line by which
// GitHub tells it from others.
func (r *runLint) locations(o object, base string) (uri string, line any) {
	list := r.children(o, "locations", base, "")
	if len(list) == 0 {
		r.add(Reject, "no-location", base, "", "has no location: GitHub refuses the whole file with %q; anchor it to a file, line 1", "locationFromSarifResult: expected at least one location")
	}
	switch n := len(list); {
	case n > hardLocations:
		r.add(Reject, "locations", base, "/locations", "%d locations: GitHub takes at most %d of a result; keep the first", n, hardLocations)
	case n > softLocations:
		r.add(Drop, "locations", base, "/locations", "%d locations: GitHub keeps %d of a result and drops the others; only the first is shown", n, softLocations)
	}
	for i, v := range list {
		l, ok := v.(object)
		if !ok {
			if v != nil {
				r.add(Reject, "type", base, fmt.Sprintf("/locations/%d", i), "is not an object: the file does not follow the SARIF schema")
			}
			continue
		}
		// Only the first decides about the upload; of the others little is known.
		level := Reject
		if i > 0 {
			level = Warn
		}
		u, n := r.location(l, level, base, fmt.Sprintf("/locations/%d", i))
		if i == 0 {
			uri, line = u, n
		}
	}
	for i, v := range r.children(o, "relatedLocations", base, "") {
		if l, ok := v.(object); ok && l["physicalLocation"] != nil {
			r.location(l, Warn, base, fmt.Sprintf("/relatedLocations/%d", i))
		}
	}
	return uri, line
}

// location checks one location. The level is what a missing part means.
func (r *runLint) location(l object, level Level, base, at string) (uri string, line any) {
	p := r.child(l, "physicalLocation", base, at)
	at += "/physicalLocation"
	a := r.child(p, "artifactLocation", base, at)
	switch {
	case p == nil:
		r.add(level, "no-physical-location", base, at, "is missing: GitHub says %q for the first location of a result; anchor it to a file, line 1", "expected a physical location")
		return "", nil
	case a == nil:
		r.add(level, "no-artifact-location", base, at, "artifactLocation is missing: GitHub says %q; anchor it to a file, line 1", "expected artifact location")
		return "", nil
	}
	uri, ok := r.word(a, "uri", base, at+"/artifactLocation")
	if strings.TrimSpace(uri) == "" {
		why := "is empty"
		if !ok {
			why = "is missing"
		}
		r.add(level, "no-uri", base, at+"/artifactLocation/uri", "%s: GitHub says %q; name a file relative to the root of the repository", why, "expected artifact location")
	} else {
		r.uri(uri, base, at+"/artifactLocation/uri")
	}
	if level == Reject {
		line = r.region(p, base, at)
	} else if p["region"] != nil {
		line = r.region(p, base, at)
	}
	return uri, line
}

// uri checks what GitHub makes of a URI.
func (r *runLint) uri(uri, base, at string) {
	if m := schemeOf.FindStringSubmatch(uri); m != nil {
		if !strings.EqualFold(m[1], "file") {
			r.add(Reject, "uri-scheme", base, at, "%.120q reads as a URI of the scheme %.40q: GitHub refuses the whole file with %q; write a relative path without a colon", uri, m[1],
				fmt.Sprintf("SARIF URI scheme %.40q did not match the checkout URI scheme %q", m[1], "file"))
			return
		}
		r.add(Warn, "uri-absolute", base, at, "%.120q is absolute: it matches a file only where the repository was checked out; write it relative to the root of the repository", uri)
	}
	if strings.ContainsAny(uri, " \t\r\n") {
		r.add(Warn, "uri-space", base, at, "%.120q has white space: upload-sarif calls it invalid and the file is not found; write %%20", uri)
	}
	if strings.Contains(uri, `\`) {
		r.add(Warn, "uri-backslash", base, at, "%.120q has a backslash: no file has this path on GitHub; write forward slashes", uri)
	}
	if _, err := url.PathUnescape(uri); err != nil {
		r.add(Warn, "uri-encoding", base, at, "%.120q has a percent sign that begins no escape: write %%25", uri)
	}
	if clean := path.Clean(uri); clean == ".." || strings.HasPrefix(clean, "../") {
		r.add(Warn, "uri-outside", base, at, "%.120q is outside of the repository: the alert has no file; write it relative to the root of the repository", uri)
	}
	if unstable.MatchString(uri) {
		r.add(Warn, "uri-unstable", base, at, "%.120q has a digest or commit in it: every change of it closes the alert and opens a new one; name the image or file without it", uri)
	}
}

// region checks lines and columns and returns the first line.
func (r *runLint) region(p object, base, at string) any {
	region := r.child(p, "region", base, at)
	at += "/region"
	if region == nil {
		r.add(Warn, "no-region", base, at, "is missing: upload-sarif computes no fingerprint, and the alert points at no line; set startLine to 1 if nothing is known")
		return nil
	}
	for _, key := range []string{"startLine", "startColumn", "endLine", "endColumn"} {
		v, ok := region[key]
		if n, isNumber := v.(float64); ok && v != nil && (!isNumber || n != math.Trunc(n) || n < 1) {
			r.add(Reject, "region", base, at+"/"+key, "%.40q: upload-sarif says %q; lines and columns count from 1", fmt.Sprint(v), "must be greater than or equal to 1")
		}
	}
	start, ok := region["startLine"].(float64)
	if !ok {
		r.add(Warn, "no-region", base, at, "has no startLine: upload-sarif computes no fingerprint, and the alert points at no line; set it to 1 if nothing is known")
		return nil
	}
	switch end, ok := region["endLine"].(float64); {
	case ok && end > start:
		r.add(Warn, "many-lines", base, at, "spans the lines %v to %v: a pull request shows the alert only if it changes all of them; end it on the line where it starts", start, end)
	case ok && end < start:
		r.add(Warn, "region-order", base, at, "ends on line %v before it starts on line %v", end, start)
	}
	return start
}
