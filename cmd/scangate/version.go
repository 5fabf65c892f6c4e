package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// released is set by the release build: -ldflags '-X main.released=1.2.3'.
var released string

// buildVersion returns the version without a leading v.
func buildVersion() string {
	if released != "" {
		return strings.TrimPrefix(released, "v")
	}
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		return strings.TrimPrefix(info.Main.Version, "v") // go install …@v1.2.3
	}
	return unreleased
}

// unreleased is the version of a build that nobody has given one.
const unreleased = "0.0.0-dev"

// engines are the modules that do the looking, as go.mod names them.
var engines = []string{
	"github.com/aquasecurity/trivy",
	"github.com/aquasecurity/trivy-checks",
	"github.com/aquasecurity/trivy-db",
	"github.com/zricethezav/gitleaks/v8",
}

// version is the command `scangate version`.
func (a *app) version(_ context.Context, args []string) (int, error) {
	rest, err := newFlags("version").parse(args)
	if err != nil {
		return 0, err
	}
	if len(rest) > 0 {
		return 0, usage("version takes no arguments")
	}
	fmt.Fprintf(a.stdout, "scangate %s\n", buildVersion())
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return exitPassed, nil
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			fmt.Fprintf(a.stdout, "  %-12s %s\n", "commit", s.Value)
		}
	}
	if commit != "" {
		fmt.Fprintf(a.stdout, "  %-12s %s\n", "commit", commit)
	}
	fmt.Fprintf(a.stdout, "  %-12s %s %s/%s\n", "go", strings.TrimPrefix(runtime.Version(), "go"), runtime.GOOS, runtime.GOARCH)
	for _, e := range engines {
		for _, d := range info.Deps {
			if d.Path == e {
				fmt.Fprintf(a.stdout, "  %-12s %s\n", engineName(e), d.Version)
			}
		}
	}
	return exitPassed, nil
}

// commit is set by the release build when it does not stamp the revision.
var commit string

// engineName is the last part of a module path that is no major version.
func engineName(module string) string {
	parts := strings.Split(module, "/")
	last := parts[len(parts)-1]
	if len(last) > 1 && last[0] == 'v' && last[1] >= '0' && last[1] <= '9' {
		return parts[len(parts)-2]
	}
	return last
}
