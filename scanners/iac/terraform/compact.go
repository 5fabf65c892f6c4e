package terraform

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/scangate/scangate/scanners/iac/check"
)

// Every value in what the checks look at says where it comes from, and so does
// each of its parents: an attribute of a resource in a module in a module has
// five of them. That is most of the input, and the checks' library walks
// through all of it some thousand times. No check looks at the parents, which
// only end up in the verdicts; so they are taken out, and put back there.

// ancestry is what has been taken out.
type ancestry struct {
	ids   map[ancestor]int
	known []*check.Cause // by id
}

// ancestor is a parent, with the id of its own. Equal ones have one id, so
// that verdicts which are equal stay so.
type ancestor struct {
	path, resource string
	start, end     int
	managed        bool
	parent         int
}

// mark separates the name of a resource from the id of its parent. Nothing in
// the code can have it in a name.
const mark = "\x00"

// compact takes the parents out of a value, and leaves their ids at the name of
// the resource, the one thing of it that verdicts give back as it is.
func compact(value any) *ancestry {
	a := &ancestry{ids: map[ancestor]int{}}
	a.strip(value)
	return a
}

func (a *ancestry) strip(value any) {
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			a.strip(e)
		}
	case map[string]any:
		if parent, ok := v["parent"].(map[string]any); ok {
			resource, named := v["resource"].(string)
			if _, placed := v["startline"]; placed && named {
				delete(v, "parent")
				v["resource"] = strings.ReplaceAll(resource, mark, "") + mark + strconv.Itoa(a.id(parent))
			}
		}
		for _, e := range v {
			switch e.(type) {
			case map[string]any, []any:
				a.strip(e)
			}
		}
	}
}

// id is the id of a parent, which is from 0.
func (a *ancestry) id(of map[string]any) int {
	me := ancestor{parent: -1}
	me.path, _ = of["filepath"].(string)
	me.resource, _ = of["resource"].(string)
	me.start, _ = of["startline"].(int)
	me.end, _ = of["endline"].(int)
	me.managed, _ = of["managed"].(bool)
	if parent, ok := of["parent"].(map[string]any); ok {
		me.parent = a.id(parent)
	}
	if id, ok := a.ids[me]; ok {
		return id
	}
	c := &check.Cause{Path: me.path, Start: me.start, End: me.end, Resource: me.resource, Managed: me.managed}
	if me.parent >= 0 {
		c.Parent = a.known[me.parent]
	}
	a.known = append(a.known, c)
	a.ids[me] = len(a.known) - 1
	return len(a.known) - 1
}

// restore puts the parents into a verdict.
func (a *ancestry) restore(v *check.Verdict) {
	v.Message = idInText.ReplaceAllString(v.Message, "")
	for c := &v.Cause; c != nil; c = c.Parent {
		name, id, ok := strings.Cut(c.Resource, mark)
		if !ok {
			continue
		}
		c.Resource = name
		if n, err := strconv.Atoi(id); err == nil && n >= 0 && n < len(a.known) && c.Parent == nil {
			c.Parent = a.known[n]
			return // those have names without ids
		}
	}
}

// idInText finds ids in messages, for checks that name a resource in theirs.
var idInText = regexp.MustCompile(mark + `[0-9]+`)
