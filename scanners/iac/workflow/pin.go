package workflow

import (
	"regexp"
	"strings"

	"github.com/rhysd/actionlint"

	"github.com/scangate/scangate/finding"
)

var (
	// remoteUse is owner/repository[/path]@ref, the only form that GitHub takes.
	remoteUse = regexp.MustCompile(`^([A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100})((?:/[^@\s]*)?)@(\S+)$`)
	fullSHA   = regexp.MustCompile(`^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$`)
	digest    = regexp.MustCompile(`@sha256:[0-9a-fA-F]{64}$`)
	plainRef  = regexp.MustCompile(`^[A-Za-z0-9._/-]{1,60}$`)
	imageName = regexp.MustCompile(`^[a-z0-9._/-]{1,120}`)
)

// checkPins looks at everything that is used by name: GHA-001.
func (w *workflow) checkPins() {
	for _, j := range w.jobs {
		if j.WorkflowCall != nil && j.WorkflowCall.Uses != nil {
			where := "jobs." + name(j.ID.Value)
			w.checkPin(j.WorkflowCall.Uses, spot{resource: where, key: where})
		}
	}
	for _, g := range w.groups {
		for i, s := range g.steps {
			if action, ok := s.Exec.(*actionlint.ExecAction); ok && action.Uses != nil {
				at := g.spot(i, 0, 0, "")
				at.key = strings.TrimSuffix(at.key, "/")
				w.checkPin(action.Uses, at)
			}
		}
	}
}

// checkPin looks at one value of uses. Values that GitHub refuses are passed
// over: nothing runs with them.
func (w *workflow) checkPin(uses *actionlint.String, at spot) {
	at.from, at.to = w.src.extent(uses)
	if image, ok := strings.CutPrefix(uses.Value, "docker://"); ok {
		if image == "" || digest.MatchString(image) || strings.Contains(image, "${{") {
			return
		}
		// What is behind the name may be anything; it is not repeated.
		image = imageName.FindString(image)
		at.key += "/docker://" + image
		w.add("GHA-001", finding.High, at, "The image "+image+" is not pinned by a digest, so that what runs can be replaced.")
		return
	}
	m := remoteUse.FindStringSubmatch(uses.Value)
	if m == nil || strings.HasPrefix(m[1], "./") || strings.HasPrefix(m[1], "../") || fullSHA.MatchString(m[3]) || strings.Contains(m[3], "${{") {
		return
	}
	severity, by := finding.High, ""
	if owner, _, _ := strings.Cut(strings.ToLower(m[1]), "/"); owner == "actions" || owner == "github" {
		severity = finding.Medium
	}
	if plainRef.MatchString(m[3]) {
		by = " but by " + m[3]
	}
	what := "The action "
	if strings.HasPrefix(m[2], "/.github/workflows/") {
		what = "The workflow of "
	}
	at.key += "/" + m[1]
	if plainRef.MatchString(m[2]) {
		at.key += m[2]
	}
	w.add("GHA-001", severity, at, what+m[1]+" is not pinned by a full commit SHA"+by+", so that what runs can be replaced.")
}
