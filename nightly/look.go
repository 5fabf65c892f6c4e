package nightly

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/text"
)

// Input is what there is to look at.
type Input struct {
	Results finding.Results
	Verdict policy.Verdict   // on the results
	Require []string         // the scanners that the policy requires
	State   *State           // what the issue says was known; nil: nothing
	Before  *finding.Results // earlier results; nil: there are none
	Now     time.Time
	MaxAge  time.Duration // from which on the database is stale
	Ignores []string      // about ignores that end, a line each
}

// News is what an issue is to say.
type News struct {
	Exploited, New, Fixable, Secrets []Item

	Incomplete []string // scanners that did not complete, and why
	Database   string   // why the database is stale; empty: it is not
	Ignores    []string
	Unseen     int // findings listed before that were not looked for this time
	Others     int // that fail, and are not listed
	next       State
}

// Item is a finding that is listed.
type Item struct {
	Scanner string // with its target
	Finding *finding.Finding
	Since   string // when it was published, or became known to be exploited; may be empty
}

// Clean reports that there is nothing to say.
func (n *News) Clean() bool {
	return len(n.Exploited)+len(n.New)+len(n.Fixable)+len(n.Secrets)+len(n.Incomplete)+len(n.Ignores)+n.Unseen == 0 && n.Database == ""
}

// subject is a finding with what decides where it is listed.
type subject struct {
	run    *finding.Run
	f      *finding.Finding
	digest digest
	action policy.Action
}

// counts reports whether the policy wants it to go away: a vulnerability that it
// fails, and a secret that it does not let pass.
func (s *subject) counts() bool {
	return s.action == policy.Fail || s.action == policy.Warn && s.f.Package == nil && secret(s)
}

// Look compares results with what was known. A finding that is listed once
// stays listed until it is gone or does not count any more.
func Look(in Input) News {
	n := News{Ignores: in.Ignores}
	prior := in.State
	if in.Before != nil {
		prior = prior.join(StateOf(*in.Before))
	}
	n.next = State{commit: commitOf(in.Results), day: in.Now.UTC().Format(time.DateOnly), known: map[digest]flags{}}
	all := subjects(in.Results, in.Verdict)
	for _, s := range all {
		place := n.place(s, prior)
		item := Item{s.run.Title(), s.f, ""}
		switch {
		case s.f.Package == nil:
			switch {
			case !s.counts():
			case secret(s):
				n.Secrets = append(n.Secrets, item)
			default:
				n.Others++
			}
			continue
		case place&asExploited != 0:
			item.Since = s.f.Exploited
			n.Exploited = append(n.Exploited, item)
		case place&asNew != 0:
			item.Since = s.f.Published
			n.New = append(n.New, item)
		case place&asFixable != 0:
			n.Fixable = append(n.Fixable, item)
		case s.counts():
			n.Others++
		}
		if _, there := n.next.known[s.digest]; !there && len(n.next.known) == maxKnown {
			n.next.more = true
			continue
		}
		n.next.known[s.digest] |= place | factsOf(s.f)
	}
	n.Incomplete = incomplete(in)
	n.Database = stale(in)
	if prior != nil {
		n.keep(prior, all)
	}
	return n
}

// place decides where a finding about a package is listed.
func (n *News) place(s *subject, prior *State) (out flags) {
	if s.f.Package == nil || s.action == policy.Ignored {
		return out
	}
	if prior == nil {
		// Nothing is listed that could have been known: all is news.
		if s.counts() {
			out = asNew
			if s.f.Exploited != "" {
				out |= asExploited
			}
		}
		return out
	}
	before, known := prior.known[s.digest]
	published := s.f.Published != "" && prior.day != "" && s.f.Published >= prior.day
	switch {
	case known:
		out = before & asNew
	case published, !prior.more && prior.commit != "" && prior.commit == n.next.commit:
		out = asNew
	}
	if s.f.Fixable() && known && (before&fixable == 0 || before&asFixable != 0) {
		out |= asFixable
	}
	if !s.counts() {
		out = 0
	}
	// What is exploited is worth knowing even where the policy lets it pass.
	if s.f.Exploited != "" && (before&asExploited != 0 || known && before&exploited == 0 || out&asNew != 0) {
		out |= asExploited
	}
	return out
}

