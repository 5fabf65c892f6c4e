package image

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/scangate/scangate/finding"
)

// token is a live-looking token of a kind that gitleaks knows, put together so
// that none stands in this file.
func token() string { return "ghp_" + "R7pQ2mZ9xK4vT1wB8nC5yL0sD3gH6jF2aE9u" }

func rules(run finding.Run) []string {
	var out []string
	for _, f := range run.Findings {
		out = append(out, f.RuleID)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestConfiguration(t *testing.T) {
	healthy := &v1.HealthConfig{Test: []string{"CMD", "true"}}
	for _, tt := range []struct {
		name   string
		config v1.Config
		want   []string
	}{
		{"nothing set", v1.Config{}, []string{ruleHealth, ruleRoot}},
		{"all well", v1.Config{User: "app", Healthcheck: healthy}, nil},
		{"root by name", v1.Config{User: "root:root", Healthcheck: healthy}, []string{ruleRoot}},
		{"root by number", v1.Config{User: "0", Healthcheck: healthy}, []string{ruleRoot}},
		{"root by many noughts", v1.Config{User: "00:1000", Healthcheck: healthy}, []string{ruleRoot}},
		{"group of root only", v1.Config{User: "1000:0", Healthcheck: healthy}, nil},
		{"health check taken away", v1.Config{User: "1", Healthcheck: &v1.HealthConfig{Test: []string{"NONE"}}}, []string{ruleHealth}},
		{"token in the environment", v1.Config{User: "1", Healthcheck: healthy, Env: []string{"X=" + token()}}, []string{"github-pat"}},
		{"token in a label", v1.Config{User: "1", Healthcheck: healthy, Labels: map[string]string{"x": token()}}, []string{"github-pat"}},
		{"password", v1.Config{User: "1", Healthcheck: healthy, Env: []string{"DB_PASSWORD=hunter2hunter2"}}, []string{ruleSecret}},
		{"no passwords", v1.Config{User: "1", Healthcheck: healthy, Env: []string{"DB_PASSWORD=", "A_TOKEN=$TOKEN", "B_TOKEN=/run/secrets/b", "C_SECRET=changeme",
			"USE_TOKEN=true", "API_KEY_FILE=abc", "TOKEN_URL=https://example.com/token", "PASSWORD_MIN=12", "D_TOKEN=https://example.com/"}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img := imageOf(t, tt.config, madeStep{"COPY a /", []entry{{"a", "b"}}})
			run := scan(t, Options{}, layoutOf(t, t.TempDir(), img), nil)
			if run.Status != finding.Completed {
				t.Fatalf("%s: %s", run.Status, run.Reason)
			}
			if diff := cmp.Diff(tt.want, rules(run)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSecrets: whatever is in any layer is in the image, and no secret is in
// what is said about it.
func TestSecrets(t *testing.T) {
	history := "RUN curl -H 'Authorization: " + token() + "' https://example.com"
	img := imageOf(t, v1.Config{},
		madeStep{"COPY . /app", []entry{{"app/.env", "A=1\nTOKEN=" + token() + "\n"}, {"app/gone.env", "TOKEN=" + token() + "x\n"}, {"app/own.env", "T=" + token() + " # gitleaks:allow\n"},
			{"usr/lib/x.conf", "TOKEN=" + token()}, {"app/node_modules/x/a.js", "TOKEN=" + token()}, {"app/binary", "\x00TOKEN=" + token()}}},
		madeStep{history, []entry{{"app/.wh.gone.env", ""}}},
		madeStep{"COPY . /app", []entry{{"app/.env", "A=1\nTOKEN=" + token() + "\n"}}},
	)
	run := scan(t, Options{}, layoutOf(t, t.TempDir(), img), nil)
	var got []string
	for _, f := range run.Findings {
		if strings.Contains(f.Message+f.Fix+f.Key, token()) {
			t.Errorf("the secret is in %+v", f)
		}
		if f.RuleID != "github-pat" {
			continue
		}
		where := ""
		if f.Layer != nil {
			where = f.Layer.File
		}
		got = append(got, strings.TrimSpace(where+" "+f.Message))
		if f.Suppressed() != (where == "app/own.env") {
			t.Errorf("%s: suppressions %v", where, f.Suppressions)
		}
	}
	slices.Sort(got)
	const what = "Uncovered a GitHub Personal Access Token: in "
	if diff := cmp.Diff([]string{
		what + "the image's history. Whoever can pull the image can read it: rotate it.",
		"app/.env " + what + "app/.env of layer 1 (COPY . /app).",
		"app/gone.env " + what + "app/gone.env of layer 1 (COPY . /app). A later layer deletes or replaces the file, but whoever can pull the image can still read it: rotate it.",
		"app/own.env " + what + "app/own.env of layer 1 (COPY . /app).",
	}, got); diff != "" {
		t.Error(diff)
	}
	if got := rules(scan(t, Options{NoSecrets: true}, layoutOf(t, t.TempDir(), img), nil)); slices.Contains(got, "github-pat") {
		t.Error("secrets were looked for all the same")
	}
}
