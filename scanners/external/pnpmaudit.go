package external

import (
	"errors"
	"fmt"

	"github.com/scangate/scangate/scanners"
)

const pnpmLockName = "pnpm-lock.yaml"

// pnpmAudit asks by pnpm. It works beside a copy of the lockfile: in the
// project, package.json may name the version of pnpm to fetch and run,
// .pnpmfile.cjs is run, and .npmrc may name others of its kind.
func pnpmAudit(dev bool) Tool {
	args := []string{"audit", "--json", "--audit-level=low", "--ignore-workspace"}
	if !dev {
		args = append(args, "--prod")
	}
	env := []string{"COREPACK_ENABLE_PROJECT_SPEC=0", "CI=true"}
	for _, setting := range []string{"manage_package_manager_versions=false", "update_notifier=false", "fetch_retries=1", "fetch_retry_mintimeout=1000"} {
		env = append(env, "npm_config_"+setting, "pnpm_config_"+setting) // up to pnpm 10, and since then
	}
	return Tool{
		Name: "pnpm", Programs: []string{"pnpm"}, Version: Version{Args: []string{"--version"}, Env: env, Oldest: "8"}, Exits: []int{1}, Install: "npm install -g pnpm",
		Project: func(t *scanners.Tree, u Unit) (map[string][]byte, error) {
			lock, err := t.Read(u.File, maxLock)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", pnpmLockName, err)
			}
			files := map[string][]byte{pnpmLockName: lock, "package.json": []byte("{}\n")}
			if registry := projectRegistry(t, u.Dir); registry != "" {
				files[".npmrc"] = []byte("registry=" + registry + "\n")
			}
			return files, nil
		},
		Call: func(Unit, Place) Call { return Call{Args: args, Env: env} },
		Read: func(o Output, r *Reading) error { return readPNPMAudit(o, r, dev) },
	}
}

func readPNPMAudit(o Output, r *Reading, dev bool) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	var hits []hit
	var seen, counted bool
	failure := ""
	err = d.members(func(key string) error {
		switch key {
		case "advisories":
			seen = true
			return d.members(func(string) error {
				var a olderAdvisory
				if err := d.value(&a); err != nil {
					return err
				}
				h, err := a.hit()
				hits = append(hits, h)
				return err
			})
		case "metadata":
			counted = true
		case "error":
			var e struct {
				Code string `json:"code"`
			}
			err := d.value(&e)
			failure = "an error"
			if code := errorCode.FindString(e.Code); code != "" {
				failure = "error " + code
			}
			return err
		}
		return d.skip()
	})
	switch err = d.end(err); {
	case err != nil:
		return err
	case failure != "":
		return errors.New(failure)
	case !seen || !counted:
		return errors.New("it is no audit report of pnpm")
	}
	return r.addHits(o.Unit, hits, dev, "pnpm update", "overrides")
}
