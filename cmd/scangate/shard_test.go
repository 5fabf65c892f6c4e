package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/sample"
)

// sharded scans in n shards, merges what they say, and returns the results.
func (y *try) sharded(n int, args ...string) (finding.Results, []string) {
	y.t.Helper()
	var files []string
	for i := range n {
		name := fmt.Sprintf("shard-%d-%d.json", n, i+1)
		y.run(append([]string{"scan", "--shard", fmt.Sprintf("%d/%d", i+1, n), "--results", name}, args...)...).want(0, "nothing is judged before")
		files = append(files, name)
	}
	merged := fmt.Sprintf("merged-%d.json", n)
	y.run(append(append([]string{"merge"}, files...), "-o", merged)...).want(0, "")
	return y.read(merged), files
}

func (y *try) read(name string) finding.Results {
	y.t.Helper()
	res, err := readResults(name)
	if err != nil {
		y.t.Fatal(err)
	}
	return res
}

// TestShardedEqualsWhole: whatever the number of shards, what they found
// together is what one job finds, to the byte.
func TestShardedEqualsWhole(t *testing.T) {
	y := shop(t)
	if err := sample.Site(t.Context(), "shop", "site", "site.yaml"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args   []string
		shards []int
		split  []string // in each number of shards
	}{
		{[]string{"shop", "--config", "site.yaml", "--image", "oci:image"}, []int{2, 3, 7}, nil},
		{[]string{"shop"}, []int{1, 2, 3, 7}, []string{"secret", "iac", "dependency"}},
	} {
		// What an earlier scan found is another question.
		old, err := filepath.Glob("*.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range old {
			os.Remove(name)
		}
		y.run(append([]string{"scan", "--results", "whole.json"}, tt.args...)...).want(1, "VERDICT: FAILED")
		whole := y.read("whole.json")
		want := y.copies("whole.json")
		divided := map[string]bool{}
		for _, n := range tt.shards {
			got, files := y.sharded(n, tt.args...)
			if d := cmp.Diff(whole, got, sameResults()...); d != "" {
				t.Errorf("%v in %d shards: %s", tt.args, n, d)
			}
			if d := cmp.Diff(want, y.copies(fmt.Sprintf("merged-%d.json", n))); d != "" {
				t.Errorf("%v in %d shards: %s", tt.args, n, d)
			}
			for _, run := range y.read(files[0]).Runs {
				divided[run.Scanner] = divided[run.Scanner] || run.Split != nil && len(run.Split.Shards) > 1
			}
		}
		for _, name := range tt.split {
			if !divided[name] {
				t.Errorf("%v: nothing of %s was done in several shards", tt.args, name)
			}
		}
	}
}

// sameResults compares results but for the time that they took.
func sameResults() []cmp.Option {
	return []cmp.Option{cmpopts.IgnoreFields(finding.Run{}, "Duration"), cmpopts.IgnoreFields(finding.Results{}, "Verdict"),
		cmpopts.IgnoreFields(finding.Finding{}, "Decision"), cmpopts.EquateEmpty()}
}

// copies are the reports that gate makes of results: their decisions are there,
// too.
func (y *try) copies(name string) (all []string) {
	y.t.Helper()
	y.run("gate", name, "--output", "sarif=full.sarif", "--output", "sarif-upload=upload.sarif").want(1, "VERDICT: FAILED")
	for _, file := range []string{"full.sarif", "upload.sarif"} {
		data, err := os.ReadFile(file)
		if err != nil {
			y.t.Fatal(err)
		}
		all = append(all, string(data))
	}
	return all
}

