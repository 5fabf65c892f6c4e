// Package vulndb is the vulnerability database: a directory with trivy.db (a
// bolt file) and metadata.json, as Trivy's own. It opens one for reading,
// says how old it is, and matches packages against it. Build makes one from a
// few advisories written down as YAML, for tests, samples and closed networks.
//
// A damaged database must neither end the process nor look clean: the
// structure of the file is verified before anything is read through it, and
// whatever goes wrong later is an error.
package vulndb
