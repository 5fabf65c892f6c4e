package scanners

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
)

// A Joiner makes one run of a scanner's parts where that takes more than putting
// together what they found. run has that already, and the findings are not
// sorted yet.
type Joiner func(run *finding.Run, parts []finding.Run) error

// Join puts the results of shards together, so that they are as those of one
// job. Results of no shard stay as they are. joiners are by the names of
// scanners. It fails on shards that are not of one scan. A shard that is not
// there leaves its runs incomplete, and is named in Missing.
func Join(all []finding.Results, joiners map[string]Joiner) ([]finding.Results, error) {
	var out, shards []finding.Results
	for _, r := range all {
		if r.Shard == "" {
			out = append(out, r)
			continue
		}
		if _, err := ParseShard(r.Shard); err != nil {
			return nil, fmt.Errorf("shard: %w", err)
		}
		if !slices.ContainsFunc(shards, func(o finding.Results) bool { return o.Shard == r.Shard }) {
			shards = append(shards, r)
		}
	}
	if len(shards) == 0 {
		return all, nil
	}
	if i := slices.IndexFunc(out, func(r finding.Results) bool { return len(r.Missing) > 0 }); i >= 0 {
		return nil, fmt.Errorf("results that were merged without shard %s cannot be completed: merge the results of all shards at once", out[i].Missing[0])
	}
	slices.SortFunc(shards, func(a, b finding.Results) int { return cmp.Compare(indexOf(a), indexOf(b)) })
	for _, r := range all {
		if r.Shard != "" {
			if err := alike(shards[0], r); err != nil {
				return nil, err
			}
		}
	}
	j := joining{by: map[string]finding.Results{}, joiners: joiners}
	for _, r := range shards {
		j.by[r.Shard] = r
	}
	first, _ := ParseShard(shards[0].Shard)
	for i := range first.Of {
		if name := (Shard{i + 1, first.Of}).String(); j.by[name].Shard == "" {
			j.missing = append(j.missing, name)
		}
	}
	runs := make([]finding.Run, len(shards[0].Runs))
	for i := range runs {
		var err error
		if runs[i], err = j.run(shards, i); err != nil {
			return nil, err
		}
		if runs[i].Looked.Packages > 0 && databases(shards) > 1 {
			runs[i].Notes = append([]finding.Note{{Level: finding.Warning,
				Message: "the shards have used different vulnerability databases: give all jobs the same one, with --db"}}, runs[i].Notes...)
		}
	}
	// What is said of the results as a whole is merged as that of any jobs is.
	for i := range shards {
		shards[i].Runs, shards[i].Shard, shards[i].Shares = nil, "", ""
	}
	shards[0].Runs, shards[0].Missing = runs, j.missing
	return append(shards, out...), nil
}

// databases is how many vulnerability databases were used.
func databases(shards []finding.Results) int {
	known := map[string]bool{}
	for _, r := range shards {
		if r.Database != "" {
			known[r.Database] = true
		}
	}
	return len(known)
}

func indexOf(r finding.Results) int {
	s, _ := ParseShard(r.Shard)
	return s.Index
}

// alike says why two shards' results are not of the same scan.
func alike(a, b finding.Results) error {
	_, n, _ := strings.Cut(a.Shard, "/")
	_, m, _ := strings.Cut(b.Shard, "/")
	differ := func(format string, args ...any) error {
		return fmt.Errorf("shards %s and %s are not of the same scan: %s", a.Shard, b.Shard, fmt.Sprintf(format, args...))
	}
	switch {
	case n != m:
		return differ("one is of %s, the other of %s", n, m)
	case a.Commit != b.Commit:
		return differ("they are of the commits %.12q and %.12q", a.Commit, b.Commit)
	case a.Tool != b.Tool:
		return differ("they were made by %s %s and %s %s", a.Tool.Name, a.Tool.Version, b.Tool.Name, b.Tool.Version)
	case a.Root != b.Root:
		return differ("they are of the directories %q and %q", a.Root, b.Root)
	case a.Settings != b.Settings:
		return differ("they were made with other settings, or --scanners")
	case (a.Since == nil) != (b.Since == nil), a.Since != nil && (a.Since.Base != b.Since.Base || a.Since.Policy != b.Since.Policy):
		return differ("they were compared with other commits")
	case a.Shares != b.Shares || len(a.Runs) != len(b.Runs):
		return differ("their work was shared out otherwise; every job needs the same files, tools, images and flags")
	}
	for i := range a.Runs {
		x, y := &a.Runs[i], &b.Runs[i]
		if x.Scanner != y.Scanner || x.Target != y.Target || !slices.Equal(shardsOf(x), shardsOf(y)) {
			return differ("%s is in one, and %s in its place in the other", x.Title(), y.Title())
		}
	}
	return nil
}

func shardsOf(r *finding.Run) []string {
	if r.Split == nil {
		return nil
	}
	return r.Split.Shards
}

// joining is what Join knows.
type joining struct {
	by      map[string]finding.Results
	missing []string
	joiners map[string]Joiner
}

