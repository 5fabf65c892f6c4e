package external

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// codeqlProgram is a directory with a program that stands in for CodeQL's: it
// wants the arguments of its documentation, and to work where the repository
// has no say. create is run when it makes a database, analyze before ($when is
// "before") and after it writes the report.
func codeqlProgram(t testing.TB, create, analyze, report string) string {
	t.Helper()
	return script(t, "codeql", `
fail() { echo "A fatal error occurred: $1" >&2; exit 2; }
[ "$*" = "version --format=terse" ] && { echo 2.27.0; exit; }
command="$1 $2"; shift 2
while [ "$1" != -- ]; do
	case "$1" in
	--language=*) language=${1#*=};; --source-root=*) root=${1#*=};; --output=*) output=${1#*=};; --common-caches=*) caches=${1#*=};;
	--build-mode=none|--threads=0|--ram=4096|--verbosity=warnings|--format=sarifv2.1.0|--sarif-include-query-help=always) ;;
	*) fail "unknown option $1";;
	esac
	shift
done
[ "$(pwd -P)" = "$(cd "$HOME" && pwd -P)" ] || fail "works in $(pwd)"
[ -n "$caches" ] || fail "no caches"
case "$command" in
"database create")
	[ $# = 2 ] && [ -d "$root/src" ] && mkdir "$2" || fail "wrong arguments: $*"
	`+create+`
	echo "$language" >"$2/language";;
"database analyze")
	[ $# = 3 ] && language=$(cat "$2/language") || fail "no database"
	[ "$3" = "codeql/$language-queries:codeql-suites/$language-security-extended.qls" ] || fail "wrong queries: $3"
	when=before
	`+analyze+`
	when=after
	cat >"$output" <<'END'
`+report+`
END
	`+analyze+`
	;;
*) fail "wrong command: $command";;
esac
`)
}

func codeqlReport(t testing.TB) string {
	t.Helper()
	return string(must(os.ReadFile("testdata/codeql/results.sarif"))(t))
}

func wantCodeQL() finding.Finding {
	step := func(line, column, end int, message string) finding.Location {
		return finding.Location{Path: "src/app.py", StartLine: line, StartColumn: column, EndColumn: end, Message: message}
	}
	related := step(4, 13, 20, "user-provided value")
	return finding.Finding{
		RuleID: "py/command-line-injection", Severity: finding.Critical, SeveritySource: "codeql", Score: 9.8,
		Message:  "This command line depends on a user-provided value.",
		Location: finding.Location{Path: "src/app.py", StartLine: 10, StartColumn: 27, EndColumn: 47, LineHash: "39fa2ee980eb94b0:1"},
		Related:  []finding.Location{related}, Key: "39fa2ee980eb94b0:1",
		Flows: []finding.Flow{{Steps: []finding.Location{
			step(4, 13, 20, "ControlFlowNode for request"), step(6, 18, 22, "ControlFlowNode for name"), step(10, 27, 47, "ControlFlowNode for BinaryExpr"),
		}}},
	}
}

func TestCodeQLRuns(t *testing.T) {
	o := CodeQLOptions{Languages: []string{"python", "javascript-typescript", "typescript"}, Suite: "security-extended"}
	path := []string{codeqlProgram(t, "", "", codeqlReport(t))}
	got := scan(t, must(CodeQL(o, Options{Asked: true, Offline: true, Path: path}))(t), copied(t, "codeql/sample"))
	if got.Status != finding.Completed || got.Looked.Files != 1 || got.Plan != "python" || got.Engine.Version != "2.27.0" {
		t.Fatalf("%s: %s, %+v, %s %s\n%s", got.Status, got.Reason, got.Looked, got.Plan, got.Engine.Version, notes(got))
	}
	want := wantCodeQL()
	want.Fingerprint = finding.FingerprintOf("codeql", want)
	if d := cmp.Diff([]finding.Finding{want}, got.Findings); d != "" {
		t.Error(d)
	}
	if n := notes(got); !strings.Contains(n, "info: no files of javascript") || !strings.Contains(n, "ran codeql 2.27.0") {
		t.Error(n)
	}
	rule := []finding.Rule{{ID: "py/command-line-injection", Name: "py/command-line-injection", Title: "Uncontrolled command line",
		Description: "Words of a user in a command line let the user run other commands.", Help: "# Uncontrolled command line\nPass a list of arguments.",
		Severity: finding.Critical, Score: 9.8, Precision: "high", Tags: []string{"correctness", "security", "external/cwe/cwe-078"}}}
	if d := cmp.Diff(rule, got.Rules); d != "" {
		t.Error(d)
	}
	imported := scan(t, must(CodeQL(CodeQLOptions{SARIF: "*.sarif"}, Options{}))(t), copied(t, "codeql"))
	if d := cmp.Diff(got.Findings, imported.Findings); d != "" {
		t.Errorf("an import of the same SARIF finds something else: %s", d)
	}
}

