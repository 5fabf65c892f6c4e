package start

import (
	"runtime"
	"slices"
	"strings"
)

// The caller may be a step of a workflow, which has credentials that the
// program under test has no use for, and files through which a step speaks to
// the runner and to later steps.
var (
	runnerPrefixes = []string{"ACTIONS_", "INPUT_", "SCANGATE_"}
	runnerFiles    = []string{"GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"}
	credentials    = []string{
		"TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "AUTH",
		"APIKEY", "API_KEY", "ACCESS_KEY", "ACCESSKEY", "PRIVATE_KEY", "SIGNING_KEY", "SSH_",
	}
	credentialEnds = []string{"_PAT", "_PASS", "_PWD", "_KEY", "COOKIE"}
)

// environment is what the program gets: what it inherits, then what it is
// given, with the last of two of the same name.
func (p *Program) environment(inherited []string) []string {
	var all []string
	for _, e := range inherited {
		name, _, _ := strings.Cut(e, "=")
		if !private(name) || slices.Contains(p.Pass, name) {
			all = append(all, e)
		}
	}
	all = append(all, p.Env...)
	seen := map[string]bool{}
	var out []string
	for _, e := range slices.Backward(all) {
		name, _, ok := strings.Cut(e, "=")
		if runtime.GOOS == "windows" {
			name = strings.ToUpper(name)
		}
		if ok && name != "" && !strings.ContainsRune(e, 0) && !seen[name] {
			seen[name] = true
			out = append(out, e)
		}
	}
	slices.Reverse(out)
	return out
}

// private tells whether a variable is not the program's business.
func private(name string) bool {
	name = strings.ToUpper(name)
	if slices.Contains(runnerFiles, name) {
		return true
	}
	for _, p := range runnerPrefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	for _, c := range credentials {
		if strings.Contains(name, c) {
			return true
		}
	}
	for _, c := range credentialEnds {
		if strings.HasSuffix(name, c) {
			return true
		}
	}
	return false
}
