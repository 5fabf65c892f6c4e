package images

import (
	"path/filepath"
	"testing"

	"github.com/scangate/scangate/scanners/image"
)

// TestBig: it has the size that was asked for, is the same each time, and
// there is something to find in each kind of layer.
func TestBig(t *testing.T) {
	const megabytes = 8
	var digests [2]string
	for i := range digests {
		n, err := Big(t.TempDir(), megabytes)
		if err != nil {
			t.Fatal(err)
		}
		h, err := n.Image.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if digests[i] = h.String(); i > 0 {
			continue
		}
		dir := filepath.Join(t.TempDir(), "big")
		if err := n.WriteLayout(dir); err != nil {
			t.Fatal(err)
		}
		run := scan(t, image.Options{DB: database(t)}, "oci:"+dir)
		if mb := run.Looked.Bytes / 1_000_000; mb < megabytes-4 || mb > megabytes+2 {
			t.Errorf("it has %d MB, want about %d", mb, megabytes)
		}
		found := map[string]bool{}
		for _, f := range run.Findings {
			if f.Package != nil {
				found[f.Package.Name] = true
			}
		}
		for _, want := range []string{"libssl3", "minimist", "org.apache.logging.log4j:log4j-core"} {
			if !found[want] {
				t.Errorf("nothing was found in %s", want)
			}
		}
	}
	if digests[0] != digests[1] {
		t.Error("it is not the same when it is built again")
	}
	if _, err := Big(t.TempDir(), 1); err == nil {
		t.Error("one of 1 MB was built")
	}
}
