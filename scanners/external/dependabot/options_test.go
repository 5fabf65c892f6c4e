package dependabot

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/scanners"
)

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		want string // empty: it is accepted
	}{
		{"nothing", Options{}, ""},
		{"all", Options{Repository: "octo/shop.js", Token: secret, APIURL: "https://ghes.example/api/v3/"}, ""},
		{"this machine", Options{APIURL: "http://127.0.0.1:9999"}, ""},
		{"this machine by name", Options{APIURL: "http://localhost:9999/x"}, ""},
		{"this machine, IPv6", Options{APIURL: "http://[::1]:9999"}, ""},
		{"no owner", Options{Repository: "shop"}, `repository: "shop" is not of the form owner/name`},
		{"a path", Options{Repository: "octo/../x"}, "is not of the form owner/name"},
		{"a parent", Options{Repository: "octo/.."}, "is not of the form owner/name"},
		{"a query", Options{Repository: "octo/x?y=1"}, "is not of the form owner/name"},
		{"a line break", Options{Repository: "octo/x\n::error::"}, "is not of the form owner/name"},
		{"http", Options{APIURL: "http://ghes.example/api/v3", Token: secret}, "is not https"},
		{"a host like this machine", Options{APIURL: "http://127.0.0.1.example/"}, "is not https"},
		{"a scheme", Options{APIURL: "file:///etc"}, "is not one"},
		{"a password", Options{APIURL: "https://u:" + secret + "@ghes.example/"}, "is not one"},
		{"a query in the address", Options{APIURL: "https://ghes.example/?token=" + secret}, "is not one"},
		{"no address", Options{APIURL: "https://ghes.example:" + secret + "/"}, "is not one"},
		{"a token with a line break", Options{Token: secret + "\nX-Evil: 1"}, "the token in the environment holds characters"},
		{"a token with one at its end", Options{Token: secret + "\n"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.o)
			if err == nil {
				if c.want != "" {
					t.Errorf("accepted, want %q", c.want)
				}
				return
			}
			noSecret(t, err.Error())
			if c.want == "" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestFromEnvironment(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		env  map[string]string
		want Options
	}{
		{"a job", Options{}, map[string]string{"GITHUB_REPOSITORY": "octo/shop", "GITHUB_TOKEN": "a", "GITHUB_API_URL": "https://ghes.example/api/v3"}, Options{Repository: "octo/shop", Token: "a", APIURL: "https://ghes.example/api/v3"}},
		{"a token that was meant", Options{}, map[string]string{"GITHUB_TOKEN": "a", "GH_TOKEN": "b"}, Options{Token: "b"}},
		{"a repository that was meant", Options{Repository: "octo/other"}, map[string]string{"GITHUB_REPOSITORY": "octo/shop"}, Options{Repository: "octo/other"}},
		{"nothing", Options{}, nil, Options{}},
	} {
		if diff := cmp.Diff(c.want, c.o.FromEnvironment(func(name string) string { return c.env[name] })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestPlan(t *testing.T) {
	for _, c := range []struct {
		name            string
		o               Options
		what, skip, err string
	}{
		{"ready", Options{Repository: "octo/shop", Token: secret}, "Dependabot alerts of octo/shop", "", ""},
		{"offline", Options{Repository: "octo/shop", Token: secret, Offline: true, Asked: true}, "", "--offline", ""},
		{"no token", Options{Repository: "octo/shop"}, "", "there is no token to ask GitHub with: set GITHUB_TOKEN or GH_TOKEN", ""},
		{"no token, though asked", Options{Repository: "octo/shop", Asked: true}, "", "", "there is no token to ask GitHub with: set GITHUB_TOKEN or GH_TOKEN to one that has `vulnerability-alerts: read`"},
		{"no repository", Options{Token: secret}, "", "set GITHUB_REPOSITORY", ""},
		{"no repository, though asked", Options{Token: secret, Asked: true}, "", "", "set GITHUB_REPOSITORY"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := New(c.o)
			if err != nil {
				t.Fatal(err)
			}
			w, err := s.Plan(t.Context(), scanners.Target{})
			said := ""
			if err != nil {
				said = err.Error()
				noSecret(t, said)
			}
			if w.What != c.what || !strings.Contains(w.Skip, c.skip) || (w.Skip == "") != (c.skip == "") || !strings.Contains(said, c.err) || (said == "") != (c.err == "") {
				t.Errorf("work %+v, error %v", w, err)
			}
		})
	}
	s, err := New(Options{})
	if err != nil || s.Name() != "dependabot" || s.Engine().Name != "dependabot" {
		t.Error(s, err)
	}
	if _, err := s.Scan(t.Context(), scanners.Target{}, scanners.Work{Items: 7}); err == nil {
		t.Error("somebody else's plan was taken")
	}
}
