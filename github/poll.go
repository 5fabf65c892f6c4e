package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/scangate/scangate/text"
)

const (
	// maxPoll is the longest time between two questions.
	maxPoll = 15 * time.Second
	// maxRefusals bounds the errors that are shown of an upload.
	maxRefusals = 200
)

// wait asks after the files of an upload until GitHub has processed them all.
func (c *Client) wait(ctx context.Context, out *Outcome) error {
	budget := c.limits.process
	pause := c.limits.poll
	for i := 0; i < len(out.IDs); {
		if pause > budget {
			out.Notices = append(out.Notices, fmt.Sprintf("GitHub had not processed the upload after %s: whether it refuses any of it is shown in the repository's code scanning tool status", c.limits.process))
			return nil
		}
		if err := c.sleep(ctx, pause); err != nil {
			return out.fail(err)
		}
		budget -= pause
		done, refusals, err := c.ask(ctx, out.IDs[i])
		switch {
		case ctx.Err() != nil:
			return out.fail(ctx.Err())
		case err != nil:
			out.Notices = append(out.Notices, "whether GitHub has processed the upload is not known: "+err.Error())
			return nil
		case !done:
			pause = min(2*pause, maxPoll)
			continue
		}
		out.Refusals = append(out.Refusals, refusals...)
		i++
		pause = c.limits.poll
	}
	if len(out.Refusals) == 0 {
		return nil
	}
	if more := len(out.Refusals) - maxRefusals; more > 0 {
		out.Refusals = append(out.Refusals[:maxRefusals], fmt.Sprintf("and %s", text.Count(more, "more error")))
	}
	return out.fail(errors.New("GitHub could not process the upload"))
}

// ask asks after one file: whether it is processed, and what GitHub says
// against it. go-github's own GetSARIF knows nothing of the errors.
func (c *Client) ask(ctx context.Context, id string) (done bool, refusals []string, err error) {
	var in struct {
		Status string   `json:"processing_status"`
		Errors []string `json:"errors"`
	}
	_, err = c.get(ctx, "/code-scanning/sarifs/"+escape(id), &in)
	var api *APIError
	if errors.As(err, &api) && api.Status == http.StatusNotFound {
		return false, nil, nil // what was just taken may not be everywhere yet
	}
	if err != nil {
		return false, nil, err
	}
	switch in.Status {
	case "pending":
		return false, nil, nil
	case "complete":
	case "failed":
		if len(in.Errors) == 0 {
			in.Errors = []string{"it does not say why"}
		}
	default:
		return false, nil, fmt.Errorf("GitHub says %q of it", c.words(in.Status))
	}
	if in.Status == "complete" {
		return true, nil, nil
	}
	for _, e := range in.Errors {
		refusals = append(refusals, c.words(e))
	}
	return true, refusals, nil
}
