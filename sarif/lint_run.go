package sarif

import (
	"fmt"
	"strings"
)

// runLint is what has to be known of a run to judge its results.
type runLint struct {
	*linter
	base       string // JSON pointer of the run
	driver     string // tool.driver.name
	category   string
	rules      int        // of all components
	ruleIDs    []string   // of the driver, in order
	extensions [][]string // the same of each extension
	uses       []ruleUse
	seen       map[[16]byte]int // identity of a result and where it is
}

// ruleUse is a result's reference to a rule by index. It is checked when the
// run has been read, because the tool may come last.
type ruleUse struct {
	result    int
	component int // index of the extension, or -1 for the driver
	index     int
	id        string
}

// run reads and checks one run.
func (l *linter) run(i int) error {
	r := &runLint{linter: l, base: fmt.Sprintf("/runs/%d", i), seen: map[[16]byte]int{}}
	seen := map[string]bool{}
	err := l.members(func(key string) error {
		seen[key] = true
		switch key {
		case "tool":
			return l.structure(r.tool(), r.base, "/tool")
		case "results":
			return l.structure(r.results(), r.base, "/results")
		case "automationDetails", "invocations", "originalUriBaseIds":
			v, err := l.whole(r.base, "/"+key)
			if err == nil {
				r.member(key, v)
			}
			return err
		}
		return l.other(key, r.base, "")
	})
	if err != nil {
		return l.structure(err, "", r.base)
	}
	if !seen["tool"] {
		l.add(Reject, "no-driver", r.base, "", "tool is missing: GitHub needs tool.driver.name")
	}
	if !seen["results"] {
		l.add(Reject, "no-results", r.base, "", "upload-sarif says %q; write an empty array for a scan that found nothing, and leave the run out for one that failed", "Missing 'results' array in run")
	}
	if !seen["automationDetails"] {
		l.add(Warn, "no-category", r.base, "", "automationDetails.id is missing: the run has no category of its own, and replaces other uploads of the tool; set it to %q", "<scanner>/")
	}
	r.finish(i)
	return nil
}

// member checks one of the run's small members.
func (r *runLint) member(key string, v any) {
	o, isObject := v.(object)
	list, isArray := v.([]any)
	if v == nil {
		return // reported as a null
	}
	if key == "invocations" && !isArray || key != "invocations" && !isObject {
		r.add(Reject, "type", r.base, "/"+key, "has the wrong type: the file does not follow the SARIF schema")
		return
	}
	switch key {
	case "automationDetails":
		r.automation(o)
	case "invocations":
		for i, inv := range list {
			r.invocation(inv, fmt.Sprintf("/invocations/%d", i))
		}
	}
}

func (r *runLint) automation(o object) {
	const at = "/automationDetails"
	id, ok := r.word(o, "id", r.base, at)
	slash := strings.LastIndex(id, "/")
	r.category = id[:max(0, slash)]
	switch {
	case !ok:
		r.add(Warn, "no-category", r.base, at, "id is missing: the run has no category, and replaces other uploads of the tool; set it to %q", "<scanner>/")
	case slash < 0:
		r.add(Warn, "no-category", r.base, at+"/id", "%.80q has no slash, so that the category is empty: GitHub takes what stands before the last slash; end it with one", id)
	case strings.Trim(r.category, "/") == "":
		r.add(Warn, "no-category", r.base, at+"/id", "%.80q has nothing before the last slash, so that the category is empty; end it with a slash", id)
	case slash < len(id)-1:
		r.add(Warn, "category-run-id", r.base, at+"/id", "%.80q does not end in a slash: what follows the last one is not part of the category %.80q; end it with a slash", id, r.category)
	}
	if unstable.MatchString(r.category) {
		r.add(Warn, "unstable-category", r.base, at+"/id", "the category has a digest or commit in it: every change of it leaves all old alerts open for good; name what is scanned, not its version")
	}
}

func (r *runLint) invocation(v any, at string) {
	o, ok := v.(object)
	if !ok {
		return
	}
	switch success, ok := o["executionSuccessful"].(bool); {
	case !ok:
		r.add(Reject, "invocation", r.base, at, "executionSuccessful is missing: the SARIF schema requires it")
	case !success:
		r.add(Reject, "unsuccessful", r.base, at+"/executionSuccessful", "is false: GitHub sets the upload to failed with %q; leave out the run of a scanner that did not complete", "unsuccessful execution")
	}
}

// finish checks what takes the whole run.
func (r *runLint) finish(i int) {
	if r.rules > hardRules {
		r.add(Reject, "rules", r.base, "/tool", "%d rules: GitHub takes at most %d of a run; write only rules that have results", r.rules, hardRules)
	}
	for _, use := range r.uses {
		ids := r.ruleIDs
		if use.component >= 0 {
			if use.component >= len(r.extensions) {
				r.add(Reject, "rule-index", r.base, fmt.Sprintf("/results/%d/rule/toolComponent/index", use.result), "%d: the tool has %d extensions", use.component, len(r.extensions))
				continue
			}
			ids = r.extensions[use.component]
		}
		at := fmt.Sprintf("/results/%d", use.result)
		switch {
		case use.index >= len(ids):
			r.add(Reject, "rule-index", r.base, at, "refers to rule %d of %d: the result has no rule; mend the index or leave it out", use.index, len(ids))
		case use.id != "" && !sameRule(use.id, ids[use.index]):
			r.add(Warn, "rule-mismatch", r.base, at, "ruleId is %.80q and rule %d is %.80q: the alert may show the wrong rule; mend the index", use.id, use.index, ids[use.index])
		}
	}
	if r.driver == "" {
		return
	}
	key := r.driver + "\x00" + r.category
	if other, taken := r.categories[key]; taken {
		r.add(Reject, "duplicate-category", r.base, "", "has the tool %.80q and category %.80q of run %d: GitHub says %q; give each run an automationDetails.id of its own", r.driver, r.category, other, "A delivery cannot contain multiple runs with the same category")
		return
	}
	r.categories[key] = i
}

// results reads and checks the results, one at a time.
func (r *runLint) results() error {
	count := 0
	err := r.elements(func(i int) error {
		count++
		base := fmt.Sprintf("%s/results/%d", r.base, i)
		v, err := r.whole(base, "")
		if err != nil || v == nil {
			return err
		}
		o, ok := v.(object)
		if !ok {
			r.add(Reject, "type", base, "", "is not an object: the file does not follow the SARIF schema")
			return nil
		}
		r.result(o, i, base)
		return nil
	})
	switch {
	case count > hardResults:
		r.add(Reject, "results", r.base, "/results", "%d results: GitHub takes at most %d of a run; keep the most severe, or split the scan into categories", count, hardResults)
	case count > maxUploadResults:
		r.add(Drop, "results", r.base, "/results", "%d results: GitHub keeps %d of a run and drops the others; keep the most severe, or split the scan into categories", count, maxUploadResults)
	}
	return err
}
