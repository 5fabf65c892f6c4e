package external

import (
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// asked is a registry that answers audits of every kind, and keeps what it was
// asked for.
type asked struct {
	*httptest.Server
	mu    sync.Mutex
	paths []string
	login []string // Authorization headers
}

func (a *asked) was(path string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Contains(a.paths, path)
}

func (a *asked) logins() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.login, "")
}

// registryFor answers for packages that may be installed in some versions.
func registryFor(t testing.TB) *asked {
	t.Helper()
	type object = map[string]any
	advisories := map[string][]object{
		"leaf": {
			{"id": 1001, "url": "https://github.com/advisories/GHSA-2222-3333-4444", "title": "Prototype pollution in leaf", "severity": "critical",
				"vulnerable_versions": "<1.2.3", "cwe": []string{"CWE-1321"}, "cvss": object{"score": 9.8, "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}},
			{"id": 1002, "url": "https://github.com/advisories/GHSA-5555-6666-7777", "title": "Slow regular expression in leaf", "severity": "moderate",
				"vulnerable_versions": "<=0.9.1", "cwe": []string{}},
		},
		"@team/tester": {{"id": 1003, "url": "https://example.invalid/1003", "title": "Tester tells", "severity": "low", "vulnerable_versions": "*"}},
	}
	a := &asked{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.paths, a.login = append(a.paths, r.URL.Path), append(a.login, r.Header.Get("Authorization"))
		a.mu.Unlock()
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(r.Body)
		}
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/-/npm/v1/security/advisories/bulk":
			var wanted map[string][]string
			json.NewDecoder(body).Decode(&wanted)
			answer := map[string][]object{}
			for name := range wanted {
				if len(advisories[name]) > 0 {
					answer[name] = advisories[name]
				}
			}
			json.NewEncoder(w).Encode(answer)
		case "/-/npm/v1/security/audits", "/-/npm/v1/security/audits/quick":
			var tree auditTree
			json.NewDecoder(body).Decode(&tree)
			answer := object{}
			var actions []object
			tree.each("", func(name, way, version string, dev bool) {
				for _, adv := range advisories[name] {
					if !affects(adv["vulnerable_versions"].(string), version) {
						continue
					}
					id := json.Number(big.NewInt(int64(adv["id"].(int))).String())
					one, ok := answer[id.String()].(object)
					if !ok {
						one = object{"module_name": name, "cves": []string{"CVE-2020-100" + id.String()[3:]}, "findings": []object{}, "patched_versions": "<0.0.0", "access": "public"}
						for k, v := range adv {
							one[k] = v
						}
						answer[id.String()] = one
					}
					one["findings"] = append(one["findings"].([]object), object{"version": version, "paths": []string{way}})
					actions = append(actions, object{"action": "review", "module": name, "resolves": []object{{"id": adv["id"], "path": way, "dev": dev, "optional": false, "bundled": false}}})
				}
			})
			json.NewEncoder(w).Encode(object{"actions": actions, "advisories": answer, "muted": []object{},
				"metadata": object{"vulnerabilities": object{"info": 0, "low": 1, "moderate": 1, "high": 0, "critical": 2}, "dependencies": 4, "devDependencies": 1, "optionalDependencies": 0, "totalDependencies": 5}})
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

// auditTree is what pnpm and Yarn 1 send.
type auditTree struct {
	Version      string                `json:"version"`
	Dev          bool                  `json:"dev"`
	Dependencies map[string]*auditTree `json:"dependencies"`
}

func (n *auditTree) each(way string, f func(name, way, version string, dev bool)) {
	for name, d := range n.Dependencies {
		f(name, strings.TrimPrefix(way+">"+name, ">"), d.Version, d.Dev)
		d.each(way+">"+name, f)
	}
}

// yarnRegistryProxy makes programs that use a proxy reach the registry under
// Yarn's own name, which Yarn 1 always asks.
func yarnRegistryProxy(t testing.TB, to *asked) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"registry.yarnpkg.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))(t)
	secure := httptest.NewUnstartedServer(to.Config.Handler)
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		up, err := net.Dial("tcp", secure.Listener.Addr().String())
		if err != nil || r.Method != http.MethodConnect || !strings.HasPrefix(r.Host, "registry.yarnpkg.com:") {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		defer up.Close()
		w.WriteHeader(http.StatusOK)
		down, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer down.Close()
		go func() { io.Copy(up, buffered); up.Close() }()
		io.Copy(down, up)
	}))
	t.Cleanup(proxy.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HTTPS_PROXY", proxy.URL)
	t.Setenv("https_proxy", proxy.URL)
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	t.Setenv("NODE_EXTRA_CA_CERTS", ca)
}

// yarnDirs are the directories of PATH with the Yarn of that major version in
// front: several may be installed.
func yarnDirs(t *testing.T, major string) []string {
	t.Helper()
	dirs := filepath.SplitList(os.Getenv("PATH"))
	for i, dir := range dirs {
		file := filepath.Join(dir, "yarn")
		if _, err := os.Stat(file); err != nil {
			continue
		}
		c := exec.Command(file, "--version")
		c.Dir, c.Env = t.TempDir(), append(os.Environ(), "COREPACK_ENABLE_NETWORK=0")
		if out, err := c.Output(); err == nil && strings.HasPrefix(string(out), major+".") {
			return append([]string{dir}, slices.Delete(slices.Clone(dirs), i, i+1)...)
		}
	}
	missing(t, "yarn", fmt.Errorf("there is no Yarn %s in PATH", major))
	return nil
}

// trapped puts into a project what would make its package manager run code of
// the project, or ask the registry with a login or for another project. Code
// that runs asks the registry for /trap.
func trapped(t testing.TB, tr *scanners.Tree, dir, registry string) {
	t.Helper()
	code := "require('http').get('" + registry + "/trap'); console.log('1.22.22'); setTimeout(() => process.exit(0), 300);\n"
	for name, content := range map[string]string{
		"evil.cjs": code, ".pnpmfile.cjs": code + "module.exports = {};\n",
		".npmrc": "registry=" + registry + "/\nglobal-pnpmfile=./evil.cjs\npnpmfile=./evil.cjs\nnode-options=--require=./evil.cjs\nscript-shell=./evil.cjs\n" +
			"//" + strings.TrimPrefix(registry, "http://") + "/:_authToken=${GITHUB_TOKEN}\nomit=dev\n",
		".yarnrc":             "yarn-path \"./evil.cjs\"\nregistry \"" + registry + "/elsewhere\"\n",
		".yarnrc.yml":         "yarnPath: ./evil.cjs\nplugins:\n  - ./evil.cjs\nnpmRegistryServer: " + registry + "\nnpmAuthToken: \"${GITHUB_TOKEN:-none}\"\nnpmAlwaysAuth: true\nunsafeHttpWhitelist: [127.0.0.1]\n",
		"pnpm-workspace.yaml": "packages: [.]\npnpmfile: ./evil.cjs\n",
	} {
		if err := os.WriteFile(filepath.Join(tr.Dir(), dir, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(tr.Dir(), dir, "package.json")
	var manifest map[string]any
	if err := json.Unmarshal(must(os.ReadFile(file))(t), &manifest); err != nil {
		t.Fatal(err)
	}
	manifest["packageManager"] = "pnpm@9.9.9"
	if strings.HasPrefix(dir, "yarn") {
		manifest["packageManager"] = "yarn@3.3.3"
	}
	manifest["scripts"] = map[string]string{"preinstall": "node evil.cjs", "postinstall": "node evil.cjs", "prepare": "node evil.cjs"}
	manifest["pnpm"] = map[string]any{"auditConfig": map[string]any{"ignoreCves": []string{"CVE-2020-1001"}}, "configDependencies": map[string]string{"leaf": "1.2.0"}}
	if err := os.WriteFile(file, must(json.Marshal(manifest))(t), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GITHUB_TOKEN", "canary-of-the-environment")
}

// wantOther is what the package managers other than npm report.
func wantOther(file string, lines [3]int, direct, override string) []brief {
	at := func(line int) string { return finding.Note{Path: file, Line: line}.String() }
	way := "frame@1.1.0 > middle@2.0.0 > leaf@0.9.1"
	return []brief{
		{"npm-1003", "low", at(lines[0]), "@team/tester@3.0.1", "", "no fixed version is known", "direct", "", true},
		{"GHSA-2222-3333-4444", "critical", at(lines[1]), "leaf@0.9.1", "1.2.3", "update what requires leaf, or set it to 1.2.3 or later in " + override, "indirect", way, false},
		{"GHSA-5555-6666-7777", "medium", at(lines[1]), "leaf@0.9.1", "", "no fixed version is known", "indirect", way, false},
		{"GHSA-2222-3333-4444", "critical", at(lines[2]), "leaf@1.2.0", "1.2.3", "`" + direct + " leaf@1.2.3`", "direct", "", false},
	}
}

// others are the package managers, with what tells them apart.
func others() []otherCase {
	return []otherCase{
		{"pnpm", "pnpm/pnpm-lock.yaml", byPNPM, [3]int{24, 30, 33}, "pnpm update", "overrides", "npm-others/pnpm.json"},
		{"yarn1", "yarn1/yarn.lock", byYarn1, [3]int{5, 19, 15}, "yarn upgrade", "resolutions", "npm-others/yarn1.jsonl"},
		{"yarn", "yarn/yarn.lock", byYarn, [3]int{8, 41, 34}, "yarn up", "resolutions", "npm-others/yarn.jsonl"},
	}
}

type otherCase struct {
	dir, file, mode  string
	lines            [3]int
	direct, override string
	said             string
}

func (c otherCase) want() []brief { return sorted(wantOther(c.file, c.lines, c.direct, c.override)) }

func sorted(all []brief) []brief {
	slices.SortFunc(all, func(a, b brief) int { return strings.Compare(a.Package+a.Rule, b.Package+b.Rule) })
	return all
}

// installed is where the package manager of a case is.
func (c otherCase) installed(t *testing.T) []string {
	switch c.mode {
	case byYarn1:
		return yarnDirs(t, "1")
	case byYarn:
		return yarnDirs(t, "4")
	}
	realTool(t, "pnpm")
	return filepath.SplitList(os.Getenv("PATH"))
}

func TestOtherPackageManagersAsk(t *testing.T) {
	for _, c := range others() {
		t.Run(c.dir, func(t *testing.T) {
			dirs := c.installed(t)
			registry := registryFor(t)
			tr := copied(t, "npm-others")
			trapped(t, tr, c.dir, registry.URL)
			if c.mode == byYarn1 {
				yarnRegistryProxy(t, registry)
			}
			got := scan(t, New(npmTool(t, NPMAuditOptions{Paths: []string{c.dir}}), Options{Asked: true, Path: dirs}), tr)
			if got.Status != finding.Completed {
				t.Fatalf("%s: %s\n%s", got.Status, got.Reason, notes(got))
			}
			if d := cmp.Diff(c.want(), sorted(briefs(got.Findings))); d != "" {
				t.Error(d)
			}
			if got.Looked.Packages != 5 || got.Looked.Files != 1 || !strings.Contains(notes(got), "info: ran "+strings.TrimSuffix(c.dir, "1")+" ") {
				t.Errorf("looked at %+v\n%s", got.Looked, notes(got))
			}
			if registry.was("/trap") || strings.Contains(registry.logins(), "canary") {
				t.Errorf("code of the project ran, or it was given the environment: %v", registry.paths)
			}
			prod := false
			got = scan(t, New(npmTool(t, NPMAuditOptions{Paths: []string{c.dir}, Dev: &prod}), Options{Asked: true, Path: dirs}), tr)
			want := slices.DeleteFunc(c.want(), func(b brief) bool { return b.Dev })
			if d := cmp.Diff(want, sorted(briefs(got.Findings))); d != "" {
				t.Errorf("%s: %s\n%s", got.Status, got.Reason, d)
			}
			registry.Close()
			t.Setenv("HTTPS_PROXY", registry.URL)
			t.Setenv("https_proxy", registry.URL)
			got = scan(t, New(npmTool(t, NPMAuditOptions{Paths: []string{c.dir}}), Options{Asked: true, Path: dirs}), tr)
			if got.Status != finding.Failed || len(got.Findings) > 0 {
				t.Errorf("without a registry: %s: %s", got.Status, got.Reason)
			}
			t.Logf("without a registry: %s", got.Reason)
		})
	}
}

// The traps work where nothing keeps a package manager from them: else the test
// above would show nothing.
func TestTrapsWork(t *testing.T) {
	for _, c := range others() {
		t.Run(c.dir, func(t *testing.T) {
			dirs := c.installed(t)
			registry := registryFor(t)
			tr := copied(t, "npm-others")
			trapped(t, tr, c.dir, registry.URL)
			tool := npmTool(t, NPMAuditOptions{}).Others[c.mode]
			tool.Name, tool.Project, tool.Version = "npm-audit", nil, Version{}
			call := tool.Call
			tool.Call = func(u Unit, p Place) Call {
				c := call(u, p)
				return Call{Args: slices.DeleteFunc(slices.Clone(c.Args), func(a string) bool { return a == "--no-default-rc" })}
			}
			tool.Network = true
			tool.Units = func(*scanners.Tree) (Units, error) {
				return Units{List: []Unit{{Dir: c.dir, File: c.file}}}, nil
			}
			got := scan(t, New(tool, Options{Asked: true, Path: dirs}), tr)
			if !registry.was("/trap") {
				t.Logf("%s: %s", c.dir, got.Reason)
				if c.mode != byPNPM { // it does not load its hooks for an audit
					t.Error("the trap does not work")
				}
			}
		})
	}
}
