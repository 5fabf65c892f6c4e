package sarif

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// result checks one result.
func (r *runLint) result(o object, i int, base string) {
	text := r.message(o, base)
	id := r.reference(o, i, base)
	if level, ok := r.word(o, "level", base, ""); ok && !slices.Contains([]string{"none", "note", "warning", "error"}, level) {
		r.add(Reject, "level", base, "/level", "%.40q is not a level of SARIF: use error, warning or note", level)
	}
	if k, _ := r.word(o, "kind", base, ""); k == "pass" || k == "notApplicable" {
		r.add(Warn, "kind", base, "/kind", "%q: GitHub ignores it and opens an alert; leave the result out", k)
	}
	uri, line := r.locations(o, base)
	r.flows(o, base)
	r.suppressions(o, base)
	hash := r.fingerprint(o, base)
	if hash == "" {
		hash = fmt.Sprintf("%v\x00%s", line, text)
	}
	r.identity(id, uri, hash, i, base)
}

// message checks the text and returns it.
func (r *runLint) message(o object, base string) string {
	m := r.child(o, "message", base, "")
	text, ok := r.word(m, "text", base, "/message")
	switch {
	case m == nil:
		r.add(Reject, "message", base, "", "message is missing: GitHub says %q", "expected a result message")
	case !ok && m["id"] != nil:
		r.add(Reject, "message", base, "/message", "has an id and no text: GitHub says %q, since it does not look texts up; write the text into each result", "expected a result message")
	case strings.TrimSpace(text) == "":
		r.add(Reject, "message", base, "/message", "text is missing or empty: GitHub says %q", "expected a result message")
	}
	return text
}

// reference checks how the result names its rule and returns the rule's id.
func (r *runLint) reference(o object, i int, base string) string {
	id, _ := r.word(o, "ruleId", base, "")
	use := ruleUse{result: i, component: -1, index: -1}
	if n, ok := r.index(o, "ruleIndex", base, ""); ok {
		use.index = n
	}
	if ref := r.child(o, "rule", base, ""); ref != nil {
		if text, ok := r.word(ref, "id", base, "/rule"); ok && id == "" {
			id = text
		}
		if n, ok := r.index(ref, "index", base, "/rule"); ok {
			use.index = n
		}
		if c := r.child(ref, "toolComponent", base, "/rule"); c != nil {
			if n, ok := r.index(c, "index", base, "/rule/toolComponent"); ok {
				use.component = n
			} else {
				use.index = -1 // names the component by other means
			}
		}
	}
	use.id = id
	if use.index >= 0 && len(r.uses) < maxLintedPerRun {
		r.uses = append(r.uses, use)
	}
	if id == "" && use.index < 0 {
		r.add(Warn, "no-rule", base, "", "names no rule: the alert has no title, help or severity; set ruleId")
	}
	if id == "" && use.index >= 0 {
		id = fmt.Sprintf("%d:%d", use.component, use.index)
	}
	return id
}

// index reads an index; -1 is SARIF's way to say that there is none.
func (r *runLint) index(o object, key, base, below string) (int, bool) {
	v, ok := o[key]
	if !ok || v == nil {
		return 0, false
	}
	n, ok := v.(float64)
	if !ok || n != math.Trunc(n) || n < -1 || n > math.MaxInt32 {
		r.add(Reject, "rule-index", base, below+"/"+key, "%.40q is not an index: the file does not follow the SARIF schema", fmt.Sprint(v))
		return 0, false
	}
	return int(n), n >= 0
}

// flows counts the steps of all code flows.
func (r *runLint) flows(o object, base string) {
	steps := 0
	for i, flow := range r.children(o, "codeFlows", base, "") {
		f, _ := flow.(object)
		at := fmt.Sprintf("/codeFlows/%d", i)
		for j, thread := range r.children(f, "threadFlows", base, at) {
			t, _ := thread.(object)
			at := fmt.Sprintf("%s/threadFlows/%d", at, j)
			list := r.children(t, "locations", base, at)
			steps += len(list)
			for k, step := range list {
				r.step(step, base, at, k)
			}
		}
	}
	switch {
	case steps > hardFlowSteps:
		r.add(Reject, "flow-steps", base, "/codeFlows", "%d threadFlow locations: GitHub takes at most %d of a result; shorten the paths", steps, hardFlowSteps)
	case steps > softFlowSteps:
		r.add(Drop, "flow-steps", base, "/codeFlows", "%d threadFlow locations: GitHub keeps %d of a result and drops the others", steps, softFlowSteps)
	}
}

// step checks the URI of a step, which has to be one like any other.
func (r *runLint) step(step any, base, at string, i int) {
	s, _ := step.(object)
	l, _ := s["location"].(object)
	p, _ := l["physicalLocation"].(object)
	a, _ := p["artifactLocation"].(object)
	if uri, _ := a["uri"].(string); uri != "" {
		r.uri(uri, base, fmt.Sprintf("%s/locations/%d/location/physicalLocation/artifactLocation/uri", at, i))
	}
}

func (r *runLint) suppressions(o object, base string) {
	list := r.children(o, "suppressions", base, "")
	if len(list) == 0 {
		return
	}
	r.add(Warn, "suppressed", base, "/suppressions", "GitHub does not honour suppressions and opens an alert; leave suppressed results out of the upload")
	for i, s := range list {
		s, ok := s.(object)
		if !ok {
			continue // reported as a null or below as a wrong type
		}
		at := fmt.Sprintf("/suppressions/%d", i)
		if k, _ := r.word(s, "kind", base, at); k != "inSource" && k != "external" {
			r.add(Reject, "suppression", base, at+"/kind", "%.40q: upload-sarif takes inSource and external only", k)
		}
		if status, ok := r.word(s, "status", base, at); ok && !slices.Contains([]string{"accepted", "underReview", "rejected"}, status) {
			r.add(Reject, "suppression", base, at+"/status", "%.40q: upload-sarif says %q; use accepted, underReview or rejected", status, "is not one of enum values")
		}
	}
}

// fingerprint returns the one fingerprint that GitHub reads.
func (r *runLint) fingerprint(o object, base string) string {
	p := r.child(o, "partialFingerprints", base, "")
	for key, v := range p {
		if _, ok := v.(string); !ok && v != nil {
			r.add(Reject, "fingerprint", base, "/partialFingerprints/"+pointerEscaper.Replace(key), "is not a string, which the SARIF schema requires")
		}
	}
	hash, _ := p[lineHashKey].(string)
	if hash == "" {
		r.add(Warn, "no-fingerprint", base, "", "partialFingerprints.%s is missing: unless upload-sarif adds it, the alert closes and opens anew when lines move", lineHashKey)
	}
	return hash
}

// identity warns of results that GitHub cannot tell apart.
func (r *runLint) identity(rule, uri, hash string, i int, base string) {
	h := sha256.New()
	for _, part := range []string{rule, uri, hash} {
		io.WriteString(h, part)
		h.Write([]byte{0})
	}
	key := [16]byte(h.Sum(nil))
	if first, ok := r.seen[key]; ok {
		r.add(Warn, "duplicate", base, "", "has the rule, file and fingerprint of result %d: GitHub does not merge them and opens two alerts; keep one", first)
		return
	}
	if len(r.seen) < maxLintedPerRun {
		r.seen[key] = i
	}
}
