package language

import (
	"io/fs"
	"strings"
)

// The functions of this file are asked about every file of an image, so they
// neither allocate nor match patterns. Each takes the files that the engine's
// analyzer of the same kind takes.

// hasName reports whether the last element of path is name.
func hasName(path, name string) bool {
	return strings.HasSuffix(path, name) && (len(path) == len(name) || path[len(path)-len(name)-1] == '/')
}

func wantsNode(path string, _ fs.FileMode, _ int64) bool { return hasName(path, "package.json") }

func wantsPython(path string, _ fs.FileMode, _ int64) bool {
	return isEggInfo(path) || hasName(path, "METADATA") && strings.Contains(path, ".dist-info")
}

// isEggInfo reports whether path is the metadata of an egg, by itself or in an
// archive. Eggs of Debian have METADATA where others have PKG-INFO.
func isEggInfo(path string) bool {
	return strings.HasSuffix(path, ".egg-info") || strings.HasSuffix(path, "EGG-INFO/PKG-INFO") ||
		strings.HasSuffix(path, ".egg-info/PKG-INFO") || strings.HasSuffix(path, ".egg-info/METADATA")
}

func wantsEgg(path string, _ fs.FileMode, _ int64) bool { return strings.HasSuffix(path, ".egg") }

func wantsGemspec(path string, _ fs.FileMode, _ int64) bool {
	_, name, ok := strings.Cut(path, "/specifications/")
	return ok && strings.LastIndex(name, ".gemspec") > 0
}

func wantsJar(path string, _ fs.FileMode, _ int64) bool {
	if len(path) < 4 {
		return false
	}
	// The letters of an extension, in lower case: | 0x20 makes them so.
	end := path[len(path)-4:]
	if end[0] != '.' || end[3]|0x20 != 'r' {
		return false
	}
	switch end[1] | 0x20 {
	case 'j', 'w', 'p':
		return end[2]|0x20 == 'a' // jar, war, par
	case 'e':
		return end[2]|0x20 == 'a' // ear
	}
	return false
}

func wantsExecutable(path string, mode fs.FileMode, _ int64) bool {
	return mode.IsRegular() && mode&0o111 != 0 || strings.HasSuffix(path, ".exe")
}

func wantsComposer(path string, _ fs.FileMode, _ int64) bool { return hasName(path, "installed.json") }

func wantsDotnet(path string, _ fs.FileMode, _ int64) bool { return dotnetKind(path) != noDotnet }

// wantsConda takes the packages of named environments: envs/NAME/conda-meta/
// PACKAGE-VERSION-BUILD.json.
func wantsConda(path string, _ fs.FileMode, _ int64) bool {
	_, path, ok := strings.Cut(path, "/envs/")
	if !ok || path == "" {
		return false
	}
	_, path, ok = strings.Cut(path[1:], "/conda-meta/")
	end := strings.LastIndex(path, ".json")
	if !ok || end < 5 {
		return false
	}
	first := 1 + strings.IndexByte(path[1:end], '-')
	last := strings.LastIndexByte(path[:end-1], '-')
	return first > 0 && last > first+1
}
