package github

import (
	"context"
	"errors"
	"net/http"
)

// Reach is what a client can get at, as far as asking tells: whether a token may
// upload, GitHub says only to who does.
type Reach struct {
	Private, Archived bool
	// Alerts is why the alerts of code scanning cannot be read; nil: they can.
	Alerts error
	// Disabled says that this is because the repository has no code scanning.
	Disabled bool
}

// Probe asks for the repository and its alerts, and changes nothing. The error is
// why not even the repository can be read.
func (c *Client) Probe(ctx context.Context) (r Reach, err error) {
	var repository struct {
		Private  bool `json:"private"`
		Archived bool `json:"archived"`
	}
	if _, err := c.get(ctx, "", &repository); err != nil {
		return r, err
	}
	r.Private, r.Archived = repository.Private, repository.Archived
	var alerts []struct{}
	_, err = c.get(ctx, "/code-scanning/alerts?per_page=1", &alerts)
	var api *APIError
	switch {
	case err == nil:
	case errors.As(err, &api) && api.Status == http.StatusForbidden && notEnabled.MatchString(api.Message):
		r.Alerts, r.Disabled = err, true
	case errors.As(err, &api) && api.Status == http.StatusNotFound && api.Message != "Not Found":
		// Nothing was uploaded yet: "no analysis found".
	default:
		r.Alerts = err
	}
	return r, nil
}
