package github

import (
	"strings"
	"testing"

	"github.com/scangate/scangate/internal/githubapi"
)

// TestProbe: what a token can reach, and why not, with every way in which GitHub
// does not do as it is asked. Nothing is changed.
func TestProbe(t *testing.T) {
	for _, mode := range githubapi.Modes() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			h := newHub(t, githubapi.Options{Mode: mode})
			got, err := h.client.Probe(t.Context())
			switch mode {
			case githubapi.NoLicence:
				if err != nil || got.Alerts == nil || !got.Disabled || !got.Private {
					t.Errorf("%+v, %v", got, err)
				}
			case githubapi.Archived:
				if err != nil || !got.Archived {
					t.Errorf("%+v, %v", got, err)
				}
			case githubapi.NoAccess, githubapi.NotFound, githubapi.BadToken, githubapi.Exhausted, githubapi.Down, githubapi.NotAPI:
				if err == nil || strings.Contains(err.Error(), "\n") {
					t.Errorf("%+v, %v", got, err)
				}
			default:
				if err != nil || got != (Reach{}) {
					t.Errorf("%+v, %v", got, err)
				}
			}
			for _, r := range h.Requests() {
				if r.Method != "GET" {
					t.Errorf("%s %s", r.Method, r.Path)
				}
			}
		})
	}
}
