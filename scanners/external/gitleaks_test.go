package external

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/secret"
)

// leak is put together here, so that it does not stand in this file.
var leak = "AK" + "IA" + "QZ4XWT7NB" + "2LKVM5J"

// leakMark stands for it in what is recorded.
const leakMark = "@LEAK@"

// leaky is a repository with a secret in its history and in its working tree.
func leaky(t testing.TB) *scanners.Tree {
	t.Helper()
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	put := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q", "-b", "main")
	put("old.txt", "key = "+leak+"\n")
	git("add", "-A")
	git("commit", "-q", "-m", "first")
	git("rm", "-q", "old.txt")
	put("store.p12", "x")
	put("new.txt", "\nk = "+leak+"\n")
	return walk(t, dir)
}

func gitleaksTool(t testing.TB) Tool { return must(Gitleaks(GitleaksOptions{}))(t) }

func wantLeaks() []finding.Finding {
	return []finding.Finding{
		{RuleID: "aws-access-token", Severity: finding.Critical, SeveritySource: "scangate", Key: secret.Key("aws-access-token", leak), KeyOnly: true,
			Message:  "Identified a pattern that may indicate AWS credentials: in the working tree, and in the history. Rotate it.",
			Fix:      "Revoke or rotate it at its provider first, then remove it from the file: it stays readable in the history.",
			Location: finding.Location{Path: "new.txt", StartLine: 2, EndLine: 2},
			Related:  []finding.Location{{Path: "old.txt", StartLine: 1, EndLine: 1, Date: "2026-01-02", Message: "added in commit "}}},
		{RuleID: "pkcs12-file", Severity: finding.High, SeveritySource: "scangate", Key: secret.Key("pkcs12-file", ""),
			Message:  "Found a PKCS #12 file: in the working tree. Rotate it.",
			Fix:      "Revoke or rotate it at its provider first, then remove it from the file: it stays readable in the history.",
			Location: finding.Location{Path: "store.p12"}},
	}
}

// checkLeaks compares findings, but for what depends on the commit's hash.
func checkLeaks(t testing.TB, got []finding.Finding) {
	t.Helper()
	for i := range got {
		got[i].Fingerprint = ""
		for j := range got[i].Related {
			l := &got[i].Related[j]
			if len(l.Commit) != 12 || !strings.HasSuffix(l.Message, l.Commit) {
				t.Errorf("commit %q, %q", l.Commit, l.Message)
			}
			l.Message, l.Commit = strings.TrimSuffix(l.Message, l.Commit), ""
		}
	}
	if d := cmp.Diff(wantLeaks(), got); d != "" {
		t.Error(d)
	}
}

func TestGitleaksRuns(t *testing.T) {
	realTool(t, "gitleaks", "git")
	got := scan(t, New(gitleaksTool(t), Options{Asked: true}), leaky(t))
	if got.Status != finding.Completed || got.Looked.Commits != 1 || got.Looked.Files != 2 {
		t.Fatalf("%s: %s, looked at %+v\n%s", got.Status, got.Reason, got.Looked, notes(got))
	}
	checkLeaks(t, got.Findings)
	clean := scan(t, New(gitleaksTool(t), Options{Asked: true}), tree(t, map[string]string{"a.txt": "nothing\n"}))
	if clean.Status != finding.Completed || len(clean.Findings) != 0 {
		t.Errorf("%s: %s, %d findings", clean.Status, clean.Reason, len(clean.Findings))
	}
}

func TestGitleaksReads(t *testing.T) {
	tool, tr := gitleaksTool(t), leaky(t)
	var all []finding.Finding
	for _, mode := range []string{inTree, inHistory} {
		name := "gitleaks/" + strings.ReplaceAll(mode, " ", "-")
		u := Unit{Dir: ".", Mode: mode}
		hide := func(data []byte) []byte { return []byte(strings.ReplaceAll(string(data), leak, leakMark)) }
		data := recorded(t, name+".json", func() []byte {
			if !canRecord(t, "gitleaks") {
				return nil
			}
			data, _ := output(t, tool, tr, u)
			return hide(data)
		})
		log := recorded(t, name+".log", func() []byte {
			if !canRecord(t, "gitleaks") {
				return nil
			}
			_, log := output(t, tool, tr, u)
			return hide(log)
		})
		data = strings.ReplaceAll(data, leakMark, leak)
		r := newReading(tr, u)
		if err := tool.Read(Output{Data: []byte(data), Stderr: []byte(log), Unit: u}, r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r.findings...)
		for what, o := range map[string]Output{
			"cut short":      {Data: []byte(data[:len(data)-3]), Stderr: []byte(log)},
			"empty":          {Stderr: []byte(log)},
			"null":           {Data: []byte("null"), Stderr: []byte(log)},
			"no log":         {Data: []byte(data)},
			"an error":       {Data: []byte(data), Stderr: []byte(log + "8:06PM ERR error=\"stderr is not empty\"\n")},
			"less than said": {Data: []byte("[]"), Stderr: []byte(log)},
			"an object":      {Data: []byte("{}"), Stderr: []byte(log)},
			"wrong types":    {Data: []byte(`[{"RuleID":"a","File":"b","StartLine":"x"}]`), Stderr: []byte(log)},
			"without rules":  {Data: []byte(`[{"File":"b"}]`), Stderr: []byte(log)},
		} {
			o.Unit = u
			if err := tool.Read(o, newReading(tr, u)); err == nil || strings.Contains(err.Error(), leak) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	joined := joinSecrets(all)
	checkLeaks(t, joined)
	if out, err := json.Marshal(joined); err != nil || strings.Contains(string(out), leak) {
		t.Errorf("the secret is in its finding: %v", err)
	}
}

// The same secret has the same identity, whoever finds it.
func TestSecretsAreTheSame(t *testing.T) {
	f := must(secret.NewFinder())(t)
	for _, end := range []string{"\n", "\r\n"} {
		matches, err := f.Text(context.Background(), "key = "+leak+end)
		if err != nil || len(matches) != 1 {
			t.Fatalf("%v, %v", matches, err)
		}
		if got := secret.Key(matches[0].Rule, leak+end); got != matches[0].Key {
			t.Errorf("%s here and %s there", got, matches[0].Key)
		}
	}
}

func TestShallowHistoryIsAGap(t *testing.T) {
	tr := tree(t, map[string]string{"a": "x", ".git/shallow": strings.Repeat("0", 40)})
	u := Unit{Dir: ".", Mode: inHistory}
	r := newReading(tr, u)
	log := "1:00AM INF 3 commits scanned.\n1:00AM INF scanned ~20 bytes (20 bytes) in 8ms\n1:00AM INF no leaks found\n"
	if err := gitleaksTool(t).Read(Output{Data: []byte("[]"), Stderr: []byte(log), Unit: u}, r); err != nil {
		t.Fatal(err)
	}
	if r.looked.Commits != 3 || len(r.notes) != 1 || r.notes[0].Level != finding.Gap {
		t.Errorf("%+v %v", r.looked, r.notes)
	}
}

func TestPlacesOfASecretAreBounded(t *testing.T) {
	var all []finding.Finding
	for i := range 1000 {
		all = append(all, finding.Finding{RuleID: "r", Key: "k", KeyOnly: true, Location: finding.Location{Path: fmt.Sprint("f", i)}})
	}
	got := joinSecrets(all)
	if len(got) != 1 || len(got[0].Related) != maxPlaces {
		t.Errorf("%d findings", len(got))
	}
}
