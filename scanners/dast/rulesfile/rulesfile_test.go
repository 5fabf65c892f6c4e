package rulesfile

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

var known = []int{2, 10020, 10021, 10035, 10055, 90022}

const good = "\ufeff# zap-baseline rule configuration file\r\n" +
	"\r\n" +
	"10020\tFAIL\t(Anti-clickjacking Header)\tSee the wiki, page \"frames\"\r\n" +
	"10020-4\tIGNORE\t(Anti-clickjacking Header)\n" +
	"10021\tWARN\n" +
	"10035\tPASS\t\n" +
	"  \t \n" +
	" # more\n" +
	"2\tINFO\t(Private IP Disclosure)\n" +
	"10021\tWARN\t(again, and the same)\n" +
	"40012\tFAIL\t(Cross Site Scripting (Reflected))\n" +
	"100123\tFAIL\t(a script)\n" +
	"10020,10055-3\tOUTOFSCOPE\thttps://app\\.example/legacy/.*\n" +
	"*\tOUTOFSCOPE\t.*/static/(a|b)\n" +
	"90022\tOUTOFSCOPE\thttps?://app.example/$\n"

func parse(t *testing.T, s string) *File {
	t.Helper()
	f, err := Parse(strings.NewReader(s), "rules.tsv", known)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSetting(t *testing.T) {
	f := parse(t, good)
	tests := []struct {
		rule, kind int
		want       Setting
	}{
		{10020, 0, Setting{Fail, `See the wiki, page "frames"`, 3}},
		{10020, 1, Setting{Fail, `See the wiki, page "frames"`, 3}},
		{10020, 4, Setting{Ignore, "", 4}},
		{10021, 0, Setting{Warn, "", 5}},
		{10035, 2, Setting{Pass, "", 6}},
		{2, 0, Setting{Info, "", 9}},
		{10055, 0, Setting{}},
		{40012, 0, Setting{Fail, "", 11}},
	}
	for _, tt := range tests {
		if got := f.Setting(tt.rule, tt.kind); got != tt.want {
			t.Errorf("%d-%d: got %+v, want %+v", tt.rule, tt.kind, got, tt.want)
		}
	}
	if diff := cmp.Diff([]Mention{{40012, 11}, {100123, 12}}, f.Foreign); diff != "" {
		t.Error(diff)
	}
	var words []string
	for l := Unset; l <= Fail+1; l++ {
		words = append(words, l.String())
	}
	if diff := cmp.Diff([]string{"", "PASS", "IGNORE", "INFO", "WARN", "FAIL", ""}, words); diff != "" {
		t.Error(diff)
	}
}

func TestOutOfScope(t *testing.T) {
	f := parse(t, good)
	tests := []struct {
		rule, kind int
		address    string
		want       bool
	}{
		{10020, 0, "https://app.example/legacy/x", true},
		{10020, 1, "https://app.example/legacy/x", true},
		{10020, 1, "https://appXexample/legacy/x", false},
		{10020, 1, "https://other.example/?u=https://app.example/legacy/x", false}, // from the start only
		{10055, 3, "https://app.example/legacy/x", true},
		{10055, 2, "https://app.example/legacy/x", false},
		{10021, 0, "https://app.example/static/b.css", true}, // *; the end is free
		{10021, 0, "https://app.example/static/c.css", false},
		{90022, 1, "http://app.example/", true},
		{90022, 1, "http://app.example/x", false},
	}
	for _, tt := range tests {
		if got := f.OutOfScope(tt.rule, tt.kind, tt.address); got != tt.want {
			t.Errorf("%d-%d %s: got %v", tt.rule, tt.kind, tt.address, got)
		}
	}
}

func TestNothing(t *testing.T) {
	var none *File
	if none.OutOfScope(1, 0, "https://a/") || none.Setting(10020, 0) != (Setting{}) {
		t.Error("no file says something")
	}
	f := parse(t, "")
	if f.OutOfScope(10020, 0, "https://a/") || f.Setting(10020, 0) != (Setting{}) {
		t.Error("an empty file says something")
	}
}

func TestMistakes(t *testing.T) {
	tests := []struct{ name, line, want string }{
		{"spaces", "10020    WARN    (x)", `there is no tab in "10020 WARN (x)": columns are id<TAB>LEVEL<TAB>(name), and spaces do not separate them`},
		{"two tabs", "10020\t\tWARN\t(x)", "the second column is empty: is there one tab too many?"},
		{"level", "10020\tIGNOR\t(x)", `unknown level "IGNOR"; did you mean "IGNORE"?`},
		{"other level", "10020\tblock\t(x)", `unknown level "block"; want one of FAIL, IGNORE, INFO, OUTOFSCOPE, PASS, WARN`},
		{"small letters", "10020\tfail\t(x)", "levels are in capitals: write FAIL"},
		{"unknown id", "10999\tFAIL\t(x)", "there is no rule 10999: see the ids at https://www.zaproxy.org/docs/alerts/"},
		{"unknown id out of scope", "10020,99999\tOUTOFSCOPE\t.*", "there is no rule 99999: see the ids at https://www.zaproxy.org/docs/alerts/"},
		{"no id", "\tFAIL\t(x)", "there is no rule id"},
		{"no id in a list", "10020,\tOUTOFSCOPE\t.*", "there is no rule id"},
		{"name as id", "CSP\tFAIL\t(x)", `"CSP" is not the id of a rule: an id is a number, such as 10020, or 10020-1`},
		{"kind 0", "10020-0\tFAIL\t(x)", `"10020-0" is not the id of a rule: an id is a number, such as 10020, or 10020-1`},
		{"sign", "+2\tFAIL\t(x)", `"+2" is not the id of a rule: an id is a number, such as 10020, or 10020-1`},
		{"huge", "99999999999999999999\tFAIL\t(x)", `"99999999999999999999" is not the id of a rule: an id is a number, such as 10020, or 10020-1`},
		{"all", "*\tFAIL\t(x)", "FAIL sets one rule: * and lists of ids are for OUTOFSCOPE"},
		{"list", "2,10020\tFAIL\t(x)", "FAIL sets one rule: * and lists of ids are for OUTOFSCOPE"},
		{"columns", "2\tFAIL\t(x)\ta\tb", "there are more than four columns: id, level, name, message"},
		{"no expression", "2\tOUTOFSCOPE", "there is no expression after OUTOFSCOPE"},
		{"order", "OUTOFSCOPE\t2\t.*", "the id stands before OUTOFSCOPE: id<TAB>OUTOFSCOPE<TAB>expression"},
		{"name after expression", "2\tOUTOFSCOPE\t.*\t(x)", "there is a tab in the expression, which no address has: nothing may follow it"},
		{"broken", "2\tOUTOFSCOPE\thttps://a/(b", `the expression cannot be read: missing closing ): "https://a/(b"`},
		{"broken to be whole", "2\tOUTOFSCOPE\thttps://a)|(b", `the expression cannot be read: unexpected ): "https://a)|(b"`},
		{"look-ahead", "2\tOUTOFSCOPE\thttps://a/(?!b).*", `the expression has "(?!", which is not supported: looking ahead or behind, back references and possessive repetition do not exist here`},
		{"back reference", `2` + "\tOUTOFSCOPE\t" + `(.)\1`, `the expression has "\\1", which is not supported: looking ahead or behind, back references and possessive repetition do not exist here`},
		{"possessive", "2\tOUTOFSCOPE\t.*+", `the expression has "*+", which is not supported: looking ahead or behind, back references and possessive repetition do not exist here`},
		{"Z", "2\tOUTOFSCOPE\t.*x\\Z", `\Z of Python is not supported in expressions: write $`},
		{"bomb", "2\tOUTOFSCOPE\t((a{100}){100}){100}", `the expression cannot be read: invalid repeat count: "{100}"`},
		{"many small bombs", "2\tOUTOFSCOPE\t" + strings.Repeat(".{1000}", 500), "the expressions of this file repeat too much: write + and * for {n}"},
		{"long", "2\tOUTOFSCOPE\t" + strings.Repeat("a", 5000), "the expression is over 4096 bytes: use several lines"},
		{"path", "2\tOUTOFSCOPE\t/static/.*", `the expression "/static/.*" matches no address: it is matched from the start, as in https://host/path; put .* before it`},
		{"no text", "2\tFAIL\t\xff\xfe", "this is not UTF-8: save the file as UTF-8 text"},
		{"control characters", "\x1b[31m2\tFAIL\t", `"[31m2" is not the id of a rule: an id is a number, such as 10020, or 10020-1`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(strings.NewReader("# first\n"+tt.line+"\n"), "rules.tsv", known)
			if err == nil || err.Error() != "rules.tsv:2: "+tt.want {
				t.Errorf("got  %v\nwant rules.tsv:2: %s", err, tt.want)
			}
		})
	}
}

