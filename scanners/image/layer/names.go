package layer

import (
	"path"
	"strconv"
	"strings"

	"github.com/scangate/scangate/text"
)

// maxPath is Linux' limit for a path. No file system can hold an entry over it.
const maxPath = 4096

// below makes a name clean and relative to the root. A name that leads out of
// the root is taken as if the root had no way out, and is not inside.
func below(name string) (p string, inside bool) {
	p = path.Clean(strings.TrimLeft(name, "/"))
	if p != ".." && !strings.HasPrefix(p, "../") {
		return p, true
	}
	if p = path.Clean("/" + p)[1:]; p == "" {
		p = "."
	}
	return p, false
}

// target is the target of a link that is relative to the root, or empty.
func target(name string) string {
	if name == "" || len(name) > maxPath {
		return ""
	}
	p, inside := below(name)
	if !inside {
		return ""
	}
	return p
}

// symlinkTarget is where the symbolic link at a path leads, or empty.
func symlinkTarget(at, link string) string {
	if link == "" || strings.HasPrefix(link, "/") {
		return target(link)
	}
	return target(path.Dir(at) + "/" + link)
}

const (
	whiteoutPrefix   = ".wh."
	plumbingPrefix   = ".wh..wh."
	opaqueWhiteout   = ".wh..wh..opq"
	maxProblems      = 20
	maxProblemLength = 200
)

// hiding is what the name of an entry says about the layers beneath.
type hiding int

const (
	plain    hiding = iota // nothing
	plumbing               // nothing; it is aufs' own
	broken                 // that nothing, or a directory from within, is hidden
	hidesOne               // that one path is hidden
	hidesAll               // that the content of a directory is hidden
)

// whiteout reads the name of an entry as aufs and the OCI image format do.
func whiteout(p string) (hides string, as hiding) {
	if !strings.Contains(p, whiteoutPrefix) {
		return "", plain
	}
	dir, base := path.Split(p)
	if base == opaqueWhiteout {
		return path.Clean("./" + dir), hidesAll
	}
	if strings.HasPrefix(p, plumbingPrefix) || strings.Contains(p, "/"+plumbingPrefix) {
		return "", plumbing
	}
	hidden, ok := strings.CutPrefix(base, whiteoutPrefix)
	switch {
	case !ok:
		return "", plain
	case hidden == "" || hidden == "." || hidden == "..":
		return "", broken
	}
	return dir + hidden, hidesOne
}

// problems keeps the first few, and counts the others.
type problems struct {
	kept []string
	more int
}

func (p *problems) add(s string) {
	if len(p.kept) == maxProblems {
		p.more++
		return
	}
	p.kept = append(p.kept, s)
}

func (p *problems) entry(name, what string) {
	if len(p.kept) == maxProblems {
		p.more++
		return
	}
	p.add(quote(name) + " " + what)
}

func (p *problems) list() []string {
	if p.more > 0 {
		return append(p.kept, text.Count(p.more, "further entry")+" had such a problem")
	}
	return p.kept
}

// quote makes a name from a layer fit for a message.
func quote(name string) string {
	return strconv.Quote(text.OneLine(name[:min(len(name), 4*maxProblemLength)], maxProblemLength))
}
