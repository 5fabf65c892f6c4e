package external

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/sample"
	"github.com/scangate/scangate/scanners"
)

func imageTool(t testing.TB, o TrivyOptions, ref string) Tool {
	t.Helper()
	o.Command, o.Images = onImage, []string{ref}
	all := must(TrivyTools(o))(t)
	if len(all) != 1 || all[0].Target != ref {
		t.Fatalf("%d tools", len(all))
	}
	return all[0]
}

// withImage is a tree with the sample's image in it.
func withImage(t testing.TB) *scanners.Tree {
	t.Helper()
	dir := t.TempDir()
	if err := sample.Image(filepath.Join(dir, "dist", "image")); err != nil {
		t.Fatal(err)
	}
	return walk(t, dir)
}

// checkImage looks at a finding of each kind.
func checkImage(t testing.TB, all []finding.Finding) {
	t.Helper()
	type place struct{ Rule, Key, File, DiffID, CreatedBy string }
	var got []place
	for _, f := range all {
		if f.Location.Path != "" || f.Location.StartLine != 0 {
			t.Errorf("%s is said to be in the tree: %+v", f.RuleID, f.Location)
		}
		switch f.RuleID {
		case "CVE-2023-4911", "CVE-2024-29415", "stripe-secret-token", "DS-0002":
			p := place{Rule: f.RuleID, Key: f.Key}
			if f.RuleID == "stripe-secret-token" {
				p.Key = ""
			}
			if f.Layer != nil {
				p.File, p.DiffID, p.CreatedBy = f.Layer.File, f.Layer.DiffID[:14], f.Layer.CreatedBy
			}
			got = append(got, p)
		}
	}
	want := []place{
		{"CVE-2023-4911", "dist/image libc6@2.36-9+deb12u1", "", "sha256:9e214e1", "/bin/sh -c #(nop) ADD file:6a84b1d5b5d6d2a1e6c6b7e9d1a0b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4 in /"},
		{"CVE-2024-29415", "dist/image app/node_modules/ip/package.json ip@2.0.0", "app/node_modules/ip/package.json", "sha256:c3db910", "RUN /bin/sh -c npm ci --omit=dev # buildkit"},
		{"DS-0002", "dist/image /Specify at least 1 USER command in Dockerfile with non-root user as argument", "", "", ""},
		{"stripe-secret-token", "", "app/.env.production", "sha256:e8cc59e", "ADD . /app # buildkit"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestTrivyScansImages(t *testing.T) {
	realTool(t, "trivy")
	if *trivyCache == "" {
		missing(t, "trivy", errors.New("there is no -trivy-cache"))
	}
	tool := imageTool(t, TrivyOptions{Cache: *trivyCache}, "oci:dist/image")
	got := scan(t, New(tool, Options{Asked: true, Offline: true}), withImage(t))
	if got.Status != finding.Completed || got.Target != "oci:dist/image" {
		t.Fatalf("%s: %s\n%s", got.Status, got.Reason, notes(got))
	}
	checkImage(t, got.Findings)
}

func TestTrivyReadsImages(t *testing.T) {
	tool, u := imageTool(t, TrivyOptions{}, "oci:dist/image"), Unit{Dir: ".", Mode: onImage}
	tr := withImage(t)
	data := recorded(t, "trivy/image.json", func() []byte {
		if *trivyCache == "" || !canRecord(t, "trivy") {
			return nil
		}
		data, _ := output(t, imageTool(t, TrivyOptions{Cache: *trivyCache}, "oci:dist/image"), tr, u)
		return data
	})
	r, err := read(t, tool, tr, u, data)
	if err != nil {
		t.Fatal(err)
	}
	checkImage(t, r.findings)
	if r.looked.Packages != 8 || r.looked.Files != 6 {
		t.Errorf("looked at %+v", r.looked)
	}
	for _, f := range r.findings {
		if strings.Contains(f.Message+f.Key, "***") {
			t.Errorf("%s quotes the secret's line", f.RuleID)
		}
	}
	// A report about a tree is none about an image, and the other way round.
	if _, err := read(t, tool, tr, u, trivyReport("[]")); err == nil {
		t.Error("a report about a tree is taken for one about an image")
	}
	if _, err := read(t, trivyTool(t, TrivyOptions{}), tr, Unit{Dir: "."}, data); err == nil {
		t.Error("a report about an image is taken for one about a tree")
	}
	for _, cut := range []int{0, 1, 100, len(data) / 2, len(data) - 3} {
		if _, err := read(t, tool, tr, u, data[:cut]); err == nil {
			t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
		}
	}
	// Paths in an image are none in the tree, whatever they look like.
	hostile := `{"SchemaVersion":2,"ArtifactType":"container_image","Metadata":{"DiffIDs":["sha256:1"],"ImageConfig":{"history":[{"created_by":"::error::x\nRUN y"}]}},"Results":[
		{"Target":"../../etc/passwd","Class":"secret","Secrets":[{"RuleID":"r","Title":"t","StartLine":4,"Layer":{"DiffID":"sha256:1"}}]},
		{"Target":"Node.js","Class":"lang-pkgs","Type":"node-pkg","Vulnerabilities":[{"VulnerabilityID":"CVE-1","PkgName":"a","PkgPath":"/dist/image/index.json","Layer":{"DiffID":"sha256:1"}}]}]}`
	r, err = read(t, tool, tr, u, hostile)
	if err != nil || len(r.findings) != 2 {
		t.Fatal(err)
	}
	for _, f := range r.findings {
		if f.Location.Path != "" || strings.HasPrefix(f.Layer.CreatedBy, ":") || strings.Contains(f.Layer.CreatedBy, "\n") {
			t.Errorf("%+v in %+v", f.Layer, f.Location)
		}
	}
}

func TestTrivyImageCalls(t *testing.T) {
	at := Place{Tree: "/tree", File: func(name string) string { return "/box/" + name }}
	for ref, want := range map[string]string{
		"oci:dist/image":                         "--input=/tree/dist/image",
		"docker-archive:./a/../b.tar":            "--input=/tree/b.tar",
		"registry.example/shop:1":                "--image-src=remote -- registry.example/shop:1",
		"shop@sha256:" + strings.Repeat("0", 64): "--image-src=remote -- shop@sha256:" + strings.Repeat("0", 64),
	} {
		tool := imageTool(t, TrivyOptions{Cache: "/c"}, ref)
		got := strings.Join(tool.Call(Unit{Dir: ".", Mode: onImage}, at).Args, " ")
		if !strings.HasPrefix(got, "image --config /box/trivy.yaml ") || !strings.HasSuffix(got, want) || !strings.Contains(got, "--skip-db-update") {
			t.Errorf("%s: %s", ref, got)
		}
		if remote := strings.Contains(want, "remote"); tool.Network != remote {
			t.Errorf("%s: network %v", ref, tool.Network)
		}
	}
	for _, ref := range []string{"", "oci:../x", "oci:/etc", "oci:", "--input=/etc", "-x", "docker-daemon://x", "a b", "https://x.example/y", "dir:x\n"} {
		if _, err := TrivyTools(TrivyOptions{Command: onImage, Images: []string{ref}}); err == nil {
			t.Errorf("%q is taken for an image", ref)
		}
	}
	if _, err := TrivyTools(TrivyOptions{Command: onImage}); err == nil {
		t.Error("no image at all")
	}
	if _, err := TrivyTools(TrivyOptions{Images: []string{"oci:a", "oci:a"}}); err == nil {
		t.Error("an image twice")
	}
	all := must(TrivyTools(TrivyOptions{Images: []string{"oci:a", "b:1"}}))(t)
	var targets []string
	for _, tool := range all {
		targets = append(targets, tool.Target)
	}
	if d := cmp.Diff([]string{"", "oci:a", "b:1"}, targets); d != "" {
		t.Error(d)
	}
	got := scan(t, New(imageTool(t, TrivyOptions{Cache: "/c"}, "oci:absent"), Options{Asked: true}), withImage(t))
	if got.Status != finding.Failed || !strings.Contains(got.Reason, "no image at absent") {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
	for ref, want := range map[string]string{"r.example:5000/a/b:1": "r.example:5000/a/b", "a": "a", "a@sha256:1": "a", "a:1@sha256:1": "a"} {
		if got := imageName(ref, ""); got != want {
			t.Errorf("%s is called %s", ref, got)
		}
	}
}
