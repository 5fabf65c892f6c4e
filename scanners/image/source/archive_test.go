package source

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestArchive(t *testing.T) {
	img := imageOf(t, here(), gzLayer(t, tarOf(t, "a", "one")), gzLayer(t, tarOf(t, "b", "two")))
	file := saveArchive(t, map[string]v1.Image{"example.com/app:1": img})
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file+".gz", gz(t, data))
	for _, ref := range []string{file, file + ".gz", file + ":1", file + ":example.com/app:1"} {
		got := mustOpen(t, "docker-archive:"+ref, Options{})
		if diff := cmp.Diff([]string{"a=one", "b=two"}, content(t, got)); diff != "" {
			t.Error(diff)
		}
		config, err := img.ConfigName()
		if err != nil {
			t.Fatal(err)
		}
		if got.Digest != config.String() || got.Source != "archive" {
			t.Errorf("%+v", got)
		}
	}
}
