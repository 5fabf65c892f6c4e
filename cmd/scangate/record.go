package main

import (
	"fmt"
	"os"
	"os/user"
	"path"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/audit"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/github"
	"github.com/scangate/scangate/policy"
)

// record is what the audit log says of a run.
func (a *app) record(w *watched, command string, args []string, code int, err error) audit.Record {
	if w.kept != "" {
		w.readFile("results", w.kept)
	}
	r := audit.Record{
		Began: stamped(w.began), Ended: stamped(w.ended), Duration: w.ended.Sub(w.began).Milliseconds(),
		Command: command, Arguments: []string{}, Directory: audit.Clean(directory()),
		Actor: a.actor(), Job: a.job(), Repository: audit.Repository{Name: a.repository()},
		Versions: versions(), Files: append([]audit.File{}, w.files...), Policy: w.policy,
		Verdict:  audit.Verdict{Outcome: w.outcome(), ExitCode: code, Errors: countErrors(err)},
		Scanners: []audit.Scanner{},
	}
	r.Versions.Binary = <-w.binary
	for _, arg := range args[:min(len(args), audit.MaxItems)] {
		r.Arguments = append(r.Arguments, audit.Clean(arg))
	}
	if w.report == nil {
		return r
	}
	res := &w.report.Results
	r.Repository.Root, r.Repository.Commit = audit.Clean(res.Root), audit.Clean(res.Commit)
	if built := res.DatabaseBuilt(); !built.IsZero() {
		r.Database = &audit.Database{Built: built, Digest: audit.Clean(res.DatabaseDigest())}
	}
	r.Verdict.Reasons = len(w.report.Verdict.Reasons)
	for i := range res.Runs {
		if i == audit.MaxItems {
			r.More = len(res.Runs) - i
			break
		}
		r.Scanners = append(r.Scanners, scannerRecord(&res.Runs[i], w.report.Verdict.Decisions[i]))
	}
	return r
}

func scannerRecord(run *finding.Run, decisions []policy.Decision) audit.Scanner {
	s := audit.Scanner{
		Name: audit.Clean(run.Scanner), Target: audit.Clean(run.Target), Engine: audit.Clean(run.Engine.Name), Version: audit.Clean(run.Engine.Version),
		Status: run.Status.String(), Duration: run.Duration.Milliseconds(), Findings: map[string]map[string]int{},
	}
	for i, d := range decisions {
		severity := run.Findings[i].Severity.String()
		if s.Findings[severity] == nil {
			s.Findings[severity] = map[string]int{}
		}
		s.Findings[severity][d.Action.String()]++
	}
	return s
}

// stamped is a time as records have it.
func stamped(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// countErrors counts what went wrong.
func countErrors(err error) (n int) {
	if err == nil {
		return 0
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return 1
	}
	for _, e := range joined.Unwrap() {
		n += countErrors(e)
	}
	return n
}

// claim is the first of the variables that is set.
func (a *app) claim(names ...string) audit.Claim {
	for _, name := range names {
		if v := audit.Clean(a.getenv(name)); v != "" {
			return audit.Claim{Value: v, From: name}
		}
	}
	return audit.Claim{}
}

// inputsOf are the inputs of a job, as arguments, but for its token.
func inputsOf(job *github.Job) (out []string) {
	for _, name := range inputNames {
		if name == "token" || slices.Contains(installNames, name) {
			continue
		}
		for _, value := range job.Inputs(name) {
			out = append(out, name+"="+value)
		}
	}
	return out
}

// actor is who started the run, as the surroundings say. The host is left out:
// it names machines of people, and the job says more. Where they say nothing, as
// in a container or for a timer, the operating system knows.
func (a *app) actor() audit.Claim {
	c := a.claim("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_REQUESTEDFOR", "USER", "USERNAME")
	if c.Value != "" {
		return c
	}
	const system = "operating system"
	if u, err := user.Current(); err == nil && u.Username != "" {
		return audit.Claim{Value: audit.Clean(u.Username), From: system}
	}
	if id := os.Getuid(); id >= 0 {
		return audit.Claim{Value: fmt.Sprintf("uid %d", id), From: system}
	}
	return c
}

// job is where the run can be looked at.
func (a *app) job() audit.Claim {
	if id, repo := a.getenv("GITHUB_RUN_ID"), a.getenv("GITHUB_REPOSITORY"); id != "" && repo != "" {
		address := strings.TrimSuffix(a.getenv("GITHUB_SERVER_URL"), "/") + "/" + path.Join(repo, "actions/runs", id)
		if attempt := a.getenv("GITHUB_RUN_ATTEMPT"); attempt != "" {
			address += "/attempts/" + attempt
		}
		return audit.Claim{Value: audit.Clean(address), From: "GITHUB_RUN_ID"}
	}
	return a.claim("CI_JOB_URL", "BUILD_URL", "BUILD_BUILDID")
}

// repository is the name of what is scanned on its host.
func (a *app) repository() string {
	return a.claim("GITHUB_REPOSITORY", "CI_PROJECT_PATH", "BUILD_REPOSITORY_NAME").Value
}

// versions are those of the program.
func versions() audit.Versions {
	v := audit.Versions{Scangate: buildVersion(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Engines: map[string]string{}}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, e := range engines {
		for _, d := range info.Deps {
			if d.Path == e {
				v.Engines[engineName(e)] = d.Version
			}
		}
	}
	return v
}
