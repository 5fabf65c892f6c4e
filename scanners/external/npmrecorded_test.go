package external

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/external/run"
)

func (c otherCase) unit() Unit { return Unit{Dir: c.dir, File: c.file, Mode: c.mode} }

// say runs the package manager of a case as its scanner would.
func (c otherCase) say(t *testing.T, tool Tool, tr *scanners.Tree) []byte {
	dirs := c.installed(t)
	registry := registryFor(t)
	trapped(t, tr, c.dir, registry.URL)
	if c.mode == byYarn1 {
		yarnRegistryProxy(t, registry)
	}
	box := must(run.NewBox())(t)
	defer box.Close()
	dir := must(project(&tool, tr, c.unit(), box))(t)
	call := tool.Call(c.unit(), Place{Tree: tr.Dir(), File: box.Path})
	program := must(run.Search{Dirs: dirs}.Find(tool.Programs[0]))(t)
	res := must(box.Run(t.Context(), run.Command{Program: program.Path, Args: call.Args, Env: call.Env, Path: dirs, Network: true, Dir: dir}))(t)
	return res.Stdout
}

func TestOtherPackageManagersRead(t *testing.T) {
	for _, c := range others() {
		t.Run(c.dir, func(t *testing.T) {
			tool := npmTool(t, NPMAuditOptions{}).Others[c.mode]
			tr := copied(t, "npm-others")
			data := recorded(t, c.said, func() []byte { return c.say(t, tool, tr) })
			r, err := read(t, tool, tr, c.unit(), data)
			if err != nil {
				t.Fatal(err)
			}
			report := r.report()
			if d := cmp.Diff(c.want(), sorted(briefs(report.Findings))); d != "" {
				t.Error(d)
			}
			if report.Looked.Packages != 5 || len(report.Rules) != 3 {
				t.Errorf("%d rules, looked at %+v", len(report.Rules), report.Looked)
			}
			i := slices.IndexFunc(report.Findings, func(f finding.Finding) bool { return f.Key == "leaf@1.2.0" })
			f := report.Findings[i]
			if f.Package.PURL != "pkg:npm/leaf@1.2.0" || f.Message != "leaf 1.2.0: Prototype pollution in leaf; fixed in 1.2.3" || f.SeveritySource != "npm" {
				t.Errorf("%+v", f)
			}
			if c.mode != byYarn { // which says less
				if d := cmp.Diff([]string{"CVE-2020-1001"}, f.Aliases); d != "" || f.Score != 9.8 {
					t.Errorf("score %v, aliases %s", f.Score, d)
				}
			}
			for _, cut := range []int{1, 100, len(data) / 2, len(data) - 3} {
				if _, err := read(t, tool, tr, c.unit(), data[:cut]); err == nil {
					t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
				}
			}
		})
	}
}

func TestOtherPackageManagersRefuse(t *testing.T) {
	bad := map[string]map[string]string{
		byPNPM: {
			"nothing": "", "not JSON": "ERR_PNPM", "no advisories": `{"metadata":{}}`, "no numbers": `{"advisories":{}}`, "two documents": `{"advisories":{},"metadata":{}} {}`,
			"an error": `{"error":{"code":"ERR_PNPM_AUDIT_BAD_RESPONSE"}}`, "nought": `{"advisories":{"1":{}},"metadata":{}}`, "wrong types": `{"advisories":{"1":{"module_name":[]}},"metadata":{}}`,
		},
		byYarn1: {
			"nothing": "", "not JSON": "yarn audit v1.22.22", "no summary": `{"type":"info","data":"x"}`, "nought": `{"type":"auditAdvisory","data":{"advisory":{}}}` + "\n" + `{"type":"auditSummary","data":{}}`,
			"wrong types": `{"type":"auditAdvisory","data":{"advisory":[]}}` + "\n" + `{"type":"auditSummary","data":{}}`,
		},
		byYarn: {
			"not JSON": "Usage Error", "a code": "➤ YN0035: x", "another release": "Internal Error: a@workspace:.: This package doesn't seem to be present in your lockfile; run",
			"nought": `{"value":"leaf","children":{}}`, "wrong types": `{"value":"leaf","children":[]}`, "a list": `[]`,
		},
	}
	for _, c := range others() {
		tool := npmTool(t, NPMAuditOptions{}).Others[c.mode]
		tr := copied(t, "npm-others")
		for name, data := range bad[c.mode] {
			if _, err := read(t, tool, tr, c.unit(), data); err == nil || strings.ContainsAny(err.Error(), "\n") {
				t.Errorf("%s: %s is taken for a report: %v", c.dir, name, err)
			}
		}
		// What is wrong with the lockfile is no report either.
		broken := tree(t, map[string]string{"a/" + filepath.Base(c.file): "lockfileVersion: ["})
		if c.mode == byPNPM {
			if _, err := read(t, tool, broken, Unit{Dir: "a", File: "a/pnpm-lock.yaml"}, `{"advisories":{},"metadata":{}}`); err == nil {
				t.Errorf("%s: a broken lockfile is read", c.dir)
			}
		}
	}
	r := newReading(tree(t, nil), Unit{})
	err := npmTool(t, NPMAuditOptions{}).Others[byYarn1].Read(Output{Stderr: []byte(`{"type":"error","data":"Error: https://x: Request \"https://x\" returned a 410"}`)}, r)
	if err == nil || !strings.Contains(err.Error(), "status 410") {
		t.Errorf("a registry that refuses: %v", err)
	}
}