// run joins the i-th run of all shards.
func (j *joining) run(shards []finding.Results, i int) (finding.Run, error) {
	names := shardsOf(&shards[0].Runs[i])
	if names == nil {
		// Nobody was to do it. One whose plan failed says more than the others.
		out := shards[0].Runs[i]
		for _, r := range shards {
			if r.Runs[i].Status == finding.Failed {
				out = r.Runs[i]
				break
			}
		}
		return out, nil
	}
	var parts []finding.Run
	var missing []string
	for _, name := range names {
		if r, ok := j.by[name]; ok {
			parts = append(parts, r.Runs[i])
		} else {
			missing = append(missing, name)
		}
	}
	if len(parts) == 0 {
		out := shards[0].Runs[i]
		out.Split, out.Status, out.Reason = nil, finding.Failed, missingReason(missing)
		return out, nil
	}
	out := parts[0]
	if len(names) == 1 {
		out.Inventory, out.Split = out.Split.Inventory, nil
		return out, nil
	}
	for k := range parts {
		if parts[k].Split.Status == nil { // it never came to its part
			parts[k].Split = &finding.Split{Shards: names, Status: &parts[k].Status, Reason: parts[k].Reason}
		}
	}
	out, err := j.parts(parts)
	if len(missing) > 0 && (out.Status == finding.Completed || out.Status == finding.Partial) {
		out.Status, out.Reason = finding.Partial, missingReason(missing)
	}
	return out, err
}

func missingReason(missing []string) string {
	verb := " is missing: merge the results of all shards"
	if len(missing) > 1 {
		verb = " are missing: merge the results of all shards"
	}
	return shardWords(missing) + verb
}

// worst orders how parts ended.
var worst = []finding.Status{finding.Failed, finding.TimedOut, finding.Partial, finding.Skipped, finding.Completed}

// parts joins the parts of a run.
func (j *joining) parts(parts []finding.Run) (finding.Run, error) {
	out := parts[0]
	out.Split, out.Findings, out.Rules, out.Notes, out.Looked, out.Inventory = nil, nil, nil, nil, finding.Looked{}, nil
	bad := &parts[0]
	for i := range parts {
		p := &parts[i]
		if p.Engine.Version > out.Engine.Version {
			out.Engine = p.Engine
		}
		out.Looked.Add(p.Looked)
		out.Duration = max(out.Duration, p.Duration)
		out.Findings = append(out.Findings, p.Findings...)
		out.Rules = joinRules(out.Rules, p.Rules)
		out.Notes = joinNotes(out.Notes, p.Notes)
		out.Inventory = append(out.Inventory, p.Split.Inventory...)
		if slices.Index(worst, *p.Split.Status) < slices.Index(worst, *bad.Split.Status) {
			bad = p
		}
	}
	if join := j.joiners[out.Scanner]; join != nil {
		if err := join(&out, parts); err != nil {
			return out, fmt.Errorf("%s: %w", out.Title(), err)
		}
	}
	slices.SortStableFunc(out.Inventory, func(a, b finding.Source) int { return comparePaths(a.Path, b.Path) })
	sortNotes(out.Notes)
	switch s := *bad.Split.Status; s {
	case finding.Completed, finding.Partial:
		out.Status, out.Reason = judgeLooked(out)
	case finding.Skipped:
		out.Status, out.Reason = finding.Failed, "a part of its work was left out: "+bad.Split.Reason
	default:
		out.Status, out.Reason = s, bad.Split.Reason
	}
	out = normalise(out)
	carryDates(&out, parts)
	return out, nil
}

// carryDates gives findings that were made anew the day on which the first of
// the parts has seen them.
func carryDates(run *finding.Run, parts []finding.Run) {
	first := map[string]string{}
	for i := range parts {
		for j := range parts[i].Findings {
			f := &parts[i].Findings[j]
			if day, ok := first[f.Fingerprint]; f.FirstSeen != "" && (!ok || f.FirstSeen < day) {
				first[f.Fingerprint] = f.FirstSeen
			}
		}
	}
	for i := range run.Findings {
		if f := &run.Findings[i]; f.FirstSeen == "" {
			f.FirstSeen = first[f.Fingerprint]
		}
	}
}

// joinRules adds rules. Those of one id differ in what depends on where they
// found something: the worse severity counts, and what more there is to say.
func joinRules(list, more []finding.Rule) []finding.Rule {
	at := map[string]int{}
	for i := range list {
		at[list[i].ID] = i
	}
	for _, r := range more {
		i, ok := at[r.ID]
		if !ok {
			at[r.ID] = len(list)
			list = append(list, r)
			continue
		}
		old := &list[i]
		old.Severity, old.Score = max(old.Severity, r.Severity), max(old.Score, r.Score)
		if len(r.Help) > len(old.Help) {
			old.Help = r.Help
		}
	}
	return list
}

// joinNotes adds notes. What two parts say in the same words is about the same,
// and counts are added up.
func joinNotes(list, more []finding.Note) []finding.Note {
	have := map[finding.Note]int{}
	tallies := map[finding.Note]int{}
	key := func(n finding.Note) finding.Note {
		n.Message, n.Tally = "", tallyForm(n.Tally)
		return n
	}
	for i, n := range list {
		have[n]++
		if n.Tally != "" {
			tallies[key(n)] = i
		}
	}
	for _, n := range more {
		if n.Tally != "" {
			if i, ok := tallies[key(n)]; ok {
				list[i].Tally = addTallies(list[i].Tally, n.Tally)
				list[i].Message = tallied(list[i].Tally)
				continue
			}
		} else if have[n] > 0 {
			have[n]--
			continue
		}
		list = append(list, n)
	}
	return list
}
