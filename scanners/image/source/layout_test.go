package source

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLayout(t *testing.T) {
	img := sample(t)
	dir, _ := layoutDir(t, img)
	got := mustOpen(t, "oci:"+dir, Options{})
	if diff := cmp.Diff([]string{"a=one", "b=two", "c=three"}, content(t, got)); diff != "" {
		t.Error(diff)
	}
	if got.Digest != digest(t, img) || got.Source != "oci" || got.Name != "image" || got.Layout != dir || got.Index != "" || got.Pinned || got.Tag != "" {
		t.Errorf("%+v", got)
	}
	var made []string
	for _, l := range got.Layers {
		made = append(made, l.CreatedBy+" "+got.Config.History[l.HistoryIndex].CreatedBy)
	}
	if diff := cmp.Diff([]string{"RUN step 0 RUN step 0", "RUN step 1 RUN step 1", "RUN step 2 RUN step 2"}, made); diff != "" {
		t.Error(diff)
	}
}
