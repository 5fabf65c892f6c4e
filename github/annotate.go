package github

import (
	"io"
	"strconv"

	"github.com/sethvargo/go-githubactions"

	"github.com/scangate/scangate/report"
)

// Annotate prints annotations as workflow commands, which need no permission: a
// pull request from a fork shows them, too.
func (j *Job) Annotate(w io.Writer, list []report.Annotation) error {
	action := githubactions.New(githubactions.WithGetenv(j.getenv), githubactions.WithWriter(w))
	return safely(func() {
		for _, a := range list {
			with := action.WithFieldsMap(fieldsOf(a))
			switch a.Level {
			case report.Error:
				with.Errorf("%s", a.Message)
			case report.Warning:
				with.Warningf("%s", a.Message)
			default:
				with.Noticef("%s", a.Message)
			}
		}
	})
}

// fieldsOf are the properties of the command.
func fieldsOf(a report.Annotation) map[string]string {
	fields := map[string]string{"title": a.Title}
	if a.Path == "" {
		return fields
	}
	fields["file"] = a.Path
	for name, n := range map[string]int{"line": a.Line, "endLine": a.EndLine, "col": a.Column, "endColumn": a.EndColumn} {
		if n > 0 {
			fields[name] = strconv.Itoa(n)
		}
	}
	return fields
}
