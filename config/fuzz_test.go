package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/internal/hostile"
)

// FuzzParse asserts that what is refused is refused with its place, and that
// what is read is never more than what is there.
func FuzzParse(f *testing.F) {
	for _, seed := range append(hostile.Seeds(), "version: 1\n", "scanners: {x: {dev: true, paths: [a]}}\n", "policy: &a [*a]\n", "db: {max-age: 1h, repository: [a]}", "vex: [a]\nignore: [a]\nplugins: {a: b}\n") {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		hostile.Bounded(t, len(data), func() {
			first, err := Parse(data, "some/f.yaml")
			hostile.Place(t, err, "some/f.yaml", data)
			again, err2 := Parse(data, "some/f.yaml")
			if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
				t.Fatalf("%v, and again %v", err, err2)
			}
			if err != nil {
				return
			}
			if d := cmp.Diff(first.DB.MaxAge, again.DB.MaxAge); d != "" || len(first.Scanners) != len(again.Scanners) {
				t.Errorf("twice the same gives two things: %s", d)
			}
			if n := len(first.Scanners) + len(first.VEX) + len(first.DB.Repositories) + len(first.DB.JavaRepositories); n > len(data) {
				t.Errorf("%d entries of %d bytes", n, len(data))
			}
			for _, s := range first.Scanners {
				var o options
				hostile.Place(t, s.Decode(&o), "some/f.yaml", data)
				if s.Line() > hostile.Lines(data) || len(o.Paths) > len(data) {
					t.Errorf("a section at line %d of %d with %d paths", s.Line(), hostile.Lines(data), len(o.Paths))
				}
			}
			for _, s := range append([]Section{first.Policy, first.Ignore, first.Plugins}, first.VEX...) {
				pairs, err := s.Pairs()
				hostile.Place(t, err, "some/f.yaml", data)
				if len(pairs) > len(data) {
					t.Errorf("%d pairs of %d bytes", len(pairs), len(data))
				}
				if !s.Absent() {
					_, err = s.Text()
					hostile.Place(t, err, "some/f.yaml", data)
				}
			}
		})
	})
}

// FuzzDocument asserts the same of our other YAML files.
func FuzzDocument(f *testing.F) {
	for _, seed := range append(hostile.Seeds(), "dev: true\npaths: [a, b]\ninner: {deep: x}\n") {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		hostile.Bounded(t, len(data), func() {
			s, err := Document(data, "d.yaml")
			if err == nil {
				err = s.Decode(&options{})
			}
			hostile.Place(t, err, "d.yaml", data)
		})
	})
}