func TestRootsOfAllPackageManagers(t *testing.T) {
	tr := tree(t, map[string]string{
		"a/package-lock.json": "{}", "a/pnpm-lock.yaml": "x", "b/yarn.lock": "# yarn lockfile v1\n", "c/yarn.lock": "# x\n\n__metadata:\n  version: 10\n",
	})
	want := []Unit{
		{Dir: "a", Name: "a/package-lock.json", File: "a/package-lock.json"}, {Dir: "a", Name: "a/pnpm-lock.yaml", File: "a/pnpm-lock.yaml", Mode: byPNPM},
		{Dir: "b", Name: "b/yarn.lock", File: "b/yarn.lock", Mode: byYarn1}, {Dir: "c", Name: "c/yarn.lock", File: "c/yarn.lock", Mode: byYarn},
	}
	if d := cmp.Diff(want, npmRoots(tr, nil).List); d != "" {
		t.Error(d)
	}
}

// A package manager that is missing takes nothing from the others.
func TestOnePackageManagerIsMissing(t *testing.T) {
	bin := script(t, "yarn", "[ \"$1\" != --version ] || echo 4.1.0\n")
	files := map[string]string{"a/pnpm-lock.yaml": "lockfileVersion: '9.0'\n", "b/yarn.lock": "# yarn lockfile v1\n", "c/yarn.lock": "__metadata:\n  version: 10\n"}
	node := script(t, "node", "")
	options := Options{Asked: true, Path: []string{bin, node}}
	got := scan(t, New(npmTool(t, NPMAuditOptions{}), options), tree(t, files))
	all := notes(got)
	for _, want := range []string{
		"gap: a/pnpm-lock.yaml: ", "npm install -g pnpm", "gap: b: yarn: version 4.1.0 is too new, want one before 2: install that with `npm install -g yarn@1.22.22`", "ran yarn 4.1.0",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in\n%s", want, all)
		}
	}
	if got.Status != finding.Partial {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
	options.Asked = false
	got = scan(t, New(npmTool(t, NPMAuditOptions{}), options), tree(t, map[string]string{"a/pnpm-lock.yaml": ""}))
	if got.Status != finding.Skipped || !strings.Contains(got.Reason, "npm install -g pnpm") {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}

func TestRegistriesOfProjects(t *testing.T) {
	for content, want := range map[string]string{
		"registry=https://npm.example.com/a/\n":          "https://npm.example.com/a/",
		"registry = \"http://127.0.0.1:4873\"":           "http://127.0.0.1:4873",
		"registry=https://user:secret@npm.example.com/":  "",
		"registry=https://npm.example.com/${TOKEN}":      "",
		"registry=https://npm.example.com/?a=b":          "",
		"registry=file:///etc/passwd":                    "",
		"@team:registry=https://npm.example.com/":        "",
		"registry=https://npm.example.com/\r\nx=y\r\n":   "https://npm.example.com/",
		"registry=https://npm.example.com/\nregistry=-x": "",
		"": "",
	} {
		tr := tree(t, map[string]string{"a/.npmrc": content})
		if got := projectRegistry(tr, "a"); got != want {
			t.Errorf("%q: %q, want %q", content, got, want)
		}
	}
	tr := tree(t, map[string]string{"a/.yarnrc.yml": "yarnPath: ./x\nnpmAuthToken: secret\nnpmRegistryServer: http://127.0.0.1:1\n", "b/.yarnrc.yml": "[", "c/.yarnrc.yml": "npmAuditRegistry: https://audit.example.com\nnpmRegistryServer: https://x.example.com\n"})
	for dir, want := range map[string]string{
		"a": "enableScripts: false\nnpmRegistryServer: http://127.0.0.1:1\nunsafeHttpWhitelist:\n    - 127.0.0.1\n", "b": "enableScripts: false\n",
		"c": "enableScripts: false\nnpmRegistryServer: https://audit.example.com\n", "d": "enableScripts: false\n",
	} {
		if got := string(must(yarnRegistry(tr, dir))(t)); got != want {
			t.Errorf("%s: %q", dir, got)
		}
	}
}

func TestOnlyDependenciesAreCopied(t *testing.T) {
	for manifest, want := range map[string]string{
		`{"name":"a","scripts":{"install":"x"},"packageManager":"yarn@9","dependencies":{"b":"1"},"pnpm":{},"installConfig":{}}`: `{"dependencies":{"b":"1"},"name":"a"}`,
		`{"workspaces":["web","packages/*","../x","/etc/**","{a,../../b}","{a,/etc}","{apps,libs}/*"],"devEngines":{}}`:          `{"workspaces":["web","packages/*","{apps,libs}/*"]}`,
		`{"workspaces":{"packages":["web","a/../.."],"nohoist":["**"]}}`:                                                         `{"workspaces":["web"]}`,
		`{"workspaces":7}`: `{"workspaces":[]}`,
		`[]`:               "",
		`{`:                "",
	} {
		if got := string(onlyDependencies([]byte(manifest))); got != want {
			t.Errorf("%s: %s", manifest, got)
		}
	}
	tr := tree(t, map[string]string{"a/yarn.lock": "x", "a/package.json": "{}", "a/web/package.json": "{}", "a/node_modules/b/package.json": "{}", "c/package.json": "{}", "a/.yarn/releases/yarn.cjs": "x", "a/.yarnrc.yml": "yarnPath: .yarn/releases/yarn.cjs"})
	files := must(yarnProject(tr, Unit{Dir: "a", File: "a/yarn.lock"}))(t)
	if d := cmp.Diff([]string{yarnSettings, "package.json", "web/package.json", "yarn.lock"}, slices.Sorted(maps.Keys(files))); d != "" {
		t.Error(d)
	}
}
