package check_test

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	checks "github.com/aquasecurity/trivy-checks"
	"github.com/aquasecurity/trivy/pkg/iac/adapters/terraform"
	"github.com/aquasecurity/trivy/pkg/iac/rego"
	"github.com/aquasecurity/trivy/pkg/iac/scan"
	dockerfile "github.com/aquasecurity/trivy/pkg/iac/scanners/dockerfile/parser"
	kubernetes "github.com/aquasecurity/trivy/pkg/iac/scanners/kubernetes/parser"
	tfparser "github.com/aquasecurity/trivy/pkg/iac/scanners/terraform/parser"
	"github.com/aquasecurity/trivy/pkg/iac/types"
	tlog "github.com/aquasecurity/trivy/pkg/log"
	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
)

// examples are the good and bad examples that come with the checks, by their
// framework.
func examples(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := fs.WalkDir(checks.EmbeddedPolicyFileSystem, "checks", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".yaml") {
			return err
		}
		data, err := checks.EmbeddedPolicyFileSystem.ReadFile(name)
		if err != nil {
			return err
		}
		var all map[string]struct{ Good, Bad []string }
		if err := yaml.Unmarshal(data, &all); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for framework, e := range all {
			out[framework] = append(out[framework], append(e.Good, e.Bad...)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// inputs turns the examples into what checks look at.
func inputs(t *testing.T) []check.Input {
	t.Helper()
	var out []check.Input
	all := examples(t)
	for i, text := range all["terraform"] {
		fsys := fstest.MapFS{"main.tf": {Data: []byte(text)}}
		p := tfparser.New(fsys, "", tfparser.OptionWithDownloads(false), tfparser.OptionWithSkipCachedModules(true))
		if err := p.ParseFS(t.Context(), "."); err != nil {
			t.Fatalf("terraform example %d: %v", i, err)
		}
		modules, err := p.EvaluateAll(t.Context())
		if err != nil {
			t.Fatalf("terraform example %d: %v", i, err)
		}
		out = append(out, check.Input{Source: check.Cloud, Path: fmt.Sprintf("%d.tf", i), Value: terraform.Adapt(modules).ToRego()})
	}
	for i, text := range all["kubernetes"] {
		name := fmt.Sprintf("%d.yaml", i)
		manifests, err := kubernetes.Parse(t.Context(), strings.NewReader(text), name)
		if err != nil {
			t.Fatalf("kubernetes example %d: %v", i, err)
		}
		for _, m := range manifests {
			out = append(out, check.Input{Source: check.Kubernetes, Path: name, Value: m})
		}
	}
	for i, text := range all["dockerfile"] {
		name := fmt.Sprintf("%d.dockerfile", i)
		parsed, err := dockerfile.Parse(t.Context(), strings.NewReader(text), name)
		if err != nil {
			t.Fatalf("dockerfile example %d: %v", i, err)
		}
		out = append(out, check.Input{Source: check.Dockerfile, Path: name, Value: parsed.(interface{ ToRego() any }).ToRego()})
	}
	return out
}

// fitting shows the checks to the engine without those that it cannot compile
// or has the wrong input for.
type fitting struct{ embed.FS }

var tooNew = regexp.MustCompile(`(?m)^#   minimum_trivy_version: "?0\.(6[7-9]|[7-9][0-9])`)

func (f fitting) ReadFile(name string) ([]byte, error) {
	text, err := f.FS.ReadFile(name)
	if err == nil && (tooNew.Match(text) || strings.HasSuffix(name, "/secure_tls_policy.rego")) {
		return []byte("package left.out\n"), nil
	}
	return text, err
}

// engine is Trivy's own evaluator with all of its checks.
func engine(t *testing.T) *rego.Scanner {
	t.Helper()
	tlog.InitLogger(false, true)
	rego.LoadAndRegister = func() {} // compiles what cannot be compiled, and nothing reads it
	s := rego.NewScanner(
		rego.WithEmbeddedPolicies(false),
		rego.WithEmbeddedLibraries(true),
		rego.WithPolicyFilesystem(fitting{checks.EmbeddedPolicyFileSystem}),
		rego.WithPolicyDirs("checks"),
		rego.WithPolicyNamespaces("builtin"),
	)
	if err := s.LoadPolicies(nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSameAsTheEngine sees that the verdicts on every example of every check
// are those of Trivy's own evaluator: the check, the place and the words.
func TestSameAsTheEngine(t *testing.T) {
	trivy := engine(t)
	set, err := check.NewSet(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	in := inputs(t)
	total, seen := 0, map[string]bool{}
	var mu sync.Mutex
	var one sync.Mutex // Trivy's evaluator writes to what its results share
	var wg sync.WaitGroup
	work := make(chan check.Input)
	for range 2 {
		wg.Go(func() {
			for i := range work {
				mine, err := set.Judge(t.Context(), i)
				if err != nil {
					t.Errorf("%s: %v", i.Path, err)
					continue
				}
				one.Lock()
				theirs, err := trivy.ScanInput(t.Context(), types.Source(i.Source), rego.Input{Path: i.Path, Contents: i.Value})
				b := linesOfResults(theirs.GetFailed())
				one.Unlock()
				if err != nil {
					t.Errorf("%s: %v", i.Path, err)
					continue
				}
				a := linesOfVerdicts(mine)
				if d := cmp.Diff(b, a); d != "" {
					t.Errorf("%s (-Trivy +scangate):\n%s", i.Path, d)
				}
				mu.Lock()
				total += len(a)
				for _, v := range mine {
					seen[v.Check.ID] = true
				}
				mu.Unlock()
			}
		})
	}
	for _, i := range in {
		work <- i
	}
	close(work)
	wg.Wait()
	if len(in) < 500 || total < 1000 || len(seen) < 350 {
		t.Errorf("%d inputs, %d verdicts of %d checks: too few to tell", len(in), total, len(seen))
	}
	t.Logf("%d inputs, %d verdicts of %d checks", len(in), total, len(seen))
}

func linesOfVerdicts(all []check.Verdict) []string {
	var out []string
	for _, v := range all {
		line := fmt.Sprintf("%s %s", v.Check.ID, v.Message)
		for c := &v.Cause; c != nil; c = c.Parent {
			line += fmt.Sprintf(" | %s:%d-%d %s %v", c.Path, c.Start, c.End, c.Resource, c.Managed)
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func linesOfResults(all scan.Results) []string {
	var out []string
	for _, r := range all {
		names := r.Rule().Aliases // the last is the id; this engine has another field for it
		id := names[len(names)-1]
		m := r.Metadata()
		line := fmt.Sprintf("%s %s", id, r.Description())
		for at := &m; at != nil; at = at.Parent() {
			rng := at.Range()
			line += fmt.Sprintf(" | %s:%d-%d %s %v", rng.GetLocalFilename(), rng.GetStartLine(), rng.GetEndLine(), at.Reference(), at.IsManaged())
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestBuiltin compiles and describes every check there is.
func TestBuiltin(t *testing.T) {
	all, err := check.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 500 {
		t.Errorf("%d checks", len(all))
	}
	seen := map[string]string{}
	for _, c := range all {
		if c.ID == "" || c.Title == "" || c.Severity == finding.Unknown || c.Provider == "" || c.LongID == "" || c.ShortCode == "" {
			t.Errorf("%s is not described in full: %+v", c.File, c)
		}
		if seen[c.ID] != "" {
			t.Errorf("%s and %s have the same id %s", seen[c.ID], c.File, c.ID)
		}
		seen[c.ID] = c.File
	}
}
