package vulndb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/scangate/scangate/vulndb/fetch"
)

// download is a layer on its way into a file. What arrived stays there when
// the connection breaks, and is continued, be it from another mirror: the
// file's name is the digest that the whole must have.
type download struct {
	layer v1.Descriptor
	file  *os.File
	sum   hash.Hash
	have  int64
	tell  func(done int64)
	stall time.Duration
}

func partialName(dir string, layer v1.Descriptor) string {
	return filepath.Join(store(dir), "layer-"+layer.Digest.Hex+partialSuffix)
}

// startDownload opens the file and takes in what is there already.
func startDownload(ctx context.Context, dir string, layer v1.Descriptor) (*download, error) {
	f, err := os.OpenFile(partialName(dir, layer), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, local(err)
	}
	d := &download{layer: layer, file: f, sum: sha256.New(), stall: fetch.StallTimeout}
	if info, err := f.Stat(); err == nil && info.Size() <= layer.Size {
		if d.have, err = io.Copy(d.sum, stopping{ctx, f}); err == nil {
			return d, nil
		}
	}
	if err := d.restart(); err != nil {
		f.Close()
		return nil, err
	}
	return d, nil
}

// restart forgets what is there.
func (d *download) restart() error {
	d.have = 0
	d.sum.Reset()
	if err := d.file.Truncate(0); err != nil {
		return local(err)
	}
	_, err := d.file.Seek(0, io.SeekStart)
	return local(err)
}

// run fetches what is missing and checks the whole.
func (d *download) run(ctx context.Context, m *mirror) error {
	if d.have < d.layer.Size {
		if err := d.fetch(ctx, m); err != nil {
			return err
		}
	}
	if hex.EncodeToString(d.sum.Sum(nil)) != d.layer.Digest.Hex || d.have != d.layer.Size {
		if err := d.restart(); err != nil {
			return err
		}
		return errors.New("the layer's content does not match its digest")
	}
	return nil
}

// fetch asks for what is missing.
func (d *download) fetch(ctx context.Context, m *mirror) error {
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, unbounded{}, true))
	defer cancel(nil)
	watchdog := time.AfterFunc(d.stall, func() {
		cancel(fetch.NetworkError{Err: fmt.Errorf("no data for %s", d.stall)})
	})
	defer watchdog.Stop()
	header := http.Header{"Accept-Encoding": {"identity"}}
	if d.have > 0 {
		// With an end, which some registries insist on.
		header.Set("Range", fmt.Sprintf("bytes=%d-%d", d.have, d.layer.Size-1))
	}
	resp, err := m.do(ctx, http.MethodGet, "blobs", d.layer.Digest.String(), header)
	var status fetch.StatusError
	if d.have > 0 && errors.As(err, &status) && status.Status == http.StatusRequestedRangeNotSatisfiable {
		if err := d.restart(); err != nil {
			return err
		}
		resp, err = m.do(ctx, http.MethodGet, "blobs", d.layer.Digest.String(), http.Header{"Accept-Encoding": {"identity"}})
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if d.have > 0 && !continues(resp, d.have) {
		if resp.StatusCode == http.StatusPartialContent {
			return errors.New("the registry sent another part of the layer than it was asked for")
		}
		if err := d.restart(); err != nil {
			return err
		}
	}
	// One byte more than there may be tells that there are too many.
	body := io.LimitReader(resp.Body, d.layer.Size-d.have+1)
	_, err = io.Copy(progressing{d, watchdog}, body)
	var here localError
	switch {
	case errors.As(err, &here):
		return err
	case err != nil:
		return connectError(ctx, err)
	case d.have < d.layer.Size:
		return fetch.NetworkError{Err: io.ErrUnexpectedEOF}
	}
	return nil
}

// continues reports whether the answer goes on where the file ends.
func continues(resp *http.Response, have int64) bool {
	return resp.StatusCode == http.StatusPartialContent &&
		strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have))
}

// progressing is the writer of a download.
type progressing struct {
	d        *download
	watchdog *time.Timer
}

func (p progressing) Write(b []byte) (int, error) {
	p.watchdog.Reset(p.d.stall)
	n, err := p.d.file.Write(b)
	p.d.sum.Write(b[:n])
	p.d.have += int64(n)
	if p.d.tell != nil {
		p.d.tell(p.d.have)
	}
	return n, local(err)
}
