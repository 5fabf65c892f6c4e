package iac

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"sync"

	checks "github.com/aquasecurity/trivy-checks"
	"github.com/aquasecurity/trivy/pkg/iac/rego"
	"github.com/aquasecurity/trivy/pkg/iac/scan"
	"github.com/aquasecurity/trivy/pkg/iac/types"
	tlog "github.com/aquasecurity/trivy/pkg/log"
)

// trivyVersion is the engine's version in go.mod. Checks that ask for a newer
// one are left out: its adapters do not fill in what they look at.
const trivyVersion = "0.66.0"

// unfit are checks that do not ask for a newer engine, but report what this
// one's adapters do not tell them. They are left out, by their path.
var unfit = map[string]string{
	// The azurerm provider's default is TLS 1.2 since version 4; the adapter
	// reports the empty string, and every server is called insecure.
	"checks/cloud/azure/database/secure_tls_policy.rego": "AZU-0026",
}

// checkSet is the compiled checks. It may be used by several goroutines.
type checkSet struct {
	rego     *rego.Scanner // nil without any checks
	failures failures
}

// prepare sets the engine up, once for the process, because everything
// it touches belongs to the process:
//
//   - Importing the engine's log package makes a handler the default of
//     log/slog that buffers for ever and panics on WithGroup. InitLogger
//     replaces it by one that discards.
//
//   - rego.NewScanner first calls LoadAndRegister, which parses and compiles
//     every check there is, to fill a registry that nothing here reads.
//
//   - LoadPolicies parses them all again, wanted or not, to have a fallback
//     for bundles from the network. It walks EmbeddedPolicyFileSystem; an
//     empty one leaves only the directories that are asked for.
//
//   - The functions of the Terraform language are exported variables too, and
//     some must be held back: see guardFunctions.
//
// Whoever else uses these packages in the same process sees the changes. The
// checks themselves stay reachable through the file system that is returned.
var prepare = sync.OnceValue(func() fs.FS {
	tlog.InitLogger(false, true)
	rego.LoadAndRegister = func() {}
	all := checks.EmbeddedPolicyFileSystem
	checks.EmbeddedPolicyFileSystem = embed.FS{}
	guardFunctions()
	return checkFS{all}
})

// checkFS adapts the text of the checks to the older engine. Theirs has a
// new id and a long id; it knows an avd_id and a short code, and builds from
// them the names that ignore comments use.
type checkFS struct{ embed.FS }

var (
	idLine     = regexp.MustCompile(`(?m)^#   id: ("?)([A-Z]+-[0-9]+)"?[ \t]*$`)
	longIDLine = regexp.MustCompile(`(?m)^#   long_id: "?([^"\n]+?)"?[ \t]*$`)
	fieldLine  = regexp.MustCompile(`(?m)^#   (provider|service): "?([a-z0-9-]+)"?[ \t]*$`)
)

// ReadFile returns a check's text in the words of the older engine.
func (c checkFS) ReadFile(name string) ([]byte, error) {
	text, err := c.FS.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if unfit[name] != "" || tooNew(text) {
		// A package without rules takes part, and finds nothing. The engine
		// has a filter by version of its own, but applies it after it has
		// compiled, where it stumbles over what it does not know.
		return []byte("package left.out\n"), nil
	}
	if bytes.Contains(text, []byte("\n#   avd_id:")) {
		return text, nil
	}
	prefix := ""
	switch {
	case strings.HasPrefix(name, "checks/kubernetes/"):
		prefix = "kubernetes-"
	case strings.HasPrefix(name, "checks/docker/"):
		prefix = "docker-"
	}
	if fields := fieldLine.FindAllSubmatch(text, 2); len(fields) == 2 {
		prefix = string(fields[0][2]) + "-" + string(fields[1][2]) + "-"
	}
	text = aliasList.ReplaceAllFunc(text, evenAliases)
	text = idLine.ReplaceAll(text, []byte("#   id: $2\n#   avd_id: AVD-$2"))
	return longIDLine.ReplaceAllFunc(text, func(line []byte) []byte {
		long := string(longIDLine.FindSubmatch(line)[1])
		return []byte("#   short_code: " + strings.TrimPrefix(long, prefix))
	}), nil
}

