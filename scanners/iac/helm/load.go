package helm

import (
	"bytes"
	"path"
	"sort"
	"strings"
)

const (
	maxCharts     = 150      // charts in charts, counted together
	maxChartDepth = 10       // of charts in charts
	maxFiles      = 20_000   // in a chart with its subcharts
	maxBytes      = 64 << 20 // of these together, unpacked
	maxFile       = 5 << 20  // Helm's own limit
)

// loader reads a chart and its subcharts, and counts.
type loader struct {
	b        *budget
	charts   int
	files    int
	bytes    int
	full     bool // and has said so
	problems []Problem
}

func (l *loader) problem(path, message string) {
	l.problems = append(l.problems, Problem{Path: path, Message: message})
}

// load reads the root chart. It returns nil if that cannot be rendered at all.
func (l *loader) load(c Chart) *chart {
	names := make([]string, 0, len(c))
	for name := range c {
		names = append(names, name)
	}
	sort.Strings(names)
	ignored := parseIgnore(c[".helmignore"])
	var list []File
	for _, name := range names {
		if !ignored.match(name) {
			list = append(list, File{name, c[name]})
		}
	}
	l.count(list)
	root := l.read("", list, 0)
	if root != nil {
		root.isRoot = true
	}
	return root
}

// count adds the files of the root chart, or of an archive.
func (l *loader) count(list []File) {
	l.files += len(list)
	for _, f := range list {
		l.bytes += len(f.Data)
	}
}

// admit counts a chart, and reports whether there is room for it.
func (l *loader) admit(dir string, depth int) bool {
	if l.full {
		return false
	}
	l.charts++
	l.full = l.charts > maxCharts || l.files > maxFiles || l.bytes > maxBytes
	switch {
	case depth > maxChartDepth:
		l.problem(dir, "charts are nested too deep in charts")
	case l.charts > maxCharts:
		l.problem(dir, "the chart has too many subcharts")
	case l.files > maxFiles:
		l.problem(dir, "the chart has too many files")
	case l.bytes > maxBytes:
		l.problem(dir, "the chart is too big")
	default:
		return true
	}
	return false
}

// read reads the chart in a directory. Files are sorted, and named in it.
func (l *loader) read(dir string, list []File, depth int) *chart {
	if !l.admit(dir, depth) {
		return nil
	}
	c := &chart{dir: dir, meta: &Metadata{}, files: files{}}
	if !l.readMetadata(c, list) {
		return nil
	}
	below := map[string][]File{}
	for _, f := range list {
		data := bytes.TrimPrefix(f.Data, []byte("\ufeff"))
		if len(data) > maxFile && !strings.HasPrefix(f.Name, "charts/") {
			l.problem(dir+f.Name, "the file is too big")
			continue
		}
		switch {
		case f.Name == "Chart.yaml", f.Name == "Chart.lock", f.Name == "values.schema.json":
		case f.Name == "requirements.yaml", f.Name == "requirements.lock":
			if c.meta.APIVersion == "v1" {
				c.files[f.Name] = data
			}
		case f.Name == "values.yaml":
			values, err := decodeMap(l.b, data)
			if err != nil {
				l.problems = append(l.problems, yamlProblem(dir+f.Name, err))
				return nil
			}
			c.values = values
		case strings.HasPrefix(f.Name, "templates/"):
			c.templates = append(c.templates, File{f.Name, data})
		case strings.HasPrefix(f.Name, "charts/") && path.Ext(f.Name) != ".prov":
			first, rest, inside := strings.Cut(strings.TrimPrefix(f.Name, "charts/"), "/")
			switch {
			case strings.IndexAny(first, "_.") == 0:
			case inside:
				below[first] = append(below[first], File{rest, data})
			case path.Ext(first) == ".tgz":
				below[first] = append(below[first], File{"", data})
			}
		default:
			c.files[f.Name] = data
		}
	}
	l.readBelow(c, below, depth)
	return c
}

// readMetadata reads Chart.yaml, and the requirements.yaml of older charts.
func (l *loader) readMetadata(c *chart, list []File) bool {
	found := false
	for _, name := range []string{"Chart.yaml", "requirements.yaml"} {
		for _, f := range list {
			if f.Name != name {
				continue
			}
			found = found || name == "Chart.yaml"
			if err := decode(l.b, bytes.TrimPrefix(f.Data, []byte("\ufeff")), c.meta); err != nil {
				l.problems = append(l.problems, yamlProblem(c.dir+name, err))
				return false
			}
		}
	}
	if !found {
		l.problem(c.dir+"Chart.yaml", "the chart has no Chart.yaml")
		return false
	}
	if c.meta.APIVersion == "" {
		c.meta.APIVersion = "v1"
	}
	if err := c.meta.validate(); err != nil {
		l.problem(c.dir+"Chart.yaml", err.Error())
		return false
	}
	return true
}

// readBelow reads the charts in charts/, in the order of their names.
func (l *loader) readBelow(c *chart, below map[string][]File, depth int) {
	names := make([]string, 0, len(below))
	for name := range below {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		list := below[name]
		at := c.dir + "charts/" + name
		if path.Ext(name) == ".tgz" {
			if list[0].Name != "" {
				l.problem(at, "the directory is named like an archive")
				continue
			}
			unpacked, err := l.unpack(list[0].Data)
			if err != nil {
				l.problem(at, explain(err))
				continue
			}
			l.count(unpacked)
			list = unpacked
		}
		if sub := l.read(at+"/", list, depth+1); sub != nil {
			c.deps = append(c.deps, sub)
		}
	}
}