// subjects are the findings that are shown, the most severe ones that count
// first, so that these are known where not all can be.
func subjects(res finding.Results, v policy.Verdict) (out []*subject) {
	order := map[policy.Action]int{policy.Fail: 0, policy.Warn: 1, policy.Pass: 2, policy.Ignored: 3}
	// What several scanners found is listed once, with the gravest decision.
	gravest := map[string]policy.Action{}
	for i := range res.Runs {
		for j, d := range v.Decisions[i] {
			at := res.Runs[i].Findings[j].SameAs
			if other, ok := gravest[at]; at != "" && (!ok || order[d.Action] < order[other]) {
				gravest[at] = d.Action
			}
		}
	}
	for i := range res.Runs {
		for j := range res.Runs[i].Findings {
			f := &res.Runs[i].Findings[j]
			if f.SameAs != "" {
				continue
			}
			action := v.Decisions[i][j].Action
			if other, ok := gravest[f.Fingerprint]; ok && order[other] < order[action] {
				action = other
			}
			out = append(out, &subject{&res.Runs[i], f, digestOf(&res.Runs[i], f), action})
		}
	}
	slices.SortStableFunc(out, func(a, b *subject) int {
		return cmp.Or(
			cmp.Compare(order[a.action], order[b.action]), cmp.Compare(b.f.Severity, a.f.Severity),
			strings.Compare(a.f.RuleID, b.f.RuleID), strings.Compare(a.f.Location.Path, b.f.Location.Path), compareDigests(a.digest, b.digest),
		)
	})
	return out
}

// secret reports whether a finding is a leaked secret, whoever found it.
func secret(s *subject) bool {
	return s.run.Scanner == "secret" || s.run.Scanner == "gitleaks" || s.run.Scanner == "image" && s.f.KeyOnly
}

// keep takes over what was known and could not be looked for again, and leaves
// the state as it was if it says the same.
func (n *News) keep(prior *State, all []*subject) {
	if len(n.Incomplete) > 0 {
		seen := map[digest]bool{}
		for _, s := range all {
			seen[s.digest] = true
		}
		for _, p := range slices.SortedFunc(maps.Keys(prior.known), compareDigests) {
			if seen[p] {
				continue
			}
			if prior.known[p]&listed != 0 {
				n.Unseen++
			}
			if len(n.next.known) == maxKnown {
				n.next.more = true
				continue
			}
			n.next.known[p] = prior.known[p]
		}
	}
	// A day that moves alone would change the issue every night. An earlier
	// one only makes more count as news.
	if prior.day != "" && prior.commit == n.next.commit && prior.more == n.next.more && maps.Equal(prior.known, n.next.known) {
		n.next.day = prior.day
	}
}

// incomplete lists the scanners whose silence means nothing.
func incomplete(in Input) (out []string) {
	if in.Results.Interrupted {
		out = append(out, "the scan was interrupted")
	}
	for i := range in.Results.Runs {
		run := &in.Results.Runs[i]
		if run.Status == finding.Completed || run.Status == finding.Skipped && !slices.Contains(in.Require, run.Scanner) {
			continue
		}
		out = append(out, fmt.Sprintf("%s: %s: %s", run.Title(), run.Status, text.OneLine(run.Reason, 300)))
	}
	for _, name := range in.Require {
		if in.Results.Find(name) == nil {
			out = append(out, name+": required by the policy, but not among the results")
		}
	}
	switch missing := in.Results.Missing; {
	case in.Results.Shard != "":
		out = append(out, "these are the results of shard "+text.OneLine(in.Results.Shard, 20)+" only")
	case len(missing) > 0:
		out = append(out, "missing: the results of "+text.Count(len(missing), "shard"))
	}
	if len(out) == 0 && in.Verdict.Outcome == policy.Incomplete {
		out = append(out, in.Verdict.Reasons...)
	}
	return out
}

// stale says that the vulnerability database is too old.
func stale(in Input) string {
	built := in.Results.DatabaseBuilt()
	if built.IsZero() || in.Now.Sub(built) <= in.MaxAge {
		return ""
	}
	return fmt.Sprintf("the vulnerability database is of %s, over %s old: newer advisories are missing", built.UTC().Format(time.DateOnly), text.Age(in.MaxAge))
}
