package feed

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestNotModified(t *testing.T) {
	dir, s := t.TempDir(), newSource(t, kevOf(600, day(2)))
	mustUpdate(t, KEV(), dir, s.options(day(2)))
	updated, info, err := KEV().Update(t.Context(), dir, s.options(day(4)))
	if err != nil || updated || !info.Checked.Equal(day(4)) || !info.Released.Equal(day(2)) || s.asked[0] != "" || s.asked[1] == "" {
		t.Errorf("%v, %+v, %v, %q", updated, info, err, s.asked)
	}
	if _, info, err = KEV().Load(dir, day(4), nil); err != nil || !info.Checked.Equal(day(4)) {
		t.Errorf("%+v, %v", info, err)
	}
	// Another address knows nothing of the ETag, and its feed is not compared.
	o := s.options(day(4))
	o.Address += "?token=abc"
	s.set(kevOf(500, day(1)))
	if info := mustUpdate(t, KEV(), dir, o); s.asked[2] != "" || info.Entries != 500 {
		t.Errorf("%q, %+v", s.asked, info)
	}
	kept, err := os.ReadFile(KEV().path(dir))
	if err != nil || bytes.Contains(kept, []byte("token")) {
		t.Errorf("the address is kept: %v", err)
	}
}

func TestRedirectWithinTheHost(t *testing.T) {
	s := newSource(t, kevOf(600, day(2)))
	s.fault = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if r.URL.Path == "/feed" {
			http.Redirect(w, r, "/real", http.StatusMovedPermanently)
		}
		return r.URL.Path == "/feed"
	}
	mustUpdate(t, KEV(), t.TempDir(), s.options(day(2)))
}

func TestMayRedirect(t *testing.T) {
	for _, tt := range []struct {
		first, next string
		may         bool
	}{
		{"https://www.cisa.gov/a", "https://cisa.gov/b", true},
		{"https://www.cisa.gov/a", "https://evil.example/b", false},
		{"https://www.cisa.gov/a", "https://www.cisa.gov.evil.example/b", false},
		{"https://www.cisa.gov/a", "http://www.cisa.gov/a", false},
		{"https://www.cisa.gov/a", "http://127.0.0.1/a", false},
		{"https://www.cisa.gov/a", "https://127.0.0.1/a", false},
		{"https://mirror.example/a", "https://MIRROR.example/b", true},
		{"https://mirror.example/a", "https://www.cisa.gov/b", true},
		{"http://127.0.0.1:1/a", "http://localhost:2/b", true},
		{"http://127.0.0.1:1/a", "http://10.0.0.1/b", false},
	} {
		first, err := parseAddress(tt.first)
		if err != nil {
			t.Fatal(err)
		}
		next, err := http.NewRequest("GET", tt.next, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := KEV().mayRedirect(first, next.URL); (err == nil) != tt.may {
			t.Errorf("%s to %s: %v", tt.first, tt.next, err)
		}
	}
	for address, want := range map[string]string{
		"https://a.example/b": "", "http://localhost:8/b": "", "http://[::1]/b": "", "http://a.example/b": "want https://", "ftp://a/b": "want an address",
		"a.example/b": "want an address", "https://u:p@a.example/b": "without a name and password", "": "want an address", "https://%zz": "want an address",
	} {
		if err := CheckAddress(address); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, k := range Kinds() {
		if err := CheckAddress(k.DefaultAddress()); err != nil {
			t.Error(err)
		}
	}
}
