package plugin

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/scanners/image/signature"
	"github.com/scangate/scangate/text"
)

const (
	maxPlugins     = 50
	maxWords       = 100
	maxWord        = 4096
	defaultTimeout = 5 * time.Minute
)

// declaration is one plug-in as the configuration declares it.
type declaration struct {
	Command       []string      `yaml:"command"`
	SHA256        string        `yaml:"sha256"`
	Signature     *signed       `yaml:"signature"`
	AllowUnsigned bool          `yaml:"allow-unsigned"`
	Output        string        `yaml:"output"`
	Contract      string        `yaml:"contract"`
	Network       bool          `yaml:"network"`
	Timeout       time.Duration `yaml:"timeout"`
	Files         []string      `yaml:"files"`
}

// signed says what signs a plug-in, and whose signature counts.
type signed struct {
	Bundle          string `yaml:"bundle"`
	File            string `yaml:"file"`
	Key             string `yaml:"key"`
	Identity        string `yaml:"identity"`
	IdentityRegexp  string `yaml:"identity-regexp"`
	Issuer          string `yaml:"issuer"`
	IssuerRegexp    string `yaml:"issuer-regexp"`
	TrustedRoot     string `yaml:"trusted-root"`
	TransparencyLog bool   `yaml:"transparency-log"`
}

// Options is what a declaration alone does not tell.
type Options struct {
	Dir      string   // the directory of the configuration file: relative names start there and stay inside
	Path     []string // where programs are that are named without a directory, as in PATH
	Reserved []string // the names of the other scanners
}