var aliasList = regexp.MustCompile(`(?m)^#[ \t]+aliases:[ \t]*\n(?:#[ \t]+- .*\n)+`)

// evenAliases repeats the last alias until the number of them is a power of
// two. For every result the engine appends to the list of aliases, which all
// goroutines share: were there room behind its end, they would write to it at
// the same time. The engine builds the list by appending, which doubles the
// room, so that at these lengths there is none.
func evenAliases(list []byte) []byte {
	lines := bytes.SplitAfter(bytes.TrimSuffix(list, []byte("\n")), []byte("\n"))
	last := append(bytes.TrimSuffix(bytes.Clone(lines[len(lines)-1]), []byte("\n")), '\n')
	out := bytes.Clone(list)
	for n := len(lines) - 1; n&(n-1) != 0; n++ {
		out = append(out, last...)
	}
	return out
}

var minimum = regexp.MustCompile(`(?m)^#   minimum_trivy_version: "?v?([0-9]+)\.([0-9]+)`)

// tooNew reports whether a check asks for a newer engine.
func tooNew(text []byte) bool {
	m := minimum.FindSubmatch(text)
	if m == nil {
		return false
	}
	have := strings.Split(trivyVersion, ".")
	for i, want := range m[1:] {
		w, err1 := strconv.Atoi(string(want))
		h, err2 := strconv.Atoi(have[i])
		if err1 != nil || err2 != nil || w != h {
			return err1 != nil || err2 != nil || w > h
		}
	}
	return false
}

// checkDirs maps what Terraform code mentions to the directory of checks.
var checkDirs = []struct{ mention, dir string }{
	{"aws_", "checks/cloud/aws"},
	{"azurerm_", "checks/cloud/azure"},
	{"google_", "checks/cloud/google"},
	{"digitalocean_", "checks/cloud/digitalocean"},
	{"github_", "checks/cloud/github"},
	{"nifcloud_", "checks/cloud/nifcloud"},
	{"openstack_", "checks/cloud/openstack"},
	{"opc_", "checks/cloud/oracle"},
	{"cloudstack_", "checks/cloud/cloudstack"},
	{"kubernetes_", "checks/cloud/kubernetes"},
}

// loadChecks compiles the checks that the files call for.
func loadChecks(files [kinds][]file, tf *terraformCode) (*checkSet, error) {
	var dirs []string
	for _, c := range checkDirs {
		if tf.mentions(c.mention) {
			dirs = append(dirs, c.dir)
		}
	}
	if len(files[kubernetes]) > 0 {
		dirs = append(dirs, "checks/kubernetes")
	}
	if len(files[dockerfile]) > 0 {
		dirs = append(dirs, "checks/docker")
	}
	return compile(dirs)
}

// compile loads the checks of some directories. Without any there is nothing
// to compile, and nothing will be found.
func compile(dirs []string) (*checkSet, error) {
	all := prepare()
	if len(dirs) == 0 {
		return &checkSet{}, nil
	}
	set := &checkSet{}
	var s *rego.Scanner
	set.failures.listen(func() {
		s = newRego(all, dirs)
	})
	if err := s.LoadPolicies(nil); err != nil {
		return nil, err
	}
	set.rego = s
	return set, nil
}

func newRego(all fs.FS, dirs []string) *rego.Scanner {
	return rego.NewScanner(
		rego.WithEmbeddedPolicies(false),
		rego.WithEmbeddedLibraries(true),
		rego.WithPolicyFilesystem(all),
		rego.WithPolicyDirs(dirs...),
		rego.WithPolicyNamespaces("builtin"),
		// The engine would drop checks that do not compile, and say so to its
		// log only. Here they are an error, and a test sees that none does.
		rego.WithRegoErrorLimits(-1),
	)
}

// judge runs the checks over one input.
func (c *checkSet) judge(ctx context.Context, source types.Source, in rego.Input) (scan.Results, error) {
	if c.rego == nil {
		return nil, nil
	}
	results, err := c.rego.ScanInput(ctx, source, in)
	if err != nil {
		return nil, fmt.Errorf("the checks did not run: %w", err)
	}
	return results, nil
}
