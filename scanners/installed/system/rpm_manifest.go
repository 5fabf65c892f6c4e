package system

import (
	"context"
	"errors"
	"strconv"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

// maxManifest bounds the manifest of an image without rpm, in bytes: a package
// has a line of about 150.
const maxManifest = 32 << 20

// rpmManifestReader reads the list that the images of CBL-Mariner and Azure
// Linux without rpm have of what rpm had installed.
func rpmManifestReader() installed.Reader {
	return installed.Reader{
		Name:    "rpm-manifest",
		Version: 1,
		Wants:   at("var/lib/rpmmanifest/container-manifest-2"),
		Max:     maxManifest,
		Read:    readRPMManifest,
	}
}

func readRPMManifest(ctx context.Context, f installed.File) (*installed.Result, error) {
	var out installed.Result
	var lost left
	in := newLines(ctx, f.Content, maxManifest)
	for {
		line, ok := in.next()
		if !ok {
			break
		}
		if len(out.Packages) == maxPackages {
			return nil, errors.New("it has more packages than a system can have")
		}
		if p := manifestPackage(string(line)); p != nil && !in.cut {
			out.Packages = append(out.Packages, *p)
		} else {
			lost.out("a line that does not describe a package")
		}
	}
	if in.fail != nil {
		return nil, in.fail
	}
	sortPackages(out.Packages)
	out.Gaps = lost.gaps()
	return &out, nil
}

// manifestPackage reads name, version-release, two times, vendor, "(none)",
// size, architecture, epoch and source package, with tabs between them.
func manifestPackage(line string) *ftypes.Package {
	col := strings.Split(line, "\t")
	if len(col) != 10 {
		return nil
	}
	version, release, ok := strings.Cut(col[1], "-")
	epoch, err := strconv.Atoi(col[8])
	src := splitSourceRPM(col[9])
	if !ok || err != nil || epoch < 0 || !plain(col[0]) || !plain(version) || !plain(release) || strings.Contains(release, "-") || src.name == "" {
		return nil
	}
	return &ftypes.Package{
		Name: col[0], Version: version, Release: release, Epoch: epoch, Arch: col[7],
		SrcName: src.name, SrcVersion: src.version, SrcRelease: src.release, SrcEpoch: epoch,
	}
}
