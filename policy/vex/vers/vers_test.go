package vers

import (
	"strings"
	"testing"

	"github.com/scangate/scangate/internal/hostile"
)

func TestContains(t *testing.T) {
	for word, tt := range map[string]struct{ in, out, unknown string }{
		"vers:npm/>=1.0.0|<1.2.3":                 {"1.0.0 1.2.2 1.2.3-beta.1 1.0.0+build", "1.2.3 0.9.9 1.0.0-rc.1 2.0.0", "latest 1.x"},
		"vers:npm/1.2.3|>=2.0.0|<5.0.0":           {"1.2.3 2.0.0 4.9.9", "1.2.4 5.0.0 0.1.0", ""},
		"vers:npm/<1|>=2|!=2.1":                   {"0.9.0 2.0.0 3.0.0", "1.0.0 2.1.0 1.5.0", ""},
		"vers:npm/ <= 1.0.0 | > 2.0.0|":           {"1.0.0 2.0.1", "1.0.1 2.0.0", ""},
		"vers:npm/>=1.0.0":                        {"1.0.0 99.0.0", "0.9.9", ""},
		"vers:npm/*":                              {"1.0.0 anything", "", ""},
		"vers:npm/=1.0.0":                         {"1.0.0", "1.0.1", ""},
		"vers:npm/>=1.0.0-alpha%2B1|<2.0.0":       {"1.5.0", "2.0.0", ""},
		"vers:pypi/>=1.0a1|<2.0":                  {"1.0 1.0.0 1.0b2 1.9.post1 1.0+local 2.0.dev1 2.0rc1", "2.0 0.9 1.0.dev5 1!1.5", "1.0-x-y"},
		"vers:gem/>=1.0.0|<2.0.0":                 {"1.0 1.9.9 2.0.0.rc1", "2.0 1.0.0.beta", ""},
		"vers:maven/>=1.0|<2.0":                   {"1.0 1.5-SNAPSHOT 1.0-sp 2.0-alpha-1", "2.0 1.0-alpha-1 2.0.1", ""},
		"vers:golang/>=v1.2.0|<v1.3.0":            {"v1.2.0 1.2.5 v1.3.0-rc.1 v1.2.1-0.20200609155635-041fdbb8563f", "v1.3.0 1.1.9", "(devel)"},
		"vers:cargo/9.0.14":                       {"9.0.14", "9.0.15", ""},
		"vers:nuget/>=1.0.0|<1.0.0.5":             {"1.0.0 1.0.0.4", "1.0.0.5 0.9", ""},
		"vers:composer/>=1.0|<2":                  {"1.0.0 v1.5", "2.0 0.1", "dev-main"},
		"vers:deb/<1:1.2.3-4|>=1:2":               {"1.2.3-4 1:1.2.3-3 1:1.2.3~rc1-1 1:2 2:0", "1:1.2.3-4 1:1.9", "a1"},
		"vers:rpm/>=0:1.2-1.el8|<0:1.2-3.el8":     {"1.2-1.el8 1.2-2.el8", "1.2-3.el8 1.1-9.el8 1:1.2-2.el8", "x:1 1:2:3 1.2^git1"},
		"vers:alpine/>=1.2.3-r0|<1.2.3-r5":        {"1.2.3-r0 1.2.3-r4", "1.2.3-r5 1.2.2-r9", "!"},
		"vers:hex/>=1.0.0|<2.0.0":                 {"1.5.0", "2.0.0", ""},
		"vers:npm/!=1.5.0|>=1.0.0|!=1.6.0|<2.0.0": {"1.0.0 1.5.1", "1.5.0 1.6.0 2.0.0", ""},
	} {
		r, err := Parse(word)
		if err != nil {
			t.Errorf("%s: %v", word, err)
			continue
		}
		for _, v := range strings.Fields(tt.in) {
			if in, known := r.Contains(v); !in || !known {
				t.Errorf("%s is not in %s (known: %v)", v, word, known)
			}
		}
		for _, v := range strings.Fields(tt.out) {
			if in, known := r.Contains(v); in || !known {
				t.Errorf("%s is in %s: %v (known: %v)", v, word, in, known)
			}
		}
		for _, v := range append(strings.Fields(tt.unknown), strings.Repeat("1", 30)) {
			if in, known := r.Contains(v); known && !r.all || in && !r.all {
				t.Errorf("%s can be compared with %s", v, word)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for word, want := range map[string]string{
		"":                        "it is not a range",
		">=1.0.0":                 "it is not a range",
		"vers:npm":                "it is not a range",
		"VERS:npm/1.0.0":          "it is not a range",
		"vers:NPM/1.0.0":          `versions of the scheme "NPM" cannot be compared; did you mean "npm"?`,
		"vers:gentoo/1.0.0":       `versions of the scheme "gentoo" cannot be compared; want one of alpine, apk, cargo, composer, deb, gem, golang, hex, maven, npm, nuget, pub, pypi, rpm`,
		"vers:all/*":              `versions of the scheme "all" cannot be compared`,
		"vers:npm/":               "it does not say which versions are in it",
		"vers:npm/||":             "it does not say which versions are in it",
		"vers:npm/!=1.0.0":        "it does not say which versions are in it",
		"vers:npm/*|1.0.0":        `"*" is no version`,
		"vers:npm/>=":             `"" is no version that can be compared`,
		"vers:npm/=>1.0.0":        `">1.0.0" is no version`,
		"vers:npm/^1.0.0":         `"^1.0.0" is no version that can be compared`,
		"vers:npm/1.0.0%":         `"1.0.0%" is no version`,
		"vers:npm/1.0.0%00":       `"1.0.0" is no version that can be compared`,
		"vers:npm/latest":         `"latest" is no version that can be compared`,
		"vers:npm/>=1.0.0|<1.0.0": "it names a version twice",
		"vers:pypi/1.0|1.0.0":     "it names a version twice",
		"vers:npm/<1.0.0|<2.0.0":  "do not follow each other",
		"vers:npm/>1.0.0|>2.0.0":  "do not follow each other",
		"vers:npm/>1.0.0|2.0.0":   "do not follow each other",
		"vers:npm/1.0.0|<2.0.0":   "do not follow each other",
		"vers:rpm/a:1":            "is no version that can be compared",
		"vers:npm/" + strings.Repeat("1.0.0|", 600):   "more than 500 parts",
		"vers:npm/" + strings.Repeat("1.0.0|", 60000): "too long",
	} {
		if _, err := Parse(word); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %s", word, err, want)
		}
	}
}

func TestFor(t *testing.T) {
	r, err := Parse("vers:alpine/1.0-r0")
	if err != nil || !r.For("apk") || r.For("alpine") || r.For("deb") {
		t.Errorf("%+v, %v", r, err)
	}
}

// FuzzRange asserts that a range decides every version, the same each time, and
// that the order of its parts does not matter.
func FuzzRange(f *testing.F) {
	for _, s := range Schemes() {
		f.Add("vers:"+s+"/>=1.0.0|<1.2.3|!=1.1.0", "1.1.5")
		f.Add("vers:"+s+"/1.0.0-1|>2.0|<=1:3.0~rc1-2", "1:2.5.0+x")
	}
	f.Fuzz(func(t *testing.T, word, version string) {
		hostile.Bounded(t, len(word)+len(version), func() {
			r, err := Parse(word)
			if err != nil {
				hostile.OneLine(t, err.Error())
				return
			}
			in, known := r.Contains(version)
			if in && !known {
				t.Error("in it, and nobody knows")
			}
			name, list, _ := strings.Cut(word, "/")
			parts := strings.Split(list, "|")
			for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
				parts[i], parts[j] = parts[j], parts[i]
			}
			turned, err := Parse(name + "/" + strings.Join(parts, "|"))
			if err != nil {
				t.Fatalf("turned around it is refused: %v", err)
			}
			if in2, known2 := turned.Contains(version); in != in2 || known != known2 {
				t.Errorf("%v, %v, and turned around %v, %v", in, known, in2, known2)
			}
		})
	})
}
