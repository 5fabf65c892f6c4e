package helm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pack makes an archive of entries.
func pack(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range entries {
		// Uname carries the content: these are test entries.
		content := h.Uname
		h.Uname, h.Size, h.Mode = "", int64(len(content)), 0o644
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPackedSubchart: an archive renders to what its directory renders to.
func TestPackedSubchart(t *testing.T) {
	unpacked := readChart(t, "testdata/family")
	packed := Chart{}
	var entries []tar.Header
	for _, name := range sortedKeys(unpacked) {
		if rest, ok := strings.CutPrefix(name, "charts/db/"); ok {
			entries = append(entries, tar.Header{Name: "db/" + rest, Uname: string(unpacked[name])})
		} else {
			packed[name] = unpacked[name]
		}
	}
	packed["charts/db-1.0.4.tgz"] = pack(t, entries...)
	packed["charts/db-1.0.4.tgz.prov"] = []byte("a signature")
	want, _ := render(t, unpacked, cli())
	got, problems := render(t, packed, cli())
	if len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	if d := cmp.Diff(bySource(want), bySource(got)); d != "" {
		t.Errorf("-unpacked +packed:\n%s", d)
	}
	var paths []string
	for _, m := range got {
		paths = append(paths, m.Template)
	}
	if d := cmp.Diff([]string{
		"charts/db-1.0.4.tgz/charts/metrics/templates/cm.yaml",
		"charts/db-1.0.4.tgz/templates/set.yaml", "charts/db-1.0.4.tgz/templates/set.yaml",
		"templates/main.yaml",
	}, paths); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestHostileArchives(t *testing.T) {
	chartYAML := tar.Header{Name: "s/Chart.yaml", Uname: "name: s\nversion: 1.0.0\n"}
	tests := []struct {
		name    string
		archive []byte
		want    string // the problem; "" if only the entry is passed over
	}{
		{"not gzip", []byte("text"), "the archive is not gzip"},
		{"cut", pack(t, chartYAML, tar.Header{Name: "s/templates/x.yaml", Uname: strings.Repeat("a: 1\n", 999)})[:80], "the archive cannot be read"},
		{"parent", pack(t, chartYAML, tar.Header{Name: "s/../../x", Uname: "x"}), "the archive has a path that leads out of it"},
		{"backslash", pack(t, chartYAML, tar.Header{Name: `s\..\..\x`, Uname: "x"}), "the archive has a path that leads out of it"},
		{"absolute", pack(t, chartYAML, tar.Header{Name: "/etc/x", Uname: "x"}), "the archive has a path that leads out of it"},
		{"drive", pack(t, chartYAML, tar.Header{Name: "s/c:/x", Uname: "x"}), "the archive has a path that leads out of it"},
		{"top", pack(t, tar.Header{Name: "Chart.yaml", Uname: "x"}), "the archive has files outside of the chart's directory"},
		{"link", pack(t, chartYAML, tar.Header{Name: "s/templates/x.yaml", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}), ""},
		{"hard link", pack(t, chartYAML, tar.Header{Name: "s/templates/x.yaml", Typeflag: tar.TypeLink, Linkname: "../../x"}), ""},
		{"device", pack(t, chartYAML, tar.Header{Name: "s/templates/x.yaml", Typeflag: tar.TypeChar}), ""},
		{"big file", pack(t, chartYAML, tar.Header{Name: "s/x", Uname: strings.Repeat("x", maxFile+1)}), "a file in the archive is too big"},
		{"bomb", pack(t, append([]tar.Header{chartYAML}, bomb()...)...), "the archive is too big"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := oneTemplate("kind: X\n")
			c["charts/s.tgz"] = test.archive
			manifests, problems := render(t, c, Options{})
			if len(manifests) != 1 {
				t.Errorf("got %d manifests", len(manifests))
			}
			var want []Problem
			if test.want != "" {
				want = []Problem{{Path: "charts/s.tgz", Message: test.want}}
			}
			if d := cmp.Diff(want, problems); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func bomb() []tar.Header {
	var list []tar.Header
	for i := range 9 {
		list = append(list, tar.Header{Name: fmt.Sprintf("s/%d", i), Uname: strings.Repeat("x", maxFile-1)})
	}
	return list
}

// aliasBomb is YAML that is 10^9 values when its aliases are written out.
func aliasBomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 x\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	return b.String()
}

func TestHostileCharts(t *testing.T) {
	base := "apiVersion: v2\nname: c\nversion: 1.0.0\n"
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "  - {name: s, version: '*', alias: s%d}\n", i)
		}
		return b.String()
	}
	deep := Chart{"Chart.yaml": []byte(base), "templates/x.yaml": []byte("kind: X\n")}
	at := ""
	for i := range 30 {
		at += "charts/s/"
		deep[at+"Chart.yaml"] = []byte(fmt.Sprintf("name: s%d\nversion: 1.0.0\n", i))
	}
	wide := Chart{"Chart.yaml": []byte(base), "templates/x.yaml": []byte("kind: X\n")}
	for i := range 1000 {
		wide[fmt.Sprintf("charts/s%d/Chart.yaml", i)] = []byte(fmt.Sprintf("name: s%d\nversion: 1.0.0\n", i))
	}
	nested := Chart{"Chart.yaml": []byte(base + "dependencies:\n" + many(100))}
	nested["charts/s/Chart.yaml"] = []byte("name: s\nversion: 1.0.0\ndependencies:\n" + many(100))
	nested["charts/s/charts/s/Chart.yaml"] = []byte("name: s\nversion: 1.0.0\n")
	tests := []struct {
		name      string
		chart     Chart
		want      Problem // the first
		manifests int
	}{
		{"nothing", Chart{}, Problem{"Chart.yaml", 0, "the chart has no Chart.yaml"}, 0},
		{"no name", Chart{"Chart.yaml": []byte("version: 1.0.0\n")}, Problem{"Chart.yaml", 0, "the chart has no name"}, 0},
		{"a path as name", Chart{"Chart.yaml": []byte("name: ../x\nversion: 1.0.0\n")}, Problem{"Chart.yaml", 0, "the chart's name cannot be used"}, 0},
		{"broken Chart.yaml", Chart{"Chart.yaml": []byte("name: a\nversion: [\n")}, Problem{"Chart.yaml", 2, "cannot be parsed: did not find expected node content"}, 0},
		{"broken values", Chart{"Chart.yaml": []byte(base), "values.yaml": []byte("a: 1\nb: {{ x }}\n")}, Problem{"values.yaml", 0, "cannot be parsed: invalid map key"}, 0},
		{"bomb in Chart.yaml", Chart{"Chart.yaml": []byte(base + aliasBomb())}, Problem{"Chart.yaml", 0, "has too many values, or its aliases multiply"}, 0},
		{"bomb in values", Chart{"Chart.yaml": []byte(base), "values.yaml": []byte(aliasBomb())}, Problem{"values.yaml", 0, "has too many values, or its aliases multiply"}, 0},
		{"alias in itself", Chart{"Chart.yaml": []byte(base), "values.yaml": []byte("a: &a [*a]\n")}, Problem{"values.yaml", 0, "an alias contains itself"}, 0},
		{"bomb in requirements", Chart{"Chart.yaml": []byte("name: c\nversion: 1.0.0\n"), "requirements.yaml": []byte(aliasBomb())}, Problem{"requirements.yaml", 0, "has too many values, or its aliases multiply"}, 0},
		{"deep values", Chart{"Chart.yaml": []byte(base), "values.yaml": []byte("a: " + nestedText("[", "1", "]", 5000))}, Problem{"values.yaml", 0, "a value is nested too deep, or contains itself"}, 0},
		{"deep charts", deep, Problem{strings.Repeat("charts/s/", 11), 0, "charts are nested too deep in charts"}, 1},
		{"wide charts", wide, Problem{"charts/s232/", 0, "the chart has too many subcharts"}, 1},
		{"aliases in aliases", nested, Problem{"Chart.yaml", 0, "the chart has too many subcharts"}, 0},
		{"values of a subchart", Chart{
			"Chart.yaml": []byte(base), "values.yaml": []byte("s: text\n"), "charts/s/Chart.yaml": []byte("name: s\nversion: 1.0.0\n"),
		}, Problem{"Chart.yaml", 0, "the values of a subchart are not a map"}, 0},
		{"missing subchart", Chart{
			"Chart.yaml":       []byte(base + "dependencies: [{name: common, version: 1.x.x}, {name: off, version: 1.x.x, condition: off.enabled}]\n"),
			"values.yaml":      []byte("off: {enabled: false}\n"),
			"templates/x.yaml": []byte("kind: X\n"),
		}, Problem{"Chart.yaml", 0, "a subchart is not in charts/ and cannot be looked at: common"}, 1},
		{"broken subchart", Chart{
			"Chart.yaml": []byte(base), "templates/x.yaml": []byte("kind: X\n"), "charts/s/Chart.yaml": []byte("name: s\n"),
		}, Problem{"charts/s/Chart.yaml", 0, "the chart has no version"}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			manifests, problems, err := Render(context.Background(), test.chart, Options{})
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
			if err != nil || len(problems) == 0 || len(manifests) != test.manifests {
				t.Fatalf("got %d manifests, problems %v, error %v", len(manifests), problems, err)
			}
			if d := cmp.Diff(test.want, problems[0]); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	c := oneTemplate(`v: {{ .Values.m | toJson }} {{ .Values.l }}
r: {{ .Release.Name }}/{{ .Release.Namespace }}
k: {{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.Minor }} {{ .Capabilities.APIVersions.Has "x/v1" }} {{ .Capabilities.APIVersions.Has "apps/v1" }}
`)
	o := Options{
		Values: []File{
			{"a.yaml", []byte("m: {a: 5, c: 6}\nl: [q]\n")},
			{"b.yaml", []byte("m: {c: 7, b: null}\n")},
		},
		KubeVersion: "1.20", APIVersions: []string{"x/v1"},
	}
	manifests, problems := render(t, c, o)
	if len(problems) > 0 || len(manifests) != 1 {
		t.Fatalf("got %v, %v", manifests, problems)
	}
	want := "v: {\"a\":5,\"c\":7} [q]\nr: c/\nk: v1.20.0 20 true true"
	if d := cmp.Diff(want, string(manifests[0].Text)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{Values: []File{{"v.yaml", []byte("a: 1\nb: [\n")}}}, "values file v.yaml, line 2: cannot be parsed: did not find expected node content"},
		{Options{KubeVersion: "new"}, `the version of Kubernetes, "new", is not a version: write one like 1.33.0`},
	} {
		if _, _, err := Render(context.Background(), c, test.o); err == nil || err.Error() != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

// TestDeterministic: maps have no order, what is rendered has.
func TestDeterministic(t *testing.T) {
	c := oneTemplate(`a: {{ keys .Values }} {{ values .Values.m }} {{ range $k, $v := .Values }}{{ $k }}{{ end }}
b: {{ randAlphaNum 12 }} {{ uuidv4 }} {{ now | date "2006-01-02" }} {{ ago now }} {{ htpasswd "u" "p" }} {{ derivePassword 1 "long" "p" "u" "s" }}
c: {{ $ca := genCA "x" 365 }}{{ $ca.Cert | b64enc }} {{ (genSignedCert "a" nil nil 1 $ca).Key | b64enc }} {{ genPrivateKey "rsa" | len }}
`)
	first, problems := render(t, c, Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for range 10 {
		again, _ := render(t, c, Options{})
		if d := cmp.Diff(first, again); d != "" {
			t.Fatalf("-first +again:\n%s", d)
		}
	}
}
