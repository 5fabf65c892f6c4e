package pattern

import (
	"strings"
	"testing"

	"github.com/scangate/scangate/internal/hostile"
)

// FuzzPath asserts that a pattern is refused in a line, or stands for the same
// paths however they are given, and with a folder for all that is in it.
func FuzzPath(f *testing.F) {
	for _, p := range []string{"a/**/b/", "*.c", `\[a`, "[[:alpha:]-]*", "**/*a*/**/x", strings.Repeat("**/*a*/", 30), strings.Repeat("[", 200), "[[:" + strings.Repeat("[:", 100)} {
		f.Add(p, "a/b/c.c")
		f.Add(p, strings.Repeat("aaa/", 200))
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		hostile.Bounded(t, len(pattern)+len(name), func() {
			p, err := CompilePath(pattern)
			if err == nil {
				got := p.Match(name, nil)
				if got != p.Match(name, strings.Split(name, "/")) {
					t.Errorf("%q for %q depends on who splits it", pattern, name)
				}
				if got && len(name) < MaxMatched-2 && !p.Match(name+"/x", nil) {
					t.Errorf("%q is for %q, and not for what is below it", pattern, name)
				}
			} else {
				hostile.OneLine(t, err.Error())
			}
			whole, err := CompileWhole(pattern)
			if err != nil {
				hostile.OneLine(t, err.Error())
				return
			}
			whole.Match(name, nil)
		})
	})
}