func TestCodeQLFails(t *testing.T) {
	tr := tree(t, map[string]string{"src/app.py": "", "src/a.rb": "", "qlconfig.yml": "registries: []"})
	report := codeqlReport(t)
	clean := `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"CodeQL"}},"results":[]}]}`
	for _, tt := range []struct {
		name, create, analyze, report string
		languages                     []string
		want                          string
	}{
		{name: "finds nothing", report: clean, want: "completed: "},
		{name: "no code", create: "exit 32", want: "failed: python: step 1 of 2 ended with status 32: CodeQL found no code of this language that it can read"},
		{name: "broken", create: `fail "Extraction failed"`, want: "failed: python: step 1 of 2 ended with status 2: A fatal error occurred: Extraction failed"},
		{name: "never ends", create: "sleep 60", want: "failed: python: step 1 of 2 failed: codeql did not end within"},
		{name: "no packs", analyze: `fail "Query pack codeql/$language-queries:codeql-suites/x.qls cannot be found."`, want: "failed: ended with status 2 and wrote no report: the query packs are missing, and nothing is downloaded: install the CodeQL bundle"},
		{name: "out of memory", analyze: "exit 99", want: "failed: ended with status 99 and wrote no report: CodeQL ran out of memory"},
		{name: "no report", analyze: "exit 0", want: "failed: ended with status 0 and wrote no report"},
		{name: "garbage", report: "no SARIF", want: "failed: ended with status 0, and its output is not usable: its report:1: not usable as SARIF"},
		{name: "cut short", report: report[:len(report)/2], want: "failed: ended with status 0, and its output is not usable"},
		{name: "of another", report: strings.ReplaceAll(report, `"CodeQL"`, `"Other"`), want: "failed: ended with status 0, and its output is not usable: it holds a run of something else"},
		{name: "no runs", report: `{"version":"2.1.0","runs":[]}`, want: "failed: ended with status 0, and its output is not usable: it holds no run"},
		{name: "a query took too long", analyze: `[ $when = after ] && exit 33`, report: report, want: "partial: ended with status 33 after 1 finding: there may be more: a query took too long"},
		{name: "could not read a file", report: strings.ReplaceAll(report, `"level": "none"`, `"level": "error"`), want: "partial: src/app.py: py/diagnostics/successfully-extracted-files"},
		{name: "one of two", languages: []string{"python", "ruby"}, create: `[ $language = ruby ] && exit 32`, report: report, want: "partial: ruby: step 1 of 2 ended with status 32"},
		{name: "nothing there", languages: []string{"cpp", "actions"}, want: "skipped: no files of cpp, actions"},
		{name: "old", languages: []string{"python"}, want: "failed: version 2.16.3 is too old, want 2.16.4 or newer"},
		{name: "missing", want: "failed: planning: codeql is not installed; install it with `gh release download"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := CodeQLOptions{Languages: tt.languages, Suite: "security-extended"}
			if o.Languages == nil {
				o.Languages = []string{"python"}
			}
			path := codeqlProgram(t, tt.create, tt.analyze, tt.report)
			switch tt.name {
			case "old":
				path = script(t, "codeql", "echo 2.16.3")
			case "missing":
				path = t.TempDir()
			}
			options := Options{Asked: true, Path: []string{path}}
			if tt.name == "never ends" {
				options.Timeout = 50 * time.Millisecond
			}
			got := scan(t, must(CodeQL(o, options))(t), tr)
			if s := got.Status.String() + ": " + got.Reason; !strings.HasPrefix(s, tt.want) {
				t.Errorf("got %s\nwant %s\n%s", s, tt.want, notes(got))
			}
		})
	}
}

