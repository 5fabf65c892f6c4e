package secret

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// TestIgnoreFile asserts that the entries of the list reach what gitleaks means
// by them, and that the finding is not gone.
func TestIgnoreFile(t *testing.T) {
	w := newWorld(t)
	a := w.put("a.txt", "x\nkey = "+awsKey+"\n")
	w.put("b/c.txt", "key = "+awsKey2+"\n")
	w.put("d.txt", "key = "+githubPAT+"\n")
	w.put("e.txt", "key = "+githubPAT+"\n")
	w.put(".gitleaksignore", "# known\n"+a+":a.txt:aws-access-token:2\n  b\\c.txt:aws-access-token:1\nd.txt:github-pat:1\nnonsense\nx:y\n")
	r := mustScan(t, w.dir)
	want := []string{
		"aws-access-token a.txt | .gitleaksignore: ",
		"aws-access-token b/c.txt | .gitleaksignore: ",
		"github-pat e.txt", // one of its places is not listed
	}
	if diff := cmp.Diff(want, suppressedBy(r.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if notes(r, finding.Warning, ".gitleaksignore: line 5 has no effect") != 1 || notes(r, finding.Warning, "line 6") != 1 {
		t.Errorf("notes: %v", r.Notes)
	}
}

// TestBaseline asserts that a report of gitleaks' makes its findings known: by
// the secret, or, where that was left out, by the place.
func TestBaseline(t *testing.T) {
	w := newWorld(t)
	a := w.put("a.txt", "key = "+awsKey+"\n")
	w.put("moved.txt", "x\nkey = "+awsKey2+"\n")
	w.put("new.txt", "key = "+githubPAT+"\n")
	entries := []map[string]any{
		{"RuleID": "aws-access-token", "File": "a.txt", "Commit": a, "StartLine": 1, "Secret": "REDACTED", "Match": "REDACTED", "Tags": []string{}},
		{"RuleID": "aws-access-token", "File": "old.txt", "Commit": a, "StartLine": 7, "Secret": awsKey2, "Entropy": 3.5},
	}
	data, err := json.MarshalIndent(entries, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "ci/known.json"} {
		file := name
		if name == "" {
			file = baselineName
		}
		w.write(file, string(data))
		s := newScanner(t, Options{})
		s.Baseline = name
		r, err := scan(t.Context(), t, s, w.dir, 2)
		if err != nil {
			t.Fatal(err)
		}
		noSecrets(t, r)
		var got []string
		for _, s := range suppressedBy(r.Findings) {
			if !strings.HasPrefix(s, "generic-api-key") {
				got = append(got, s)
			}
		}
		want := []string{
			"aws-access-token a.txt | " + file + ": ",
			"aws-access-token moved.txt | " + file + ": ",
			"github-pat new.txt",
		}
		for i := range got {
			got[i] = strings.ReplaceAll(got[i], " | "+file+": the baseline itself", "")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestKnownErrors(t *testing.T) {
	for _, tt := range []struct{ file, content, want string }{
		{baselineName, "", baselineName + ":1: not a report of gitleaks in JSON"},
		{baselineName, "{}", baselineName + ":1: not a report"},
		{baselineName, "[\n{\"RuleID\":\"x\"},\n{}]", baselineName + ":3: not a report"},
		{baselineName, "[{\"RuleID\":\"x\"}", baselineName + ":1: not a report"},
		{baselineName, "[]\nx", baselineName + ":2: not a report"},
		{baselineName, "[" + strings.Repeat(`{"RuleID":"x"},`, maxKnown+1) + "]", "more than 200000 findings"},
		{ignoreName, strings.Repeat("x", 65<<10), ignoreName + ":1: a line is too long"},
	} {
		_, _, err := loadKnown(filesOf(map[string]string{tt.file: tt.content}), "")
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %.20q: got %v, want %s", tt.file, tt.content, err, tt.want)
		}
	}
	for _, empty := range []string{"[]", "null"} {
		if k, _, err := loadKnown(filesOf(map[string]string{baselineName: empty}), ""); err != nil || len(k.keys)+len(k.prints) != 0 {
			t.Errorf("%s: %v", empty, err)
		}
	}
	if _, _, err := loadKnown(filesOf(nil), "x.json"); err == nil || !strings.Contains(err.Error(), "x.json") {
		t.Errorf("a named baseline that is missing: %v", err)
	}
}
