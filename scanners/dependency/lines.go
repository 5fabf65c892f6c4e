package dependency

import (
	"bytes"
	"regexp"
	"strings"
)

// linesFunc finds the lines of packages, for lockfiles whose parser does not
// tell. The keys of want are name@version; the first line of each is set. What
// is not found keeps its 0.
type linesFunc func(data []byte, want map[string]int)

// eachLine calls f with every line, without its end, and its number from 1.
func eachLine(data []byte, f func(number int, line []byte)) {
	for number := 1; len(data) > 0; number++ {
		line, rest, _ := bytes.Cut(data, []byte{'\n'})
		f(number, bytes.TrimSuffix(line, []byte{'\r'}))
		data = rest
	}
}

func note(want map[string]int, name, version string, line int) {
	key := name + "@" + version
	if at, ok := want[key]; ok && at == 0 {
		want[key] = line
	}
}

// goModLines looks for a module path followed by its version: in a require, or
// on the right side of a replace.
func goModLines(data []byte, want map[string]int) {
	eachLine(data, func(number int, line []byte) {
		text, _, _ := strings.Cut(string(line), "//")
		fields := strings.Fields(text)
		for i := 1; i < len(fields); i++ {
			note(want, strings.Trim(fields[i-1], "\"`"), strings.Trim(fields[i], "\"`"), number)
		}
	})
}

// tomlLines looks for a name and, further down, a version. The line is that of
// the name.
func tomlLines(data []byte, want map[string]int) {
	var name string
	var at int
	eachLine(data, func(number int, line []byte) {
		key, value, ok := strings.Cut(string(line), " = ")
		if !ok {
			return
		}
		value = strings.Trim(value, `"`)
		switch key {
		case "name":
			name, at = value, number
		case "version":
			note(want, name, value, at)
		}
	})
}

// pnpmKey matches a key of the packages section, which differs by the version
// of the format: /name/1.0.0_peers, /name@1.0.0(peers), name@1.0.0(peers). The
// host of a registry may stand before the first slash.
var pnpmKey = regexp.MustCompile(`^  ['"]?(?:[\w.:-]*/)?((?:@[^/@]+/)?[^/@]+)[@/](\d[^(_'":]*).*:`)

func pnpmLines(data []byte, want map[string]int) {
	eachLine(data, func(number int, line []byte) {
		if m := pnpmKey.FindSubmatch(line); m != nil {
			note(want, string(m[1]), string(m[2]), number)
		}
	})
}
