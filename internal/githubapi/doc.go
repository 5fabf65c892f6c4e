// Package githubapi stands in for GitHub's REST API in tests and in runs of the
// action without GitHub. It is strict: it refuses what GitHub is documented, or
// was seen, to refuse, and keeps what it was sent for tests to look at.
//
// There is a file per endpoint. A new one is a file with its handlers and its
// line in routes. Paths are those of api.github.com, or with /api/v3 in front
// those of an Enterprise Server.
package githubapi
