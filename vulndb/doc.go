// Package vulndb is the vulnerability database: a directory with trivy.db (a
// bolt file) and metadata.json, as Trivy's own. It opens one for reading,
// says how old it is, and matches packages of languages and of operating
// systems against it. Update downloads one from a container registry, Export
// and Import carry one to where no registry is. Build makes one from
// advisories written down as YAML, BuildFrom also from those in the OSV
// format, for tests, samples, closed networks and what a company knows itself.
//
// An optional second database, Java, tells which artifact a jar is.
//
// A new database is downloaded and verified beside the one in use, and takes
// its place in one step: a reader has all of the one or all of the other.
//
// A damaged database must neither end the process nor look clean: the
// structure of the file is verified before anything is read through it, and
// whatever goes wrong later is an error.
package vulndb
