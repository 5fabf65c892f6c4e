package images

import (
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/image"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/vulndb"
)

const checkout = "../.."

// database builds the one of the facts.
func database(t testing.TB) match.Database {
	t.Helper()
	dir := t.TempDir()
	if err := vulndb.Build(checkout+"/testdata/advisories", dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	return match.Database{Dir: dir}
}

// scan scans one image through the fan-out, as the program does.
func scan(t testing.TB, o image.Options, name string) finding.Run {
	t.Helper()
	tree, err := scanners.Walk(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	all, err := image.New(o, []image.Reference{{Name: name}})
	if err != nil {
		t.Fatal(err)
	}
	target := scanners.Target{Tree: tree, Jobs: 2}
	run := scanners.Run(t.Context(), scanners.Plan(t.Context(), []scanners.Scanner{all[0]}, target), target, scanners.Options{})[0]
	if run.Status != finding.Completed {
		t.Fatalf("%s: %v: %s", name, run.Status, run.Reason)
	}
	return run
}
