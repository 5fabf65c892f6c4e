package secret

import (
	"fmt"
	"slices"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/git"
)

// maxJoinNotes bounds the notes about marks that a joined run has.
const maxJoinNotes = 20

// Join makes the findings of parts anew from all that they saw: a secret is one
// finding wherever it is, and where that stands depends on all of its places.
func Join(run *finding.Run, parts []finding.Run) error {
	rules := map[string]finding.Rule{}
	for _, r := range run.Rules {
		rules[r.ID] = r
	}
	found := newCollector()
	lines := map[treePlace]*finding.Sight{}
	for i := range parts {
		sights := parts[i].Split.Sights
		for j := range sights {
			s := &sights[j]
			if _, ok := rules[s.Rule]; !ok || s.Key == "" && s.Line > 0 {
				return fmt.Errorf("a place of the unknown rule %.60q: the results are damaged", s.Rule)
			}
			if s.Commit != "" && !git.IsHash(s.Commit) {
				return fmt.Errorf("a place in %.60q, which is no commit: the results are damaged", s.Commit)
			}
			if err := found.addSight(s); err != nil {
				return err
			}
			if s.Commit == "" {
				lines[treePlace{s.Rule, s.Path, s.Line, s.Column}] = s
			}
		}
	}
	run.Findings, _ = found.findings(func(id string) finding.Rule { return rules[id] })
	run.Notes = append(run.Notes, found.notes()...)
	wrong := 0
	for i := range run.Findings {
		f := &run.Findings[i]
		l := &f.Location
		s := lines[treePlace{f.RuleID, l.Path, l.StartLine, l.StartColumn}]
		if s == nil || l.Commit != "" {
			continue
		}
		l.LineHash = s.LineHash
		switch {
		case f.Suppressed():
		case s.Mark != nil:
			f.Suppressions = []finding.Suppression{*s.Mark}
		case s.Wrong != nil && wrong < maxJoinNotes && !slices.Contains(run.Notes, *s.Wrong):
			wrong++
			run.Notes = append(run.Notes, *s.Wrong)
		}
	}
	return nil
}

// treePlace is where in the working tree a finding stands. What is known of the
// line is the same for all that stands there.
type treePlace struct {
	rule, path   string
	line, column int
}

// addSight takes what another job saw.
func (c *collector) addSight(s *finding.Sight) error {
	p := place{path: s.Path, asked: s.Asked, hit: hit{rule: s.Rule, key: s.Key, line: s.Line, col: s.Column, endLine: s.EndLine, endCol: s.EndCol,
		allowed: s.Allowed, doubt: s.Doubt}}
	if s.Raw != nil {
		p.path = string(s.Raw)
	}
	if s.Commit != "" {
		p.commit = &commit{hash: s.Commit, time: s.Time, index: s.Index}
	}
	return c.place(p, s.Pinned)
}
