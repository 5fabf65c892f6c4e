package run

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// networkEnv are the variables that a tool needs to get out of many networks.
// A proxy's address may hold a password; without the network it stays here.
var networkEnv = []string{
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS",
}

// windowsEnv are the variables without which Windows cannot start programs.
var windowsEnv = []string{"SystemRoot", "SystemDrive", "windir", "PATHEXT", "ProgramFiles", "ProgramData"}

// systemPath is where the system's own programs are.
var systemPath = []string{"/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"}

// env is the whole environment of a tool. What the caller gives comes last,
// where it replaces the same name. Nothing is inherited but what is named here.
func (c *Command) env(b *Box) []string {
	home, temp := b.Home(), filepath.Join(b.dir, tempDir)
	env := []string{
		"PATH=" + strings.Join(c.path(), string(filepath.ListSeparator)),
		"HOME=" + home, "TMPDIR=" + temp, "TMP=" + temp, "TEMP=" + temp,
		"XDG_CONFIG_HOME=" + filepath.Join(home, ".config"),
		"XDG_CACHE_HOME=" + filepath.Join(home, ".cache"),
		"XDG_DATA_HOME=" + filepath.Join(home, ".local", "share"),
		"XDG_STATE_HOME=" + filepath.Join(home, ".local", "state"),
		"LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC", "TERM=dumb", "NO_COLOR=1",
	}
	var passed []string
	if c.Network {
		passed = networkEnv
	}
	if runtime.GOOS == "windows" {
		env = append(env, "USERPROFILE="+home, "APPDATA="+filepath.Join(home, "AppData", "Roaming"), "LOCALAPPDATA="+filepath.Join(home, "AppData", "Local"))
		passed = append(slices.Clone(passed), windowsEnv...)
	}
	for _, name := range passed {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return lastOfEach(append(env, c.Env...))
}

// path is where the tool finds programs.
func (c *Command) path() []string {
	dirs := append(slices.Clone(c.Path), filepath.Dir(c.Program))
	if runtime.GOOS == "windows" {
		if root := os.Getenv("SystemRoot"); filepath.IsAbs(root) {
			dirs = append(dirs, filepath.Join(root, "System32"), root)
		}
	} else {
		dirs = append(dirs, systemPath...)
	}
	var once []string
	for _, d := range dirs {
		if !slices.Contains(once, d) {
			once = append(once, d)
		}
	}
	return once
}

// lastOfEach drops variables that are named again later: a program may look at
// the first of two.
func lastOfEach(list []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, e := range slices.Backward(list) {
		name, _, _ := strings.Cut(e, "=")
		if runtime.GOOS == "windows" {
			name = strings.ToUpper(name)
		}
		if !seen[name] {
			seen[name] = true
			out = append(out, e)
		}
	}
	slices.Reverse(out)
	return out
}
