package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

const debianRelease = "bookworm"

// Debian is the root of a real Debian 12, and what dpkg made of it when it
// removed a package of it and installed another.
type Debian struct {
	tar  string // as mmdebstrap wrote it
	root string // unpacked, after the change

	change []File // a layer that has the change
}

// The packages that the change is about.
const (
	removed   = "gpgv"        // nothing that runs then; it has advisories
	installed = "shop-config" // one of our own
)

// MakeDebian makes the root with mmdebstrap, which takes the packages from the
// distribution's mirror through apt, or takes the one that is in dir from an
// earlier time. As root, it installs mmdebstrap where that is missing. It
// takes a minute the first time, and seconds later.
func MakeDebian(ctx context.Context, dir string) (*Debian, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	d := &Debian{tar: filepath.Join(dir, debianRelease+".tar"), root: filepath.Join(dir, "root")}
	if _, err := os.Stat(d.tar); errors.Is(err, os.ErrNotExist) {
		if err := bootstrap(ctx, d.tar); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	if err := os.RemoveAll(d.root); err != nil {
		return nil, err
	}
	if err := unpack(d.tar, d.root); err != nil {
		return nil, fmt.Errorf("%s: %w: remove it, and it is made again", d.tar, err)
	}
	before, err := snapshot(d.root)
	if err != nil {
		return nil, err
	}
	if err := d.modify(ctx, dir); err != nil {
		return nil, err
	}
	after, err := snapshot(d.root)
	if err != nil {
		return nil, err
	}
	d.change, err = difference(d.root, before, after)
	return d, err
}

// bootstrap writes the root of a minimal Debian.
func bootstrap(ctx context.Context, tar string) error {
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		if os.Geteuid() != 0 {
			return errors.New("mmdebstrap is missing: install it with `apt-get install mmdebstrap debian-archive-keyring`")
		}
		if err := command(ctx, "apt-get", "install", "--yes", "--no-install-recommends", "mmdebstrap", "debian-archive-keyring"); err != nil {
			return fmt.Errorf("mmdebstrap is missing and cannot be installed: %w", err)
		}
	}
	part := strings.TrimSuffix(tar, ".tar") + ".part.tar"
	if err := command(ctx, "mmdebstrap", "--quiet", "--variant=minbase", debianRelease, part); err != nil {
		os.Remove(part)
		return fmt.Errorf("no Debian could be made: it takes root, or user namespaces (see mmdebstrap's mode unshare), and a Debian mirror: %w", err)
	}
	return os.Rename(part, tar)
}

// modify has dpkg remove one package and install another.
func (d *Debian) modify(ctx context.Context, dir string) error {
	source, deb := filepath.Join(dir, installed), filepath.Join(dir, installed+".deb")
	for name, content := range map[string]string{
		"DEBIAN/control": "Package: " + installed + "\nVersion: 2:1.4~rc1-3\nArchitecture: all\nSource: shop (1:1.4-2)\n" +
			"Maintainer: Fixture <fixture@example.com>\nDescription: the settings of a shop\n",
		"etc/shop/shop.conf": "port = 8080\n",
	} {
		name = filepath.Join(source, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			return err
		}
	}
	if err := command(ctx, "dpkg-deb", "--root-owner-group", "--build", source, deb); err != nil {
		return err
	}
	// Neither package has scripts, so nothing needs to run within the root.
	dpkg := []string{"--root=" + d.root, "--log=" + os.DevNull, "--force-not-root", "--force-bad-path", "--force-depends", "--no-triggers"}
	if err := command(ctx, "dpkg", append(dpkg, "--purge", removed)...); err != nil {
		return err
	}
	return command(ctx, "dpkg", append(dpkg, "--install", deb)...)
}

// Packages returns what dpkg-query says is installed after the change: "name
// version architecture".
func (d *Debian) Packages(ctx context.Context) ([]string, error) {
	out, err := exec.CommandContext(ctx, "dpkg-query", "--admindir="+filepath.Join(d.root, "var/lib/dpkg"), "-W", "-f", "${Package} ${Version} ${Architecture}\n").Output()
	if err != nil {
		return nil, fmt.Errorf("dpkg-query: %w", err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n"), nil
}

// Removed and Installed are the packages that the change is about.
func (*Debian) Removed() string   { return removed }
func (*Debian) Installed() string { return installed }

// Image is the Debian with programs of all languages below srv in a layer of
// their own, and the change in a last one, which also deletes some of them.
func (d *Debian) Image(checkout string) (v1.Image, error) {
	base, err := tarball.LayerFromFile(d.tar)
	if err != nil {
		return nil, err
	}
	shop, err := languages(checkout, "srv")
	if err != nil {
		return nil, err
	}
	shop = append(shop, File{Path: "srv/old/node_modules/minimist/package.json", Content: `{"name": "minimist", "version": "1.2.5"}`})
	middle, err := Layer(shop)
	if err != nil {
		return nil, err
	}
	top, err := Layer(append(d.change, Emptied("srv/old"), Gone("srv/app/node_modules/isarray")))
	if err != nil {
		return nil, err
	}
	arch, err := d.architecture()
	if err != nil {
		return nil, err
	}
	return New(arch,
		Step{CreatedBy: "# debian.sh --arch '" + arch + "' out/ '" + debianRelease + "'", Layer: base},
		Step{CreatedBy: `CMD ["bash"]`},
		Step{CreatedBy: "COPY shop /srv # buildkit", Layer: middle},
		Step{CreatedBy: "RUN /bin/sh -c dpkg --purge " + removed + " && dpkg --install " + installed + ".deb # buildkit", Layer: top},
	)
}

// architecture is the root's in Go's name, which is Debian's but for 32 bits.
func (d *Debian) architecture() (string, error) {
	data, err := os.ReadFile(filepath.Join(d.root, "var/lib/dpkg/status"))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(data)) {
		if arch, ok := strings.CutPrefix(line, "Architecture: "); ok && strings.TrimSpace(arch) != "all" {
			return strings.TrimSpace(arch), nil
		}
	}
	return "", fmt.Errorf("%s has no package", d.root)
}

// command runs a program. Its last words are the error.
func command(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	if err != nil {
		lines := strings.Split(string(bytes.TrimSpace(out)), "\n")
		return fmt.Errorf("%s: %w: %s", name, err, strings.Join(lines[max(0, len(lines)-3):], "; "))
	}
	return nil
}
