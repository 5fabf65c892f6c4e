package finding

// Source is a file that says which software is required or installed: a
// lockfile, the database of a package manager, a binary. A run's sources are
// its inventory, whether or not anything is wrong with what they name.
type Source struct {
	Path      string      `json:"path"`             // in the scanned tree or image
	Type      string      `json:"type"`             // what wrote it: "npm", "poetry", "debian", "jar"
	System    string      `json:"system,omitempty"` // the operating system and its release, for its packages
	Ecosystem string      `json:"ecosystem"`        // as Package has it
	Packages  []Component `json:"packages"`
}

// Component is a package of a Source.
type Component struct {
	ID           string   `json:"id"` // unique in its source
	Name         string   `json:"name"`
	Version      string   `json:"version,omitempty"` // empty where the source does not say
	PURL         string   `json:"purl,omitempty"`
	Licenses     []string `json:"licenses,omitempty"` // as the source has them: identifiers, expressions, or a name
	Relationship string   `json:"relationship,omitempty"`
	Dev          bool     `json:"dev,omitempty"`
	Line         int      `json:"line,omitempty"`      // in the source
	File         string   `json:"file,omitempty"`      // where it lies, if that is not the source
	Layer        string   `json:"layer,omitempty"`     // the digest of the layer that brought it in
	DependsOn    []string `json:"dependsOn,omitempty"` // ids of the same source
}
