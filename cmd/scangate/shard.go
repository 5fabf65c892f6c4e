package main

import (
	"errors"
	"fmt"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac"
	"github.com/scangate/scangate/scanners/secret"
)

// shardFlag is the flag --shard.
type shardFlag struct{ scanners.Shard }

func (s *shardFlag) Set(v string) (err error) {
	s.Shard, err = scanners.ParseShard(v)
	return err
}

// given reports that a shard is asked for.
func (s *shardFlag) given() bool { return s.Of > 0 }

// checkShard finds out what does not go with --shard.
func (s *scanning) checkShard() error {
	if !s.shard.given() {
		return nil
	}
	if s.staged {
		return errors.New("--shard: --staged is little work, and is not split: leave one of them out")
	}
	for _, o := range s.out {
		if o.Format.Name != "json" {
			// Whoever reads it would take a part for the whole.
			return fmt.Errorf("--output: %s of one shard would be no report of the scan: write it with scangate gate, from the results of all shards", o.Format.Name)
		}
	}
	return nil
}

// shareOut shares a plan out to n shards. In a pull request the findings of a
// scanner are compared as a whole, one to one, so no scanner's work is split.
func (s *scanning) shareOut(plan []scanners.Planned, n int) scanners.Shares {
	return scanners.ShareOut(plan, n, s.since != "")
}

// takeShard leaves of a plan what the shard is to do, and returns the digest of
// how all of it is shared out.
func (s *scanning) takeShard(plan []scanners.Planned) ([]scanners.Planned, string) {
	if !s.shard.given() {
		return plan, ""
	}
	shares := s.shareOut(plan, s.shard.Of)
	return shares.Take(plan, s.shard.Shard), shares.Digest()
}

// joiners make runs of their parts.
func joiners() map[string]scanners.Joiner {
	return map[string]scanners.Joiner{"secret": secret.Join, iac.Name: iac.Join}
}

// unjudged is the verdict on the results of one shard: there is none before all
// are there. The exit code says whether the shard has done its part.
func unjudged(v policy.Verdict, res finding.Results) (policy.Verdict, int) {
	v.Outcome = policy.Incomplete
	v.Reasons = []string{fmt.Sprintf("shard %s is a part of the scan: nothing is judged before the results of all shards are merged", res.Shard)}
	code := exitPassed
	if res.Interrupted {
		code = exitIncomplete
	}
	for i := range res.Runs {
		run := &res.Runs[i]
		status, reason := run.Status, run.Reason
		if run.Split != nil && run.Split.Status != nil {
			status, reason = *run.Split.Status, run.Split.Reason
		}
		if status != finding.Completed && status != finding.Skipped {
			code = exitIncomplete
			v.Reasons = append(v.Reasons, fmt.Sprintf("%s: %s: %s", run.Title(), status, reason))
		}
	}
	return v, code
}
