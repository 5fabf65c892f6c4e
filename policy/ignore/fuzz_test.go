package ignore

import (
	"strings"
	"testing"

	"github.com/scangate/scangate/internal/hostile"
)

// FuzzParse asserts that ignores that are refused are refused with their place,
// and that the others are about nothing but what they fit.
func FuzzParse(f *testing.F) {
	for _, seed := range append(hostile.Seeds(),
		"ignore: [{id: CVE-1, reason: x, expires: 2027-01-31}]", "ignore:\n  - rule: a*\n    path: '**/b/'\n    reason: x\n    permanent: true\n",
		"ignore: [{fingerprint: ab, package: 'pkg:npm/@a/b@1', scanner: [iac], reason: x, permanent: true}]", "ignore: [~]", "ignore: {a: b}",
		"ignore: [{id: a, reason: \"\\e[2J\\u202e\", expires: 9999-12-31}]", "ignore: [{rule: '"+strings.Repeat("*a", 50)+"', path: '"+strings.Repeat("**/*a*/", 10)+"x', reason: x, permanent: true}]",
		"ignore: [{id: a, reason: x, permanent: true, justification: component_not_present, path: 'a/[b-]*/\\*'}]", "ignore: [{id: a, package: 'pkg:@', reason: x, permanent: true}]",
	) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		hostile.Bounded(t, len(data), func() {
			list, err := parse(data)
			if hostile.Place(t, err, "f.yaml", []byte(data)); err != nil {
				return
			}
			if len(list.Entries) > len(data) || len(list.Problems) > 0 {
				t.Errorf("%d entries of %d bytes, %d problems", len(list.Entries), len(data), len(list.Problems))
			}
			for i := range list.Entries {
				e := &list.Entries[i]
				if len(e.conditions) == 0 || e.Reason == "" || e.ID == "" && e.Rule == "" && e.Fingerprint == "" {
					t.Errorf("an entry without a condition or a reason: %+v", e)
				}
				hostile.OneLine(t, e.by())
				hostile.OneLine(t, e.title())
			}
			again, err := parse(data)
			if err != nil || len(again.Entries) != len(list.Entries) {
				t.Fatalf("read again: %v", err)
			}
			for i := range again.Entries {
				if !equal(again.Entries[i], list.Entries[i]) {
					t.Errorf("read again: %+v, %+v", list.Entries[i], again.Entries[i])
				}
			}
			onlyWhatFits(t, list)
		})
	})
}

// FuzzForeign asserts that files of other tools are honoured only as far as they
// are understood, and that the rest is told in lines with a place.
func FuzzForeign(f *testing.F) {
	for _, seed := range append(hostile.Seeds(),
		"CVE-1 exp:2027-02-01 # x\n", "vulnerabilities: [{id: CVE-1, paths: ['**/a'], purls: ['pkg:npm/a@1'], expired_at: 2027-02-01}]",
		"[[IgnoredVulns]]\nid = \"CVE-1\"\nignoreUntil = 2027-02-01\n[[PackageOverrides]]\nname = \"a\"\nignore = true\n",
		"ignore: [{vulnerability: CVE-1, fix-state: fixed, package: {name: a.*, type: npm, location: '**'}}]", "a: &a [*a]",
		"ignore: [{vulnerability: CVE-1, package: {name: '((a{1,9}){1,9}){1,9}'}}]", "ignore: &a [{vulnerability: CVE-1, reason: &b [*b]}]\n", "ignore: [{<<: {vulnerability: CVE-1}}]\n",
		"[[PackageOverrides]]\nname = \"((a{1,9}){1,9}){1,9}\"\nnameIsRegex = true\nignore = true\n", "IgnoredVulns = [{id = \"a\"}, {id = \"b\", ignoreUntil = 9999-12-31T23:59:59+23:59}]\n",
	) {
		for i := range RootFiles() {
			f.Add(i, seed)
		}
	}
	f.Fuzz(func(t *testing.T, kind int, data string) {
		names := RootFiles()
		name := names[uint(kind)%uint(len(names))]
		var l List
		hostile.Bounded(t, len(data), func() { l = Foreign("some/"+name, []byte(data)) })
		if len(l.Entries) > len(data) || len(l.Entries) > maxForeign || len(l.Problems) > maxProblems+1 {
			t.Fatalf("%d entries and %d problems of %d bytes", len(l.Entries), len(l.Problems), len(data))
		}
		for i := range l.Entries {
			e := &l.Entries[i]
			if len(e.Scanners) == 0 || len(e.conditions) == 0 {
				t.Fatalf("an entry without a scanner or a condition: %+v", e)
			}
			hostile.Mistake(t, told("some/"+name, e.Origin+": x"), "some/"+name, []byte(data))
			hostile.OneLine(t, e.by())
			hostile.OneLine(t, e.title())
		}
		for _, p := range l.Problems {
			hostile.Mistake(t, told("some/"+name, strings.Replace(p, " is not honoured: ", ": ", 1)), "some/"+name, []byte(data))
		}
		onlyWhatFits(t, l)
	})
}

