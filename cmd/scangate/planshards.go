package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

const (
	// shardWeight is how much work makes another shard worth its while: about
	// as much as a job takes to begin.
	shardWeight = 30_000
	// maxGitLab is how many jobs a matrix of GitLab's has at most.
	maxGitLab = 200
	// maxShardName bounds what a job is called, in characters.
	maxShardName = 80
)

// shardFormats are the formats of `plan` that split the work.
var shardFormats = []string{"github-matrix", "gitlab"}

// shardJob is an element of a matrix. Only Shard decides what a job does.
type shardJob struct {
	Shard    string `json:"shard"`
	Name     string `json:"name"`     // for people
	Scanners string `json:"scanners"` // that have work in it, for conditions on steps
}

// shardJobs splits a plan in n shards, or, if n is 0, in as many as there is
// work for. There are never more than units of work, nor than most.
func shardJobs(s *scanning, plan []scanners.Planned, n, most int) []shardJob {
	all := s.shareOut(plan, 1)
	if n == 0 {
		n = int(min(all.Weight()/shardWeight, int64(most)))
	}
	n = max(1, min(n, all.Units(), most))
	shares := s.shareOut(plan, n)
	jobs := make([]shardJob, n)
	for i := range jobs {
		shard := scanners.Shard{Index: i + 1, Of: n}
		var titles, names []string
		for j, p := range plan {
			if len(shares.Of(j, shard)) == 0 {
				continue
			}
			titles = append(titles, p.Title())
			if name := p.Scanner.Name(); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		jobs[i] = shardJob{shard.String(), text.OneLine(strings.Join(titles, ", "), maxShardName), strings.Join(names, ",")}
	}
	return jobs
}

// printShards prints a plan split in shards.
func printShards(w io.Writer, format string, s *scanning, plan []scanners.Planned, n int) error {
	if format == "github-matrix" {
		// One line, as a step's output is.
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(struct {
			Include []shardJob `json:"include"`
		}{shardJobs(s, plan, n, scanners.MaxShards)})
	}
	jobs := shardJobs(s, plan, n, maxGitLab)
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# %s; the hidden job .scangate-shard says how one is scanned.\nscangate-shard:\n  extends: .scangate-shard\n  parallel:\n    matrix:\n      - SHARD:\n", text.Count(len(jobs), "shard"))
	for _, j := range jobs {
		fmt.Fprintf(b, "          - %q # %s\n", j.Shard, j.Scanners)
	}
	return b.Flush()
}
