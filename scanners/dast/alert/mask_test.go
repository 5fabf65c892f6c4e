package alert

import (
	"strings"
	"testing"
)

func TestMasked(t *testing.T) {
	for in, want := range map[string]string{
		"":                                    "",
		"x-frame-options":                     "x-frame-options",
		"https://cdn.example/x.js?key=s3cret": "https://cdn.example/x.js?key=…",
		"/a?x=1&y=s3cret;z=2#top":             "/a?x=…&y=…;z=…",
		"//user:s3cret@cdn.example/x.js":      "//…@cdn.example/x.js",
		`<script src="//a/x?k=s3cret" async>`: `<script src="//a/x?k=…" async>`,
		"max-age=31536000; includeSubDomains": "max-age=31536000; includeSubDomains",
		"https://a.example/x=y":               "https://a.example/x=y",
	} {
		got := Masked(in)
		if got != want || Masked(got) != got {
			t.Errorf("%s: %s, then %s", in, got, Masked(got))
		}
	}
	if n := len(Masked(strings.Repeat("?a=b", 1<<20))); n > 4*MaxPiece {
		t.Errorf("%d bytes", n)
	}
}