func TestCodeQLOptions(t *testing.T) {
	for _, tt := range []struct {
		options CodeQLOptions
		want    string
	}{
		{CodeQLOptions{SARIF: "*.sarif", Languages: []string{"python"}}, "sarif imports what CodeQL wrote, and languages runs it: keep one of them"},
		{CodeQLOptions{Suite: "security-extended"}, "suite is for a run of CodeQL: set languages: [python]"},
		{CodeQLOptions{SARIF: "*.sarif", Suite: "security-extended"}, "or leave suite out"},
		{CodeQLOptions{Languages: []string{"pyton"}}, `unknown language "pyton"; did you mean "python"?`},
		{CodeQLOptions{Languages: []string{""}}, `unknown language ""`},
		{CodeQLOptions{Languages: []string{"--command=sh"}}, `unknown language "--command=sh"`},
		{CodeQLOptions{Languages: []string{"python"}, Suite: "security-extendd"}, `unknown suite "security-extendd"; did you mean "security-extended"?`},
		{CodeQLOptions{Languages: []string{"python", "go"}}, "languages: go: CodeQL would run code of the repository (it has to be built, by make, a build script or go), which a scan does not do: run github/codeql-action"},
		{CodeQLOptions{Languages: []string{"kotlin"}}, "languages: kotlin: CodeQL would run code"},
		{CodeQLOptions{Languages: []string{"java-kotlin"}}, "CodeQL would run code"},
		{CodeQLOptions{Languages: []string{"csharp"}}, "CodeQL would run code"},
		{CodeQLOptions{Languages: []string{"rust"}}, "CodeQL would run code"},
		{CodeQLOptions{Languages: []string{"swift"}}, "CodeQL would run code"},
	} {
		_, err := CodeQL(tt.options, Options{})
		if err == nil || !strings.HasPrefix(err.Error(), "codeql: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s", tt.options, err, tt.want)
		}
	}
	for given, want := range map[string]string{"c": "cpp", "c-cpp": "cpp", "cpp": "cpp", "typescript": "javascript", "javascript-typescript": "javascript", "python": "python", "ruby": "ruby", "actions": "actions"} {
		if l, err := codeqlLanguageOf(given); err != nil || l.name != want {
			t.Errorf("%s: %s, %v", given, l.name, err)
		}
	}
	tr := tree(t, map[string]string{".github/workflows/a.yml": "", "tool/action.yaml": "", "other.yml": "", "a.TS": "", "b.h": ""})
	for name, want := range map[string]int{"actions": 2, "javascript": 1, "cpp": 1, "python": 0} {
		if l, _ := codeqlLanguageOf(name); l.files(tr) != want {
			t.Errorf("%s: %d files, want %d", name, l.files(tr), want)
		}
	}
	call := codeqlCall(Unit{Mode: "ruby"}, Place{Tree: "/t", File: func(name string) string { return "/box/" + name }}, codeqlSuites()[0])
	want := []string{
		"database create --language=ruby --source-root=/t --build-mode=none --threads=0 --ram=4096 --common-caches=/box/caches --verbosity=warnings -- /box/db",
		"database analyze --format=sarifv2.1.0 --output=/box/results.sarif --sarif-include-query-help=always --threads=0 --ram=4096 --common-caches=/box/caches --verbosity=warnings -- /box/db codeql/ruby-queries:codeql-suites/ruby-code-scanning.qls",
	}
	if d := cmp.Diff(want, []string{strings.Join(call.Args, " "), strings.Join(call.Then[0].Args, " ")}); d != "" || !call.Apart || !call.Then[0].Apart {
		t.Error(d)
	}
}

// What imports take over of the ways of data, and what they do with hostile
// ones.
func TestImportsFlows(t *testing.T) {
	step := func(uri string) string {
		return fmt.Sprintf(`{"location":{"message":{"text":"::error::x\u001b[31m\ny"},"physicalLocation":{"artifactLocation":{"uri":%q},"region":{"startLine":2}}}}`, uri)
	}
	run := strings.Replace(sarifRun("CodeQL", "a.js", "m"), `"message":{"text":"m"}`,
		`"message":{"text":"m"},"codeFlows":[{"threadFlows":[{"locations":[`+step("../../etc/passwd")+","+step("b.js")+","+step("file:///etc/passwd")+`]}]}]`, 1)
	got := scan(t, must(SARIF(SARIFOptions{Files: []string{"x.sarif"}}))(t), tree(t, map[string]string{"x.sarif": sarifOf(run)}))
	if len(got.Findings) != 1 {
		t.Fatalf("%s: %s", got.Status, got.Reason)
	}
	want := []finding.Flow{{Steps: []finding.Location{{Path: "b.js", StartLine: 2, Message: "error::x[31m y"}}}}
	if d := cmp.Diff(want, got.Findings[0].Flows); d != "" {
		t.Error(d)
	}
}
