package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	"github.com/scangate/scangate/github"
	"github.com/scangate/scangate/report"
)

// comment keeps the comment on a pull request, if it is asked for. It is for readers: that it is
// missing changes no verdict, and is a line in the log.
func (a *app) comment(ctx context.Context, u *upload, rep report.Report) {
	missing := func(why any) { a.notice("no comment on the pull request: %v", why) }
	switch {
	case !u.comment || u.event.Name != "pull_request":
		return
	case u.blind != nil:
		missing(u.blind)
		return
	case u.event.Number <= 0:
		missing("the event does not say which one it is")
		return
	case u.event.Fork:
		missing("the token of one from a fork may only read")
		return
	case u.client == nil:
		missing(u.lost)
		return
	}
	var body bytes.Buffer
	err := report.Comment(&body, rep, github.MaxBody, a.runAddress())
	if err == nil {
		err = u.client.UpsertComment(ctx, u.event.Number, commentKey(u.category), body.String())
	}
	switch {
	case github.Refused(err):
		missing("the token may not write one: it needs pull-requests: write")
	case err != nil:
		missing(err)
	}
}

// commentKey tells the comments of jobs apart that scan different directories.
func commentKey(category string) string {
	if category == "" {
		return "summary"
	}
	sum := sha256.Sum256([]byte(category))
	return "summary-" + hex.EncodeToString(sum[:8])
}

// runAddress is where the run of a job can be looked at, with its summary;
// empty: it is not known.
func (a *app) runAddress() string {
	server, repo, id := a.getenv("GITHUB_SERVER_URL"), a.getenv("GITHUB_REPOSITORY"), a.getenv("GITHUB_RUN_ID")
	if server == "" || repo == "" || id == "" || strings.ContainsAny(server+repo+id, " ()<>\r\n\\") {
		return ""
	}
	return strings.TrimSuffix(server, "/") + "/" + path.Join(repo, "actions/runs", id)
}