func TestManyMistakes(t *testing.T) {
	_, err := Parse(strings.NewReader("2\tFAIL\t(x)\n10020\tWARN\n2\tIGNORE\t(x)\n10020-1\tFAIL\n10020\tHALT\n"), "r", known)
	if want := "r:3: 2 is IGNORE here and FAIL on line 1: keep one of them\nr:5: unknown level \"HALT\"; want one of FAIL, IGNORE, INFO, OUTOFSCOPE, PASS, WARN"; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}

	_, err = Parse(strings.NewReader(strings.Repeat("x\n", 1025)), "r", known)
	var m *Mistakes
	if !errors.As(err, &m) || len(m.List) != 20 || m.More != 1005 || !strings.HasSuffix(err.Error(), "\nand 1,005 more mistakes") {
		t.Errorf("got %v", err)
	}
}

func TestBounds(t *testing.T) {
	if _, err := Parse(strings.NewReader(strings.Repeat("#", 1<<20+1)), "r", known); err == nil || err.Error() != "r is over 1 MiB: that is no rules file" {
		t.Errorf("got %v", err)
	}
	if f, err := Parse(strings.NewReader(strings.Repeat("#", 1<<20)), "r", known); err != nil || f == nil {
		t.Errorf("one long line: %v", err)
	}
	var b strings.Builder
	for i := range 10_001 {
		fmt.Fprintf(&b, "%d\tFAIL\n", 100_000+i)
	}
	if _, err := Parse(strings.NewReader(b.String()), "r", known); err == nil || !strings.HasPrefix(err.Error(), "r:10001: there are over 10,000 entries") {
		t.Errorf("got %v", err)
	}
	broken := io.MultiReader(strings.NewReader("2\tFAIL\n"), iotest.ErrReader(errors.New("disk on fire")))
	if _, err := Parse(broken, "r", known); err == nil || err.Error() != "cannot read r: disk on fire" {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add("10020\tOUTOFSCOPE\t(?i)HTTPS://a\n*\tFAIL")
	f.Add("\xff\n10020\tFAIL\t(x)\r")
	f.Fuzz(func(t *testing.T, s string) {
		file, err := Parse(strings.NewReader(s), "r", known)
		if (file == nil) == (err == nil) {
			t.Fatalf("file %v, error %v", file, err)
		}
		file.OutOfScope(10020, 1, "https://app.example/"+s[:min(len(s), 100)])
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "r:") && !strings.HasPrefix(line, "and ") && !strings.HasPrefix(line, "r is over") {
					t.Errorf("an error's line is %q", line)
				}
			}
		}
	})
}
