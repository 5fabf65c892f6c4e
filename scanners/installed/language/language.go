// Package language reads which packages of programming languages are installed
// in an image or a directory: the metadata that package managers leave behind,
// Java archives, and executables that say what they were built from.
//
// The results equal those of the engine's analyzers for images. Only parsers
// that are safe on hostile input are the engine's own; archives and
// executables are read here, under bounds, because the engine and the standard
// library take sizes and counts on trust.
package language

import (
	"sync"

	tlog "github.com/aquasecurity/trivy/pkg/log"
	"github.com/scangate/scangate/scanners/installed"
)

// JavaIndex tells which Maven artifact a file is. An implementation may have
// the method of JavaNames as well.
type JavaIndex interface {
	// BySHA1 returns the artifact whose file has this digest, in lower-case
	// hexadecimal.
	BySHA1(hex string) (group, artifact, version string, ok bool, err error)
	// ByArtifact returns the group that most probably published this version.
	ByArtifact(artifact, version string) (group string, ok bool, err error)
}

// JavaNames is what a JavaIndex may know besides.
type JavaNames interface {
	// Exists reports whether there is any version of the artifact.
	Exists(group, artifact string) (bool, error)
}

// Options are what the readers use besides the files.
type Options struct {
	// Java identifies archives that do not say themselves what they are. When
	// it is nil, the manifest of such an archive is taken at its word.
	Java JavaIndex
}

// The largest files that are read, in bytes.
const (
	maxMetadata   = 8 << 20
	maxEgg        = 512 << 20
	maxJar        = 512 << 20
	maxExecutable = 1 << 30
)

// quietEngine keeps the engine's parsers from writing to standard error. Its
// logger is of the process, and until it is set up it keeps all that is logged,
// without a lock.
var quietEngine = sync.OnceFunc(func() { tlog.InitLogger(false, true) })

// Readers returns the readers of packages of languages. They may be used by
// several goroutines at once, if o.Java may.
func Readers(o Options) []installed.Reader {
	quietEngine()
	return []installed.Reader{
		{Name: "node", Version: 1, Wants: wantsNode, Max: maxMetadata, Read: whole(readNode)},
		{Name: "python", Version: 1, Wants: wantsPython, Max: maxMetadata, Read: whole(readPython)},
		{Name: "egg", Version: 1, Wants: wantsEgg, Max: maxEgg, Read: safely(maxEgg, readEgg)},
		{Name: "gemspec", Version: 1, Wants: wantsGemspec, Max: maxMetadata, Read: whole(readGemspec)},
		{Name: "jar", Version: 1, Wants: wantsJar, Max: maxJar, Read: safely(maxJar, jarReader(o.Java))},
		{Name: "executable", Version: 1, Wants: wantsExecutable, Head: isExecutable, Max: maxExecutable, Read: safely(maxExecutable, readExecutable)},
		{Name: "composer", Version: 1, Wants: wantsComposer, Max: maxMetadata, Read: whole(readComposer)},
		{Name: "dotnet", Version: 1, Wants: wantsDotnet, Max: maxMetadata, Read: whole(readDotnet)},
		{Name: "conda", Version: 1, Wants: wantsConda, Max: maxMetadata, Read: whole(readConda)},
	}
}