func TestMissingShard(t *testing.T) {
	y := shop(t)
	_, files := y.sharded(3, "shop")
	for _, verb := range [][]string{{"gate", "--fail-on", "none"}, {"gate", "--fail-on", "none", files[0], files[0]}} {
		y.run(append(verb, files[0], files[2])...).want(exitIncomplete, "shard 2/3 is missing")
		if !strings.Contains(y.stdout, "VERDICT: INCOMPLETE") || !strings.Contains(y.stdout, "secret: partial: shard 2/3 is missing") {
			t.Error(y.stdout)
		}
	}
	y.run("merge", files[0], files[2], "-o", "two.json").want(0, "")
	y.run("gate", "--fail-on", "none", "two.json").want(exitIncomplete, "shard 2/3 is missing")
	y.run("merge", "two.json", files[1], "-o", "three.json").want(exitUsage, "merge the results of all shards at once")
	y.run("gate", "--fail-on", "none", files[1]).want(exitIncomplete, "shards 1/3, 3/3 are missing")
	y.run("gate", "--fail-on", "none", files[2], files[0], files[1], files[1]).want(0, "VERDICT: PASSED")
	y.run("baseline", "write", "--results", files[1]).want(exitIncomplete, "")

	if err := os.WriteFile("require.yaml", []byte("version: 1\npolicy: {require: [dependency, secret, iac]}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	y.run(append([]string{"gate", "--fail-on", "none", "--config", "require.yaml"}, files...)...).want(0, "VERDICT: PASSED")
	y.run("gate", "--fail-on", "none", "--config", "require.yaml", files[0], files[1]).want(exitIncomplete, "shard 3/3 is missing")
}

func TestShardsOfOtherScans(t *testing.T) {
	y := shop(t)
	y.sharded(2, "shop")
	y.sharded(3, "shop")
	y.run("merge", "shard-2-1.json", "shard-3-2.json", "-o", "x").want(exitUsage, "one is of 2, the other of 3")
	y.run("scan", "shop", "--shard", "2/2", "--scanners", "secret", "--results", "other.json").want(0, "")
	y.run("merge", "shard-2-1.json", "other.json", "-o", "x").want(exitUsage, "they were made with other settings")
	if err := os.WriteFile("shop/new.txt", []byte("new\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	y.run("scan", "shop", "--shard", "2/2", "--results", "other.json").want(0, "")
	y.run("gate", "shard-2-1.json", "other.json").want(exitUsage, "their work was shared out otherwise")
	res := y.read("shard-2-2.json")
	res.Commit = strings.Repeat("ab", 20)
	var b bytes.Buffer
	if err := finding.Encode(&b, res); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("commit.json", b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	y.run("gate", "shard-2-1.json", "commit.json").want(exitUsage, "they are of the commits")
}

func TestShardFlag(t *testing.T) {
	y := newTry(t, "secret=clean,iac=high,image=gap")
	for _, bad := range []string{"0/3", "4/3", "1/0", "-1/3", "+1/3", "01/3", "1/3/5", "1", "/", "", "a/b", "1/257", "1 / 3", "9999999999999999999/3"} {
		y.run("scan", "--shard", bad).want(exitUsage, "--shard")
	}
	y.run("scan", "--shard", "1/2", "--staged").want(exitUsage, "--staged")
	y.run("scan", "--shard", "1/2", "--output", "sarif=x.sarif").want(exitUsage, "no report of the scan")
	y.run("plan", "--shard", "1/2", "--format", "github-matrix").want(exitUsage, "--shard")
	y.run("plan", "--shards", "3").want(exitUsage, "--shards")
	y.run("plan", "--shards", "257", "--format", "gitlab").want(exitUsage, "--shards")
	y.run("plan", "--shards", "-1", "--format", "gitlab").want(exitUsage, "--shards")

	// A finding is for the gate to judge; work that was not done is not.
	y.run("scan", "--shard", "1/3", "--results", "1.json").want(0, "shard 1/3 is a part of the scan")
	y.run("scan", "--shard", "2/3", "--results", "2.json").want(0, "iac")
	y.run("scan", "--shard", "3/3", "--results", "3.json").want(exitIncomplete, "image: partial: big.txt")
	y.run("gate", "1.json", "2.json", "3.json").want(1, "iac: 1 finding crosses")
	y.run("gate", "--fail-on", "none", "1.json", "2.json", "3.json").want(exitIncomplete, "image: partial: big.txt: over the limit")

	y.run("plan", "--shard", "2/3").want(0, "secret       skips  its work is that of shard 1/3")
	y.run("plan", "--format", "github-matrix", "--shards", "2").want(0,
		`{"include":[{"shard":"1/2","name":"secret, image","scanners":"secret,image"},{"shard":"2/2","name":"iac","scanners":"iac"}]}`+"\n")
	y.run("plan", "--format", "github-matrix", "--shards", "200").want(0, `"shard":"3/3"`)
	y.run("plan", "--format", "github-matrix").want(0, `{"include":[{"shard":"1/1"`)
	y.run("plan", "--format", "gitlab", "--shards", "2").want(0, "    matrix:\n      - SHARD:\n          - \"1/2\" # secret,image\n          - \"2/2\" # iac\n")
}

// TestShardsOfAPullRequest: each shard compares what it has of it.
func TestShardsOfAPullRequest(t *testing.T) {
	y := newPull(t, map[string]string{"a": "bad one\nbad two\n", "b": "key = " + "AK" + "IA" + "QZ4XWT7NB" + "2LKVM5J\n"}, func() {
		writeAll(t, map[string]string{"a": "bad two\nbad three\n", "c": "key = " + "AK" + "IA" + "3TR6YHPLW" + "MZ7QXVC\n"})
	})
	y.run("scan", "--since", "main", "--results", "../whole.json").want(1, "1 finding crosses")
	whole := y.read("../whole.json")
	var files []string
	for i := range 2 {
		name := fmt.Sprintf("../part-%d.json", i+1)
		y.run("scan", "--since", "main", "--shard", fmt.Sprintf("%d/2", i+1), "--results", name).want(0, "a part of the scan")
		files = append(files, name)
	}
	y.run("merge", files[0], files[1], "-o", "../merged.json").want(0, "")
	if d := cmp.Diff(whole, y.read("../merged.json"), sameResults()...); d != "" {
		t.Error(d)
	}
	y.run("gate", "../merged.json").want(1, "2 findings new, 1 known, 1 fixed")
	y.run("scan", "--shard", "1/2", "--results", "../other.json").want(0, "")
	y.run("gate", "../other.json", files[1]).want(exitUsage, "are not of the same scan")
}
