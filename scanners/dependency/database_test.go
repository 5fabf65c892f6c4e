package dependency

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/vulndb"
)

func TestRefresh(t *testing.T) {
	built := time.Now().Add(-30 * time.Hour).UTC().Truncate(time.Second)
	newer := time.Now().UTC().Truncate(time.Second)
	fails := func(context.Context) error { return errors.New("no mirror\nhelps") }
	for _, tt := range []struct {
		name    string
		have    bool
		refresh func(dir string) func(context.Context) error
		want    []string // notes
		err     string
	}{
		{"missing, then there", false, func(dir string) func(context.Context) error {
			return func(context.Context) error { return vulndb.Build("../../testdata/advisories", dir, newer) }
		}, nil, ""},
		{"there, and none wanted", true, func(string) func(context.Context) error { return nil }, nil, ""},
		{"there, and fails", true, func(string) func(context.Context) error { return fails },
			[]string{"warning vulnerability database could not be refreshed, so the one from " + built.Format(time.RFC3339) + " is used: no mirror helps"}, ""},
		{"missing, and fails", false, func(string) func(context.Context) error { return fails }, nil, "no mirror"},
		{"missing, and none wanted", false, func(string) func(context.Context) error { return nil }, nil, "does not exist"},
		{"there, and takes too long", true, func(string) func(context.Context) error {
			return func(ctx context.Context) error { <-ctx.Done(); return errors.New("too slow") }
		}, []string{"warning vulnerability database could not be refreshed, so the one from " + built.Format(time.RFC3339) + " is used: too slow"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "db")
			if tt.have {
				dir = sampleDB(t, built).Dir
			}
			s, err := New(Options{DB: match.Database{Dir: dir, Refresh: tt.refresh(dir)}})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			if strings.Contains(tt.name, "too long") {
				cancel()
				ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
			}
			defer cancel()
			target := scanners.Target{Tree: tree(t, map[string]string{"go.mod": "module x\n\ngo 1.21\n\nrequire example.com/y v1.0.0\n"}), Jobs: 1}
			w, err := s.Plan(ctx, target)
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.Scan(ctx, target, w)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || !strings.Contains(err.Error(), "`scangate db update`") || !strings.Contains(err.Error(), "--db DIR") {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, notes(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPlanDoesNotRefresh: planning is offline.
func TestPlanDoesNotRefresh(t *testing.T) {
	s, err := New(Options{DB: match.Database{Dir: "x", Refresh: func(context.Context) error { t.Error("refreshed"); return nil }}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Plan(t.Context(), scanners.Target{Tree: tree(t, map[string]string{"go.mod": "module x\n"}), Jobs: 1}); err != nil {
		t.Fatal(err)
	}
}
