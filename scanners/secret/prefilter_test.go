package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zricethezav/gitleaks/v8/report"
)

// plainEngine is gitleaks without the prefilter.
var plainEngine = sync.OnceValues(func() (*gitleaksEngine, error) { return newGitleaks(false) })

// engines returns gitleaks with and without the prefilter.
func engines(t testing.TB) (sifted, plain *gitleaksEngine) {
	t.Helper()
	sifted, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	if plain, err = plainEngine(); err != nil {
		t.Fatal(err)
	}
	if sifted.filter == nil || plain.filter != nil {
		t.Fatal("the engines are not what they should be")
	}
	return sifted, plain
}

// findings writes everything about what an engine finds, in a fixed order.
func findings(t testing.TB, e *gitleaksEngine, f fragment) (all []string, rules map[string]bool) {
	t.Helper()
	found, err := e.find(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	rules = map[string]bool{}
	for _, r := range found {
		slices.Sort(r.Tags)
		r.Entropy = 0 // a sum in random order
		b, err := json.Marshal(struct {
			report.Finding
			Line string
		}{r, r.Line})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
		rules[r.RuleID] = true
	}
	slices.Sort(all)
	return all, rules
}

// same asserts that the prefilter changes nothing about a fragment, and
// returns the rules that find something.
func same(t testing.TB, name string, f fragment) map[string]bool {
	t.Helper()
	sifted, plain := engines(t)
	got, _ := findings(t, sifted, f)
	want, rules := findings(t, plain, f)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %q (-without +with the prefilter):\n%s", name, f.text, diff)
	}
	return rules
}

// pathFor returns a path to which the rule applies.
func pathFor(rule string) string {
	switch rule {
	case "kubernetes-secret-yaml":
		return "deploy/a.yaml"
	case "hashicorp-tf-password":
		return "main.tf"
	case "freemius-secret-key":
		return "index.php"
	case "nuget-config-password":
		return "nuget.config"
	}
	return "src/a.txt"
}

// TestEveryRule makes secrets from each rule's expression, puts them in many
// surroundings, and asserts that the prefilter changes nothing, and that each
// rule found one of its own.
func TestEveryRule(t *testing.T) {
	_, plain := engines(t)
	for i, id := range slices.Sorted(slices.Values(plain.config.OrderedRules)) {
		rule := plain.config.Rules[id]
		if rule.Regex == nil {
			continue
		}
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			re, err := syntax.Parse(rule.Regex.String(), syntax.Perl)
			if err != nil {
				t.Fatal(err)
			}
			m := maker{rand.New(rand.NewPCG(1, uint64(i)))}
			f := fragment{path: pathFor(id), line: 7}
			secret, found := "", false
			for range 60 {
				secret = m.from(re)
				f.text = secret
				if len(rule.Keywords) > 0 {
					f.text = rule.Keywords[0] + "\n" + secret + "\n"
				}
				if same(t, "made", f)[id] {
					found = true
					break
				}
			}
			if !found {
				t.Error("no text was made in which the rule finds a secret")
			}
			for j := i % 7; j < len(surroundings); j += 7 { // the detector is slow
				f.text = surroundings[j].put(m, secret)
				same(t, surroundings[j].name, f)
			}
			// The next rule's keywords are near, and its secrets may be.
			other := plain.config.Rules[plain.config.OrderedRules[(i+1)%len(plain.config.OrderedRules)]]
			if other.Regex != nil {
				o, err := syntax.Parse(other.Regex.String(), syntax.Perl)
				if err != nil {
					t.Fatal(err)
				}
				f.text = m.filler(2) + secret + " " + m.from(o) + "\n" + m.filler(1) + m.from(o) + secret + "\n"
				same(t, "with "+other.RuleID, f)
			}
		})
	}
}