// Decode reads the section `plugins` of a configuration. The plug-ins are in
// the order of the file. Nothing is read or run yet.
func Decode(s config.Section, o Options) ([]*Plugin, error) {
	pairs, err := s.Pairs()
	if err != nil {
		return nil, err
	}
	if len(pairs) > maxPlugins {
		return nil, s.Errorf("more than %d plug-ins", maxPlugins)
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, fmt.Errorf("the directory of the configuration: %w", err)
	}
	var out []*Plugin
	for _, pair := range pairs {
		if err := checkName(pair.Name, o.Reserved); err != nil {
			return nil, pair.Key.Errorf("plugins: %v", err)
		}
		d := declaration{Output: "sarif"}
		if err := pair.Value.Decode(&d); err != nil {
			return nil, err
		}
		p, err := d.plugin(pair.Name, o)
		if err != nil {
			return nil, pair.Key.Errorf("plugins.%s: %v", pair.Name, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func checkName(name string, reserved []string) error {
	switch {
	case !regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`).MatchString(name):
		return fmt.Errorf("%q is not a name of at most 40 lower-case letters, digits and dashes", text.OneLine(name, 60))
	case slices.Contains(reserved, name):
		return fmt.Errorf("%s is the name of a scanner that scangate has: choose another", name)
	}
	return nil
}

func (d declaration) plugin(name string, o Options) (*Plugin, error) {
	p := &Plugin{
		name: name, sha256: strings.ToLower(d.SHA256), signed: d.Signature,
		network: d.Network, timeout: cmp.Or(d.Timeout, defaultTimeout), options: o,
	}
	if err := checkCommand(d.Command); err != nil {
		return nil, err
	}
	p.program, p.args = d.Command[0], slices.Clone(d.Command[1:])
	if hasDirectory(p.program) {
		p.beside = !filepath.IsAbs(p.program)
		p.program = filepath.Clean(filepath.FromSlash(p.program)) // "./x" is "x" from here on
	}
	switch {
	case d.SHA256 != "" && d.Signature != nil:
		return nil, errors.New("sha256 and signature exclude each other: keep one")
	case (d.SHA256 != "" || d.Signature != nil) && d.AllowUnsigned:
		return nil, errors.New("allow-unsigned has no use beside sha256 or signature: remove it")
	case d.SHA256 != "":
		if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(p.sha256) {
			return nil, errors.New("sha256: want the 64 hexadecimal digits that `sha256sum` prints")
		}
	case d.Signature != nil:
		if err := d.Signature.check(); err != nil {
			return nil, fmt.Errorf("signature: %w", err)
		}
	case !d.AllowUnsigned:
		return nil, errors.New("nothing tells that the program is the right one: set sha256 or signature (or allow-unsigned: true for a program outside of the repository)")
	case p.beside:
		return nil, errors.New("command: a program beside the configuration needs sha256 or signature: whoever changes the repository could change it")
	}
	if d.Output != "sarif" {
		return nil, fmt.Errorf("output: %q is not known, only sarif", text.OneLine(d.Output, 60))
	}
	if d.Contract == "" {
		return nil, fmt.Errorf("contract is missing: write the version that the plug-in is written for, such as %q", Contract)
	}
	if err := compatible(d.Contract, Contract); err != nil {
		return nil, err
	}
	var err error
	p.files, err = patterns(d.Files)
	return p, err
}

// hasDirectory tells a path from a name that is looked up.
func hasDirectory(program string) bool {
	return strings.ContainsAny(program, "/"+string(filepath.Separator))
}

func checkCommand(command []string) error {
	if len(command) == 0 || command[0] == "" {
		return errors.New("command is missing: a list of the program and its arguments")
	}
	if len(command) > maxWords {
		return fmt.Errorf("command: more than %d words", maxWords)
	}
	for _, w := range command {
		if len(w) > maxWord || strings.ContainsRune(w, 0) {
			return fmt.Errorf("command: a word is over %d bytes, or has a NUL in it", maxWord)
		}
	}
	program := command[0]
	if hasDirectory(program) && !filepath.IsAbs(program) && !filepath.IsLocal(filepath.FromSlash(program)) {
		return errors.New("command: the program leads out of the directory of the configuration: name it by its absolute path, or by its name alone to look it up in PATH")
	}
	if runsOthers(program) {
		return fmt.Errorf("command: %s would run what nobody has verified: name the script itself, whose first line says what runs it", text.OneLine(program, 60))
	}
	return nil
}

// runsOthers tells whether a program is known to run what its arguments name.
// To verify such a program says nothing about what will run.
func runsOthers(program string) bool {
	name := strings.ToLower(path.Base(filepath.ToSlash(program)))
	name = strings.TrimRight(strings.TrimSuffix(name, ".exe"), "0123456789.")
	return slices.Contains([]string{
		"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "busybox", "cmd", "powershell", "pwsh",
		"python", "pythonw", "pypy", "node", "nodejs", "deno", "bun", "ruby", "jruby", "perl", "php", "lua", "luajit", "tclsh", "java", "dotnet", "rscript",
		"env", "sudo", "doas", "su", "nice", "nohup", "setsid", "timeout", "time", "xargs", "exec", "command", "unshare", "chroot", "stdbuf",
		"npx", "npm", "pnpm", "yarn", "bunx", "uv", "uvx", "pipx", "go", "cargo", "make", "docker", "podman", "nerdctl",
	}, name)
}

// check looks at what can be told without reading files.
func (s *signed) check() error {
	keyless := s.Identity != "" || s.IdentityRegexp != "" || s.Issuer != "" || s.IssuerRegexp != ""
	switch {
	case (s.Bundle == "") == (s.File == ""):
		return errors.New("set bundle, or file and key: where is the signature?")
	case s.File != "" && (keyless || s.Key == ""):
		return errors.New("file goes with key alone: a signature by an identity needs the bundle that `cosign sign-blob --bundle` writes")
	}
	names := []string{s.Bundle, s.File, s.TrustedRoot}
	if !inline(s.Key) {
		names = append(names, s.Key)
	}
	for _, name := range names {
		if name != "" && !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("%s is not a file below the directory of the configuration", text.OneLine(name, 200))
		}
	}
	if s.Key != "" && !keyless {
		return nil // the rest needs the key's file
	}
	r := s.requirement()
	r.TrustedRoot = "" // its file is read when it is needed
	_, err := r.Compile(func(string) ([]byte, error) { return nil, errors.New("it is not read yet") })
	return plain(err)
}

func (s *signed) requirement() signature.Requirement {
	r := signature.Requirement{
		Key: s.Key, Identity: s.Identity, IdentityRegexp: s.IdentityRegexp, Issuer: s.Issuer, IssuerRegexp: s.IssuerRegexp,
		TrustedRoot: s.TrustedRoot, TransparencyLog: s.TransparencyLog,
	}
	if inline(s.Key) {
		r.Key = inlineKey
	}
	return r
}

// inlineKey is how a key that stands in the configuration itself is called.
const inlineKey = "in the configuration"

// inline tells a key that is written out from the name of its file.
func inline(key string) bool { return strings.HasPrefix(strings.TrimSpace(key), "-----BEGIN ") }

// plain takes off how package signature begins its errors.
func plain(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.TrimPrefix(err.Error(), "require-signature: "))
}
