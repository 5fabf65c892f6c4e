package image

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/scanners/installed"
	secretscan "github.com/scangate/scangate/scanners/secret"
)

const (
	// cacheVersion is to be raised when what is learned of a layer changes.
	cacheVersion = 1

	maxCached = 64 << 20  // bytes of one layer's entry, unpacked
	maxCache  = 512 << 20 // bytes of all entries; the oldest go first
)

// cache keeps what was learned of layers, by the digest of the layer as it is
// stored: that is how the manifest names it, while the digest of the unpacked
// content is only claimed by the image, as another's. It only saves time:
// whatever goes wrong with it is passed over.
type cache struct {
	dir string // empty: nothing is kept
	key string // of everything else that what is learned depends on
}

func newCache(dir string, readers []installed.Reader, search bool, java string) *cache {
	h := sha256.New()
	fmt.Fprintln(h, cacheVersion, search, java)
	for _, r := range readers {
		fmt.Fprintln(h, r.Name, r.Version, r.Max)
	}
	if search {
		fmt.Fprintln(h, secretscan.EngineVersion, maxSearched)
	}
	return &cache{dir, hex.EncodeToString(h.Sum(nil)[:8])}
}

// name is the file of a layer's entry; empty if it cannot have one.
func (c *cache) name(digest string) string {
	hash, ok := strings.CutPrefix(digest, "sha256:")
	if c.dir == "" || !ok || len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "" {
		return ""
	}
	return filepath.Join(c.dir, hash+"-"+c.key+".json.gz")
}

// get returns what is known of a layer, or nil.
func (c *cache) get(digest string) *content {
	name := c.name(digest)
	if name == "" {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(z, maxCached+1))
	if err != nil || len(data) > maxCached {
		return nil
	}
	out := &content{}
	if json.Unmarshal(data, out) != nil {
		return nil
	}
	return out
}

// put keeps what was learned of a layer.
func (c *cache) put(digest string, known *content) {
	if name := c.name(digest); name != "" {
		fileio.WriteCache(name, known, maxCached, maxCache)
	}
}
