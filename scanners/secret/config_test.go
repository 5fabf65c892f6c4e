package secret

import (
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// filesOf reads from a map.
func filesOf(files map[string]string) readFile {
	return func(path string, limit int64) ([]byte, error) {
		s, ok := files[path]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return []byte(s), nil
	}
}

const ownRule = `
[[rules]]
id = "shop-token"
description = "Shop token, for tests."
regex = '''\bshop_[0-9a-f]{16}\b'''
keywords = ["shop_"]
`

// suppressedBy writes findings with who asks to pass over them.
func suppressedBy(fs []finding.Finding) []string {
	var out []string
	for _, f := range fs {
		s := f.RuleID + " " + f.Location.Path
		for _, by := range f.Suppressions {
			s += " | " + by.Source + ": " + by.Reason
		}
		out = append(out, s)
	}
	return out
}

// TestOwnRules asserts that the rules of a repository are used, and that what
// they pass over is reported, with the words of whoever asked for it.
func TestOwnRules(t *testing.T) {
	shop := "shop_" + "0123456789abcdef"
	for _, tt := range []struct {
		name, config string
		want         []string
		warn         bool
	}{
		{"extended", "[extend]\nuseDefault = true\n" + ownRule, []string{
			"aws-access-token a.txt", "github-pat b.txt", "shop-token c.txt", "aws-access-token package-lock.json"}, false},
		{"only its own", ownRule, []string{
			"aws-access-token a.txt | .gitleaks.toml: the rule is disabled or left out",
			"github-pat b.txt | .gitleaks.toml: the rule is disabled or left out", "shop-token c.txt", "shop-token package-lock.json"}, false},
		{"disabled", "[extend]\nuseDefault = true\ndisabledRules = ['github-pat']\n", []string{
			"aws-access-token a.txt", "github-pat b.txt | .gitleaks.toml: the rule is disabled or left out"}, false},
		{"zero rules", "[allowlist]\npaths = ['''nothing''']\n", []string{"aws-access-token a.txt", "github-pat b.txt"}, true},
		{"all disabled", "[extend]\nuseDefault = true\ndisabledRules = [" + allRuleIDs(t) + "]\n", []string{"aws-access-token a.txt", "github-pat b.txt"}, true},
		{"empty", "", []string{"aws-access-token a.txt", "github-pat b.txt"}, true},
		{"all paths", "[extend]\nuseDefault = true\n[[allowlists]]\ndescription = \"no\\nthing\"\npaths = ['''.*''']\n", []string{
			"aws-access-token a.txt | .gitleaks.toml: no thing", "github-pat b.txt | .gitleaks.toml: no thing"}, false},
		{"zero rules, all paths", "[allowlist]\npaths = ['''.*''']\n", []string{
			"aws-access-token a.txt | .gitleaks.toml: an allowlist without a description",
			"github-pat b.txt | .gitleaks.toml: an allowlist without a description"}, true},
		{"a line", "[extend]\nuseDefault = true\n[[allowlists]]\nregexTarget = 'line'\ndescription='line'\nregexes = ['''^pat''']\ncondition = 'AND'\npaths = ['b']\n", []string{
			"aws-access-token a.txt", "github-pat b.txt | .gitleaks.toml: line"}, false},
		{"of a rule", "[extend]\nuseDefault = true\n[[rules]]\nid = 'github-pat'\n[[rules.allowlists]]\ndescription='word'\nstopwords = ['KQ2', 'GHP_']\n", []string{
			"aws-access-token a.txt", "github-pat b.txt | .gitleaks.toml: word"}, false},
		{"targeted", "[extend]\nuseDefault = true\n[[allowlists]]\ndescription='t'\ntargetRules = ['github-pat']\npaths = ['txt']\n", []string{
			"aws-access-token a.txt", "github-pat b.txt | .gitleaks.toml: t"}, false},
		{"changed", "[extend]\nuseDefault = true\n[[rules]]\nid = 'github-pat'\nregex = 'nothing'\n", []string{
			"aws-access-token a.txt", "github-pat b.txt | .gitleaks.toml: the rule is changed"}, false},
		{"on the path", "[extend]\nuseDefault = true\n[[rules]]\nid = 'envfile'\npath = 'd\\.env'\n", []string{
			"aws-access-token a.txt", "github-pat b.txt", "envfile d.env"}, false},
		{"no keywords", "[extend]\nuseDefault = true\n[[rules]]\nid = 'any'\nregex = 'EQUIPMENT_[0-9]+'\n", []string{
			"aws-access-token a.txt", "github-pat b.txt", "any d.env"}, false},
		{"composite", "[extend]\nuseDefault = true\n[[rules]]\nid = 'pair'\nregex = 'EQUIPMENT_[0-9]+'\nkeywords = ['EQUIPMENT']\n[[rules.required]]\nid = 'half'\n[[rules]]\nid = 'half'\nregex = 'half=[0-9]+'\nkeywords = ['half']\nskipReport = true\n", []string{
			"aws-access-token a.txt", "github-pat b.txt", "pair d.env"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			w := &world{t: t, dir: dir}
			w.write(configName, tt.config)
			w.write("a.txt", "key = "+awsKey+"\n")
			w.write("b.txt", "pat: "+githubPAT+"\n")
			w.write("c.txt", "x = "+shop+"\n")
			w.write("d.env", "EQUIPMENT_17\nhalf=3\n")
			w.write("package-lock.json", "x = shop_"+"fedcba9876543210 \n")
			want := slices.DeleteFunc(tt.want, func(s string) bool { return s == "aws-access-token package-lock.json" })
			for _, prefilter := range []bool{true, false} {
				s := newScanner(t, Options{})
				s.Prefilter = &prefilter
				r, err := scan(t.Context(), t, s, dir, 2)
				if err != nil {
					t.Fatal(err)
				}
				noSecrets(t, r)
				if diff := cmp.Diff(want, suppressedBy(r.Findings)); diff != "" {
					t.Errorf("prefilter %v (-want +got):\n%s", prefilter, diff)
				}
				if n := notes(r, finding.Warning, "it has no rules"); n != 0 != tt.warn {
					t.Errorf("notes: %v", r.Notes)
				}
			}
		})
	}
}

func allRuleIDs(t *testing.T) string {
	e, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	return "'" + strings.Join(e.config.OrderedRules, "','") + "'"
}

// TestConfigTwice asserts that nothing is left behind: gitleaks' own way to
// extend works four times in a process.
func TestConfigTwice(t *testing.T) {
	e, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		own, err := loadRules(filesOf(map[string]string{configName: "[extend]\nuseDefault = true\n" + ownRule}), "")
		if err != nil {
			t.Fatal(err)
		}
		if n := len(own.config.Rules); n != len(e.config.Rules)+1 {
			t.Errorf("%d rules", n)
		}
	}
}

