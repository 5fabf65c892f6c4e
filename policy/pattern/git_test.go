package pattern

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// gitIgnores asks git which paths each of many patterns is for. Every pattern
// is the only one of a directory of its own, so that git is asked once.
func gitIgnores(t *testing.T, patterns, names []string) []map[string]bool {
	t.Helper()
	dir := t.TempDir()
	git := func(in []byte, args ...string) []byte {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "core.ignoreCase=false"}, args...)...)
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "LC_ALL=C")
		cmd.Stdin = bytes.NewReader(in)
		out, err := cmd.Output()
		if exit, ok := err.(*exec.ExitError); err != nil && !(ok && exit.ExitCode() == 1 && args[0] == "check-ignore") {
			t.Fatalf("git %v: %v", args, err)
		}
		return out
	}
	git(nil, "init", "-q")
	var ask bytes.Buffer
	for i, p := range patterns {
		sub := filepath.Join(dir, "d"+strconv.Itoa(i))
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sub, ".gitignore"), []byte(p+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			fmt.Fprintf(&ask, "d%d/%s\x00", i, n)
		}
	}
	out := make([]map[string]bool, len(patterns))
	for i := range out {
		out[i] = map[string]bool{}
	}
	for name := range strings.SplitSeq(string(git(ask.Bytes(), "check-ignore", "--no-index", "--stdin", "-z")), "\x00") {
		if name == "" {
			continue
		}
		sub, rest, _ := strings.Cut(name, "/")
		i, err := strconv.Atoi(sub[1:])
		if err != nil {
			t.Fatal(err)
		}
		out[i][rest] = true
	}
	return out
}

// mixed are patterns with ** beside something else in a part, which is as good
// as *. Before version 2.41 what git made of it depended on where in memory the
// pattern was.
var mixed = regexp.MustCompile(`[^*/]\*\*|\*\*[^*/]`)

// compareWithGit has git say the same of patterns and names, and returns for how many
// of the patterns, and of both, it is so.
func compareWithGit(t *testing.T, patterns, names []string) (taken, matched int) {
	t.Helper()
	git := gitIgnores(t, patterns, names)
	for i, word := range patterns {
		p, err := CompilePath(word)
		if err != nil || mixed.MatchString(word) {
			continue
		}
		taken++
		for _, n := range names {
			got := p.Match(n, nil)
			if got != git[i][n] {
				t.Errorf("%q for %q: %v, and git says %v", word, n, got, git[i][n])
			}
			if got {
				matched++
			}
		}
	}
	return taken, matched
}

// gitNames are paths that patterns of a few letters tell apart.
func gitNames() []string {
	return strings.Fields(`a b c ab ba abc a.c b.c a/a a/b a/c a/ab a/b/c b/a b/a/b c/a c/a/b a/b/a a/x/b a/x/y/b a/a/b/b/c ab/c b/ab a/b/c/a/b a/b.c a/b/b.c [a] a* a? a] \ a\b {a,b} !a ! - a-b a/- #a A B A/b x/A 1 a1 a/1`)
}

func TestPathsAreThoseOfGit(t *testing.T) {
	patterns := []string{
		"a", "/a", "a/", "/a/", "a/b", "/a/b", "a/b/", "*", "**", "/*", "/**", "*/", "**/", "/**/", "**/a", "/**/a", "a/**", "/a/**", "a/**/", "**/a/**", "a/**/b", "**/a/b", "**/**/a", "a/**/**/b",
		"*.c", "a/*.c", "a/*", "a/*/", "a/*/b", "*/b", "*/*", "*/*/", "*a", "a*", "*a*", "?", "a?", "?b", "a/?", "[ab]", "[!ab]", "[^ab]", "[a-b]*", "[]a]", "[]-]", "[a-]", "[!]]", "[[]a]",
		"[[:alpha:]]", "[[:digit:]]", "[![:alpha:]]", "[[:upper:]]/b", "a[[:punct:]]b", "[[:alnum:]-]", "[a\\]]", "[\\]]", "[\\\\]", "a\\*", "a\\?", "\\[a]", "\\!a", "\\!", "\\{a,b\\}", "\\#a", "\\\\", "a\\\\b", "[{]a,b[}]",
		"a/[!b]", "a[/]b", "a[^x]b", "a?b", "a*b", "[b-a]", "***", "a/***/b", "****/a", "a ", "a/b  ", "-", "a-b", "[a-c-e]",
	}
	taken, matched := compareWithGit(t, patterns, gitNames())
	if taken < len(patterns)-2 || matched < 500 {
		t.Errorf("only %d of %d patterns are taken, with %d matches", taken, len(patterns), matched)
	}
}

// TestAnyPathsAreThoseOfGit makes patterns of all that means something.
func TestAnyPathsAreThoseOfGit(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	tokens := []string{"a", "b", "c", "a", "/", "/", "/", "*", "**", "**/", "/**", "?", "[ab]", "[!a]", "[^b-c]", "[a-b]", "[]a]", `\*`, `[\]a]`, "[[:lower:]]", ".c", "-"}
	seen := map[string]bool{}
	var patterns []string
	for len(patterns) < 2000 {
		var b strings.Builder
		for range 1 + rng.IntN(7) {
			b.WriteString(tokens[rng.IntN(len(tokens))])
		}
		if p := b.String(); !seen[p] {
			seen[p] = true
			patterns = append(patterns, p)
		}
	}
	slices.Sort(patterns)
	taken, matched := compareWithGit(t, patterns, gitNames())
	if taken < 1000 || matched < 2000 {
		t.Errorf("only %d of %d patterns are taken, with %d matches", taken, len(patterns), matched)
	}
}
