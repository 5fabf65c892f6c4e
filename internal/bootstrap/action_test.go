package bootstrap

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestActionRunsTheScript holds action.yml to what the script reads, and to
// passing every input through the environment, where no shell evaluates it.
func TestActionRunsTheScript(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(repository, "action.yml"))
	must(t, err)
	var action struct {
		Inputs map[string]any
		Runs   struct {
			Using string
			Steps []struct {
				ID, Run, Uses string
				Env           map[string]string
			}
		}
	}
	must(t, yaml.Unmarshal(data, &action))
	installs, runs := -1, -1
	for i, s := range action.Runs.Steps {
		if s.Uses != "" || strings.Contains(s.Run, "${{") {
			t.Errorf("step %d uses another action, or has an expression in its script: %s%s", i+1, s.Uses, s.Run)
		}
		if strings.Contains(s.Run, ".github/action/install.sh") {
			installs = i
			for name, input := range map[string]string{"BINARY_PATH": "binary-path", "BINARY_SHA256": "binary-sha256", "DOWNLOAD_URL": "download-url"} {
				if _, ok := action.Inputs[input]; !ok || s.Env[name] != "${{ inputs."+input+" }}" {
					t.Errorf("%s is %q, and there is an input %s: %t", name, s.Env[name], input, ok)
				}
			}
			if s.ID != "install" || s.Env["ACTION_REPOSITORY"] != "${{ github.action_repository }}" {
				t.Errorf("step %d has the id %q and the repository %q", i+1, s.ID, s.Env["ACTION_REPOSITORY"])
			}
		}
		if s.Env["BINARY"] == "${{ steps.install.outputs.path }}" {
			runs = i
		}
	}
	if installs < 0 || runs <= installs {
		t.Errorf("step %d installs scangate, and step %d runs it", installs+1, runs+1)
	}
}