// ruleTexts makes one text for each of some rules.
func ruleTexts(t testing.TB, m maker, every int) (paths, texts []string) {
	t.Helper()
	_, plain := engines(t)
	for i, id := range slices.Sorted(slices.Values(plain.config.OrderedRules)) {
		rule := plain.config.Rules[id]
		if rule.Regex == nil || i%every != 0 {
			continue
		}
		re, err := syntax.Parse(rule.Regex.String(), syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, pathFor(id))
		texts = append(texts, m.from(re))
	}
	return paths, texts
}

// TestPrefilterWide puts many secrets in one text, and sees that windows are
// made of texts that are large.
func TestPrefilterWide(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(3, 4))}
	_, secrets := ruleTexts(t, m, 12)
	var many strings.Builder
	for i, s := range secrets {
		many.WriteString(m.filler(1))
		many.WriteString(surroundings[i%len(surroundings)].put(m, s))
		many.WriteByte('\n')
	}
	same(t, "many", fragment{path: "a.yaml", text: many.String(), line: 1})
	for i, depth := range []func(string) string{func(s string) string { return s }, base64Of, func(s string) string { return base64Of(base64Of(s)) }} {
		one := fragment{path: "a.txt", text: m.filler(15) + "key = " + awsKey + "\nx: " + depth("password = "+githubPAT+" ") + "\n" + m.filler(15), line: 3}
		if rules := same(t, "one", one); !rules["github-pat"] {
			t.Errorf("%d: rules %v", i, rules)
		}
		sifted, _ := engines(t)
		s := sifted.filter.sifter()
		v := s.sift(one.text, one.path)
		if windows := len(v.windows); v.all || windows == 0 {
			t.Errorf("%d: %d windows, rules %v, all %v", i, windows, v.rules, v.all)
		}
	}
}

// TestPrefilterOwnFiles compares on files of this repository.
func TestPrefilterOwnFiles(t *testing.T) {
	const most = 64 << 10 // of text; the detector is slow
	total := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "../.." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case total > most || !d.Type().IsRegular() || len(path)%7 != 0:
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil || len(data) > 32<<10 {
			return err
		}
		total += len(data)
		_, err = content(bytes.NewReader(data), &chunker{path: path, yield: func(f fragment) error {
			same(t, path, f)
			return nil
		}})
		return err
	})
	if err != nil || total < most {
		t.Errorf("%d bytes, %v", total, err)
	}
}

// TestPrefilterHistory compares two scans of a generated history.
func TestPrefilterHistory(t *testing.T) {
	dir := t.TempDir()
	m := maker{rand.New(rand.NewPCG(5, 6))}
	paths, secrets := ruleTexts(t, m, 2)
	var in bytes.Buffer
	for i, s := range secrets {
		data := m.filler(2) + surroundings[i%len(surroundings)].put(m, s)
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter A <a@example.invalid> %d +0000\ndata 1\nx\nM 100644 inline %d/%s\ndata %d\n%s\n",
			1_700_000_000+60*i, i%20, paths[i], len(data), data)
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"fast-import", "--quiet"}, {"reset", "-q", "--hard", "main"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if args[0] == "fast-import" {
			cmd.Stdin = &in
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	off := false
	s, err := New(Options{Prefilter: &off})
	if err != nil {
		t.Fatalf("%+v, %v", s, err)
	}
	_, s.engine = engines(t)
	want, err := scan(t.Context(), t, s, dir, 2)
	if err != nil {
		t.Fatal(err)
	}
	if got := mustScan(t, dir); len(got.Findings) < len(secrets)/3 {
		t.Errorf("%d findings of %d secrets", len(got.Findings), len(secrets))
	} else if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-without +with the prefilter):\n%s", diff)
	}
}

// FuzzPrefilter compares on any text.
func FuzzPrefilter(f *testing.F) {
	m := maker{rand.New(rand.NewPCG(7, 8))}
	paths, secrets := ruleTexts(f, m, 10)
	for i, s := range secrets {
		f.Add(paths[i], surroundings[i%len(surroundings)].put(m, s))
	}
	f.Fuzz(func(t *testing.T, path, text string) {
		if len(text) > 8<<10 {
			return
		}
		same(t, path, fragment{path: path, text: text, line: 1})
	})
}
