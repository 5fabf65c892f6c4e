package system

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

// maxJSON bounds the JSON files, in bytes.
const maxJSON = 16 << 20

// bottlerocketReader reads the inventory of a Bottlerocket, which has no
// package manager.
func bottlerocketReader() installed.Reader {
	return installed.Reader{
		Name:    "bottlerocket",
		Version: 1,
		Wants: at("aarch64-bottlerocket-linux-gnu/sys-root/usr/share/bottlerocket/application-inventory.json",
			"x86_64-bottlerocket-linux-gnu/sys-root/usr/share/bottlerocket/application-inventory.json"),
		Max:  maxJSON,
		Read: readBottlerocket,
	}
}

func readBottlerocket(ctx context.Context, f installed.File) (*installed.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var inventory struct {
		Content []struct{ Name, Version, Epoch, Architecture string }
	}
	if err := json.NewDecoder(io.LimitReader(f.Content, maxJSON)).Decode(&inventory); err != nil {
		return nil, errors.New("it is not an inventory in JSON")
	}
	if len(inventory.Content) > maxPackages {
		return nil, errors.New("it has more packages than a system can have")
	}
	var out installed.Result
	var lost left
	for _, a := range inventory.Content {
		epoch, err := strconv.Atoi(a.Epoch)
		if err != nil || epoch < 0 || !plain(a.Name) || !plain(a.Version) {
			lost.out("a package whose name or version is not one")
			continue
		}
		out.Packages = append(out.Packages, ftypes.Package{
			ID: a.Name + "@" + a.Version, Name: a.Name, Version: a.Version, Epoch: epoch, Arch: a.Architecture,
		})
	}
	sortPackages(out.Packages)
	out.Gaps = lost.gaps()
	return &out, nil
}
