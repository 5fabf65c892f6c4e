package vulndb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aquasecurity/trivy-db/pkg/metadata"
)

// unpack makes the downloaded layer the current version, unless it is older
// than what is there.
func (u *updater) unpack(ctx context.Context, layer string, from origin) (updated bool, err error) {
	defer os.Remove(layer)
	f, err := os.Open(layer)
	if err != nil {
		return false, local(err)
	}
	defer f.Close()
	at, err := os.MkdirTemp(store(u.dir), versionPrefix)
	if err != nil {
		return false, local(err)
	}
	defer func() {
		if !updated {
			os.RemoveAll(at)
		}
	}()
	if _, err := u.kind.layerFiles().run(ctx, f, at); err != nil {
		return false, err
	}
	meta, err := u.kind.accept(at, u.now())
	if here := (localError{}); errors.As(err, &here) {
		return false, err
	}
	if err != nil {
		return false, fmt.Errorf("what it has cannot be used: %s", without(err, at))
	}
	if u.usable() && meta.UpdatedAt.Before(u.info.Built) {
		if !slices.Contains(u.last.Older, from.Layer) {
			u.last.Older = append(u.last.Older, from.Layer)
		}
		return false, nil
	}
	if err := u.kind.install(u.dir, at, from); err != nil {
		return false, local(err)
	}
	u.info.Built, u.from, u.last.Older = meta.UpdatedAt, from, nil
	return true, nil
}

// accept checks a pair that was just unpacked and notes when it came.
func (k *Kind) accept(at string, now time.Time) (metadata.Metadata, error) {
	if err := os.Chmod(at, 0o755); err != nil { // made for its owner alone
		return metadata.Metadata{}, local(err)
	}
	meta, err := k.check(at, now)
	if err != nil {
		return meta, err
	}
	meta.DownloadedAt = now.UTC()
	return meta, local(writeState(metadata.Path(at), meta))
}

// without leaves the directory that the reader never sees out of a message.
func without(err error, at string) string {
	return strings.ReplaceAll(strings.ReplaceAll(err.Error(), at+string(filepath.Separator), ""), " "+at, "")
}

// cut makes an error one line of bearable length.
func cut(err error) string {
	if line := []rune(oneLine(err)); len(line) > 200 {
		return string(line[:199]) + "…"
	}
	return oneLine(err)
}