func TestExtendPath(t *testing.T) {
	files := map[string]string{
		configName: "[extend]\npath = 'ci/a.toml'\ndisabledRules = ['gone']\n[[rules]]\nid = 'shop-token'\nentropy = 2.5\n",
		"ci/a.toml": "[extend]\npath = 'b.toml'\n" + ownRule + "[[rules]]\nid = 'gone'\nregex = 'gone'\n" +
			"[[allowlists]]\ntargetRules = ['gone']\npaths = ['x']\n",
		"b.toml": "[extend]\nuseDefault = true\n[allowlist]\npaths = ['''^b/''']\n",
	}
	own, err := loadRules(filesOf(files), "")
	if err != nil {
		t.Fatal(err)
	}
	r := own.config.Rules["shop-token"]
	if _, gone := own.config.Rules["gone"]; gone || r.Entropy != 2.5 || r.Regex == nil || len(own.config.Rules) != 223 {
		t.Errorf("%d rules, %+v", len(own.config.Rules), r)
	}
	if s := (&side{config: own.config}); !s.skips("b/x") || !s.skips("go.sum") || s.skips("x") {
		t.Error("the allowlists of extended files are lost")
	}
}

// TestConfigErrors asserts that a file that is not understood stops the scan,
// and that the error says where to look.
func TestConfigErrors(t *testing.T) {
	rule := "[[rules]]\nid = 'x'\n"
	for _, tt := range []struct {
		name, config, want string
	}{
		{"no TOML", "title = 'x'\n[[rules]\nid = 1\n", ".gitleaks.toml:2:"},
		{"another type", "title = 'x'\n\n[[rules]]\nid = 'x'\nregex = ['a']\n", ".gitleaks.toml:5: rules[0].regex has a value of another type"},
		{"an expression", "\n" + rule + "regex = '''a(b'''\n", ".gitleaks.toml:4: an expression is not one that Go knows: missing closing )"},
		{"an escaped expression", rule + "regex = \"\\\\d(b\"\n", ".gitleaks.toml:3: an expression"},
		{"an expression of an allowlist", rule + "regex = 'x'\n[[rules.allowlists]]\npaths = ['*']\n", ".gitleaks.toml:5: an expression"},
		{"a large expression", rule + "regex = '((a{1,99}){1,99}){1,99}'\n", ".gitleaks.toml:3: an expression"},
		{"a larger expression", rule + "regex = '((" + strings.Repeat("a", 60) + "){1,30}){1,30}'\n", ".gitleaks.toml:3: an expression is too large"},
		{"a long expression", rule + "regex = '" + strings.Repeat("a", maxPattern+1) + "'\n", ".gitleaks.toml:3: an expression is over 32 KiB"},
		{"many expressions", strings.Repeat(rule+"regex = '((abcdefghij){1,30}){1,30}'\n", 60), "too many or too large"},
		{"many rules", strings.Repeat(rule, maxRules+1), "more than 2000 rules"},
		{"no condition", rule, ".gitleaks.toml:2: x: both |regex| and |path| are empty"},
		{"no id", "[[rules]]\nregex = 'x'\n", ".gitleaks.toml: rule |id| is missing"},
		{"control characters", "[[rules]]\nid = \"x\\u0007\"\nregex = 'x'\n", "control characters"},
		{"no such group", rule + "regex = 'x'\nsecretGroup = 2\n", "invalid regex secret group"},
		{"a negative group", rule + "regex = 'x'\nsecretGroup = -1\n", "secretGroup is negative"},
		{"an empty allowlist", rule + "regex = 'x'\n[[allowlists]]\ndescription = 'x'\n", "must contain at least one check"},
		{"a target that is not there", rule + "regex = 'x'\n[[allowlists]]\ntargetRules = ['yy']\npaths = ['x']\n", ".gitleaks.toml:5: [[allowlists]] target rule ID 'yy' does not exist"},
		{"two formats", "[allowlist]\npaths = ['x']\n[[allowlists]]\npaths = ['x']\n", "exclude each other"},
		{"a URL", "[extend]\nurl = 'https://example.invalid/x.toml'\n", ".gitleaks.toml:2: extend.url"},
		{"both", "[extend]\nuseDefault = true\npath = 'x.toml'\n", ".gitleaks.toml:3: extend.path and extend.useDefault"},
		{"outside", "[extend]\npath = '../x.toml'\n", ".gitleaks.toml:2: extend.path leads out"},
		{"absolute", "[extend]\npath = '/etc/x.toml'\n", "extend.path leads out"},
		{"missing", "[extend]\npath = 'y.toml'\n", ".gitleaks.toml:2: extend.path: there is no such file"},
		{"itself", "[extend]\npath = '.gitleaks.toml'\n", "no more than 2 files are followed"},
		{"an error behind it", "[extend]\npath = 'x.toml'\n", "x.toml:1:"},
	} {
		_, err := loadRules(filesOf(map[string]string{configName: tt.config, "x.toml": "oops"}), "")
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.ContainsAny(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
	if _, err := loadRules(filesOf(nil), "other.toml"); err == nil || !strings.Contains(err.Error(), "other.toml") {
		t.Errorf("a named file that is missing: %v", err)
	}
	if own, err := loadRules(filesOf(nil), ""); own != nil || err != nil {
		t.Errorf("no file: %v, %v", own, err)
	}
	for _, o := range []Options{{Config: "../x.toml"}, {Baseline: "/x.json"}} {
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), "not a path below the scanned directory") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestUnionIsBoth holds the engine that sifts for two sets of rules against
// two plain detectors, on texts made of what their rules look for.
func TestUnionIsBoth(t *testing.T) {
	configs := map[string]string{
		"extended": "[extend]\nuseDefault = true\ndisabledRules = ['stripe-access-token']\n" + ownRule + `
[[rules]]
id = "generic-api-key"
entropy = 2.0
[[rules]]
id = "aws-access-token"
[[rules.allowlists]]
regexes = ['''WT7''']
[[allowlists]]
description = "all of it"
regexTarget = "match"
stopwords = ["n2"]
paths = ['''^skip/''']
commits = ["c0ffee"]
`,
		"alone": ownRule + `
[[rules]]
id = "my-generic"
regex = '''(?i)pass\w*\s*[=:]\s*["']?([\w.+/-]{8,40})'''
secretGroup = 1
keywords = ["pass"]
[[rules]]
id = "bare"
regex = '''\Bzz[0-9]{3}\b'''
[[rules]]
id = "aws-access-token"
regex = '''(A[A-Z0-9]{3})[A-Z0-9]{16}'''
keywords = ["akia"]
`,
	}
	base, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	words := []string{"key", "password", "=", ": ", "\"", "'", " ", "\n", "api_key = ", "token", "shop_0123456789abcdef", awsKey, awsKey2, githubPAT,
		"secret: ", "zz123", "azz123", "sk_" + "live_" + "51H8abcdEFGHijklMNOPqrst", "9f86d081884c7d659a2feaa0c55ad015", "n2kfj39fjk2l4jf0s9", base64Of("password = hunter2-hunter2-x9"), "\n\n", "x", ";"}
	for name, text := range configs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own, err := loadRules(filesOf(map[string]string{configName: text}), "")
			if err != nil {
				t.Fatal(err)
			}
			fast, err := newUnion(base, own, true)
			if err != nil || fast.filter == nil {
				t.Fatalf("no filter: %v", err)
			}
			plain, err := newUnion(base, own, false)
			if err != nil {
				t.Fatal(err)
			}
			alone := &gitleaksEngine{detector: newDetector(own.config), config: own.config}
			rng := rand.New(rand.NewPCG(7, 7))
			hidden, shown := 0, 0
			for range 400 {
				var b strings.Builder
				for range rng.IntN(60) {
					b.WriteString(words[rng.IntN(len(words))])
				}
				f := fragment{path: []string{"a.txt", "skip/b.txt", "go.sum", "c.p12"}[rng.IntN(4)], text: b.String(), line: 1}
				got, want := hitsOf(t, fast, f), hitsOf(t, plain, f)
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(hit{})); diff != "" {
					t.Fatalf("with and without prefilter, %q (-plain +fast):\n%s", f.text, diff)
				}
				count := map[string]int{}
				for _, h := range got {
					if h.hiddenBy == "" {
						count[h.rule+h.key]++
						shown++
					} else {
						hidden++
					}
				}
				for _, h := range hitsOf(t, alone, f) {
					count[h.rule+h.key]--
				}
				for id, n := range count {
					if n != 0 {
						t.Fatalf("%s: %d more than gitleaks finds with these rules in %q", id, n, f.text)
					}
				}
			}
			if hidden < 50 || shown < 50 {
				t.Errorf("%d hidden, %d shown: the texts test nothing", hidden, shown)
			}
		})
	}
}

// hitsOf returns an engine's hits in an order.
func hitsOf(t *testing.T, e engine, f fragment) []hit {
	t.Helper()
	hits, err := e.detect(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return strings.Compare(a.rule+a.key+strings.Repeat(" ", a.line)+strings.Repeat("x", a.col)+a.hiddenBy, b.rule+b.key+strings.Repeat(" ", b.line)+strings.Repeat("x", b.col)+b.hiddenBy)
	})
	return hits
}
