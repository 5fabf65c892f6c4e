package config

import "testing"

func TestCanonical(t *testing.T) {
	section := func(text string) string {
		t.Helper()
		f, err := Parse([]byte(text), "c.yaml")
		if err != nil {
			t.Fatal(err)
		}
		data, err := f.Policy.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	want := `{"rules":[{"action":"fail"},{"action":"warn"}],"until":"2027-03-31T00:00:00Z"}`
	for _, text := range []string{
		"policy: {until: 2027-03-31, rules: [{action: fail}, {action: warn}]}",
		"# why\npolicy:\n  rules: # first\n    - action: 'fail'\n    - {action: warn}\n  until: 2027-03-31\nignore: []\n",
	} {
		if got := section(text); got != want {
			t.Errorf("%s\n%s", text, got)
		}
	}
	if got := section("policy: {rules: [{action: warn}, {action: fail}], until: 2027-03-31}"); got == want {
		t.Error("another order of rules is another policy")
	}
	if got := section("version: 1"); got != "" {
		t.Errorf("absent: %s", got)
	}
	a, _ := Parse([]byte("version: 1"), "a")
	b, _ := Parse([]byte("version: 1 "), "a")
	if len(a.Digest) != 64 || a.Digest == b.Digest {
		t.Errorf("%s, %s", a.Digest, b.Digest)
	}
}
