// Command comparetrivy runs Trivy's own command line and scangate on the same
// input and database, and prints where they disagree. It fails on a difference
// that docs/trivy-differences.md does not explain. `make compare-trivy` builds
// Trivy first, which takes minutes, so it is not part of `make ci`.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/sample"
	"github.com/scangate/scangate/vulndb"
)

const work = "build/compare"

// argued are rules that only one of the two reports, and why that is right.
var argued = map[string]string{
	"AWS-0088": "deprecated: S3 encrypts by default",
	"AZU-0026": "the engine reports every server as insecure",
}

func main() {
	trivy := flag.String("trivy", "", "Trivy's program")
	flag.Parse()
	if err := run(*trivy, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// run compares on each directory; on the bundled sample when there is none.
func run(trivy string, dirs []string) error {
	if err := os.RemoveAll(work); err != nil {
		return err
	}
	cache := filepath.Join(work, "cache")
	db := filepath.Join(cache, "db") // where Trivy looks for it
	if err := os.MkdirAll(db, 0o755); err != nil {
		return err
	}
	if err := vulndb.Build("testdata/advisories", db, time.Now()); err != nil {
		return err
	}
	if len(dirs) == 0 {
		shop := filepath.Join(work, "shop")
		if err := sample.Build(context.Background(), "testdata/sample/shop", shop); err != nil {
			return err
		}
		dirs = []string{shop}
	}
	var differ error
	for _, dir := range dirs {
		ours, err := scangate(dir, db)
		if err != nil {
			return err
		}
		theirs, err := trivyRuns(trivy, dir, cache)
		if err != nil {
			return err
		}
		for _, scanner := range []string{"dependency", "iac"} {
			differ = errors.Join(differ, compare(dir, scanner, theirs[scanner], ours[scanner]))
		}
	}
	return differ
}

// set holds what was found, as lines that both programs can be asked for.
type set map[string]bool

func compare(dir, scanner string, theirs, ours set) error {
	unexplained := 0
	show := func(who string, a, b set) {
		for _, line := range slices.Sorted(maps.Keys(a)) {
			if b[line] {
				continue
			}
			why := ""
			for rule, reason := range argued {
				if strings.Contains(line, " "+rule+" ") {
					why = " (" + reason + ")"
				}
			}
			if why == "" {
				unexplained++
			}
			fmt.Printf("  only %s: %s%s\n", who, line, why)
		}
	}
	fmt.Printf("%s: %s: Trivy %d, scangate %d\n", dir, scanner, len(theirs), len(ours))
	show("Trivy", theirs, ours)
	show("scangate", ours, theirs)
	if unexplained > 0 {
		return fmt.Errorf("%s: %s: %d differences without an argument", dir, scanner, unexplained)
	}
	return nil
}

// scangate runs bin/scangate and reads its results.
func scangate(dir, db string) (map[string]set, error) {
	results := filepath.Join(work, "results.json")
	cmd := exec.Command(filepath.Join("bin", "scangate"), "scan", dir, "--offline", "--db", db,
		"--scanners", "dependency,iac", "--results", results)
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 1 && code != 3 {
		return nil, fmt.Errorf("scangate: %w: %s", err, out)
	}
	f, err := os.Open(results)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	res, err := finding.Decode(f)
	if err != nil {
		return nil, err
	}
	found := map[string]set{"dependency": {}, "iac": {}}
	for _, run := range res.Runs {
		for _, x := range run.Findings {
			switch {
			case x.Suppressed(): // Trivy does not list what comments ignore
			case x.Package != nil:
				found[run.Scanner][fmt.Sprintf("%s %s %s@%s %s", x.Location.Path, x.RuleID, x.Package.Name, x.Package.Version, x.Severity)] = true
			default:
				found[run.Scanner][fmt.Sprintf("%s:%d %s %s", x.Location.Path, x.Location.StartLine, x.RuleID, x.Severity)] = true
			}
		}
	}
	return found, nil
}

// report is what is read of Trivy's JSON.
type report struct {
	Results []struct {
		Target, Type    string
		Vulnerabilities []struct{ VulnerabilityID, PkgName, InstalledVersion, Severity string }

		Misconfigurations []struct {
			AVDID, Status, Severity string
			CauseMetadata           struct{ StartLine int }
		}
	}
}

// frameworks are the types of Trivy's that iac looks at.
var frameworks = []string{"terraform", "kubernetes", "dockerfile"}

func trivyRuns(trivy, dir, cache string) (map[string]set, error) {
	common := []string{"--quiet", "--cache-dir", cache, "--skip-version-check", "--format", "json"}
	vulns, err := trivyReport(trivy, append([]string{"fs", "--scanners", "vuln", "--skip-db-update", "--skip-java-db-update", "--offline-scan"}, common...), dir)
	if err != nil {
		return nil, err
	}
	config, err := trivyReport(trivy, append([]string{"config", "--skip-check-update"}, common...), dir)
	if err != nil {
		return nil, err
	}
	found := map[string]set{"dependency": {}, "iac": {}}
	for _, r := range vulns.Results {
		for _, v := range r.Vulnerabilities {
			found["dependency"][fmt.Sprintf("%s %s %s@%s %s", r.Target, v.VulnerabilityID, v.PkgName, v.InstalledVersion, strings.ToLower(v.Severity))] = true
		}
	}
	for _, r := range config.Results {
		for _, m := range r.Misconfigurations {
			if m.Status == "FAIL" && slices.Contains(frameworks, r.Type) {
				id := strings.TrimPrefix(m.AVDID, "AVD-")
				found["iac"][fmt.Sprintf("%s:%d %s %s", r.Target, m.CauseMetadata.StartLine, id, strings.ToLower(m.Severity))] = true
			}
		}
	}
	return found, nil
}

func trivyReport(trivy string, args []string, dir string) (r report, err error) {
	cmd := exec.Command(trivy, append(args, dir)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("trivy %s: %w", args[0], err)
	}
	return r, json.Unmarshal(out, &r)
}