// told is a text with the form of an error: the name, perhaps a line, and more.
type toldError string

func (e toldError) Error() string { return string(e) }

func told(name, s string) error {
	if rest, ok := strings.CutPrefix(s, name+" "); ok { // a problem of the whole file
		s = name + ": " + rest
	}
	return toldError(s)
}

// FuzzInsert asserts that an ignore is written into a configuration without a
// change of any other byte, and is what was asked for.
func FuzzInsert(f *testing.F) {
	for _, seed := range append(hostile.Seeds(), "", "version: 1\n", "ignore:\n- {id: a, reason: x, permanent: true}\n# c\n", "ignore: []\ndb: {}\n",
		"ignore:\n  - id: a\n    permanent: true\n    reason: |\n      x\n\n", "\xef\xbb\xbfversion: 1\r\nignore:\r\n", "version: 1\n...\n", "ignore: # []\n", "ignore: [] # []\n", "version: 1", "\"ignore\": []",
		"ignore:\n  - {id: a, reason: \"x\n\n  y\", permanent: true}\n\n\n# end", "---\nversion: 1\n", "ignore:\n- id: a\n  permanent: true\n  reason: x\u2028", "{version: 1}\n",
	) {
		f.Add(seed, "CVE-9", "why")
	}
	f.Add("version: 1\n", "a*", "\n- id: b\n")
	f.Add("version: 1\n", "CVE-9\n", "#\x1b")
	f.Fuzz(func(t *testing.T, before, what, reason string) {
		hostile.Bounded(t, len(before)+len(what)+len(reason), func() {
			out, entry, err := Insert([]byte(before), "f.yaml", Request{What: what, Reason: reason}, names(), now)
			if err != nil {
				hostile.OneLine(t, err.Error())
				return
			}
			if !strings.EqualFold(entry.ID+entry.Rule+entry.Fingerprint, strings.TrimSpace(what)) || entry.Reason != strings.TrimSpace(reason) {
				t.Fatalf("%+v was written for %q, %q", entry, what, reason)
			}
			if !onlyAdded(before, string(out)) {
				t.Fatalf("%q\nbecomes\n%q", before, out)
			}
			if _, _, err := Insert(out, "f.yaml", Request{What: what, Reason: reason}, names(), now); err == nil {
				t.Fatal("it is written twice")
			}
		})
	})
}

// onlyAdded reports whether a text is another one with something put in at one
// place. A line end may be added at its end, and one empty list be taken out.
func onlyAdded(before, after string) bool {
	forms := []string{before, before + "\n", before + "\r\n"}
	for at := range before {
		if strings.HasPrefix(before[at:], " []") {
			without := before[:at] + before[at+3:]
			forms = append(forms, without, without+"\n", without+"\r\n")
		}
	}
	for _, form := range forms {
		n, same := 0, min(len(form), len(after))
		for n < same && form[n] == after[n] {
			n++
		}
		rest := form[n:]
		if len(after) > len(form) && strings.HasSuffix(after[n:], rest) {
			return true
		}
	}
	return false
}
