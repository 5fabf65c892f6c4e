package githubapi

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Upload is a SARIF file that was taken, whether or not it could be processed.
type Upload struct {
	ID        string
	Commit    string
	Ref       string
	StartedAt string
	SARIF     []byte // unpacked
	Gzip      int    // packed size in bytes
	Status    string // pending, complete, failed
	Errors    []string
}

type upload struct {
	Upload
	polls    int
	runs     []run
	analyses []int // ids
}

// Uploads returns the files that were taken, in their order.
func (s *Server) Uploads() []Upload {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Upload, len(s.uploads))
	for i, u := range s.uploads {
		out[i] = u.Upload
		out[i].Errors = slices.Clone(u.Errors)
	}
	return out
}

// maxUnpacked bounds what an upload may be unpacked.
const maxUnpacked = 256 << 20

var (
	commitForm  = regexp.MustCompile(`^[0-9a-fA-F]{40}$`)
	refForm     = regexp.MustCompile(`^refs/(heads|tags)/[^\s]+$|^refs/pull/[1-9][0-9]*/(merge|head)$`)
	startedForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
)

// postSARIF takes an upload: POST /repos/{owner}/{repo}/code-scanning/sarifs.
func (s *Server) postSARIF(c *call) {
	// Base64 takes four bytes for three; the other fields are small.
	limit := int64(s.options.MaxGzip)/3*4 + 64<<10
	body, err := io.ReadAll(io.LimitReader(c.r.Body, limit+1))
	if err != nil {
		c.fail(http.StatusBadRequest, "Problems reading the body")
		return
	}
	if int64(len(body)) > limit {
		c.fail(http.StatusRequestEntityTooLarge, "SARIF ZIP upload is too large")
		return
	}
	var in struct {
		CommitSHA   *string `json:"commit_sha"`
		Ref         *string `json:"ref"`
		SARIF       *string `json:"sarif"`
		CheckoutURI *string `json:"checkout_uri"`
		StartedAt   *string `json:"started_at"`
		ToolName    *string `json:"tool_name"`
		Validate    *bool   `json:"validate"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		c.fail(http.StatusUnprocessableEntity, "Invalid request.\n\n"+err.Error())
		return
	}
	for name, v := range map[string]*string{"commit_sha": in.CommitSHA, "ref": in.Ref, "sarif": in.SARIF} {
		if v == nil || *v == "" {
			c.fail(http.StatusUnprocessableEntity, fmt.Sprintf("Invalid request.\n\n%q wasn't supplied.", name))
			return
		}
	}
	if !commitForm.MatchString(*in.CommitSHA) {
		c.fail(http.StatusUnprocessableEntity, "Invalid request.\n\ncommit_sha is not a full SHA.")
		return
	}
	if !refForm.MatchString(*in.Ref) {
		c.fail(http.StatusUnprocessableEntity, "Invalid request.\n\nref is not of the form refs/heads/<branch>, refs/tags/<tag> or refs/pull/<number>/(merge|head).")
		return
	}
	if in.StartedAt != nil && !startedForm.MatchString(*in.StartedAt) {
		c.fail(http.StatusUnprocessableEntity, "Invalid request.\n\nstarted_at is not of the form YYYY-MM-DDTHH:MM:SSZ.")
		return
	}
	if why := s.refProblem(*in.Ref, *in.CommitSHA); why != "" {
		c.fail(http.StatusNotFound, why)
		return
	}
	data, size, err := unpack(*in.SARIF, s.options.MaxGzip)
	switch {
	case errors.Is(err, errTooLarge):
		c.fail(http.StatusRequestEntityTooLarge, "SARIF ZIP upload is too large")
		return
	case err != nil:
		c.fail(http.StatusBadRequest, "Invalid SARIF. "+err.Error())
		return
	}
	u := &upload{Upload: Upload{
		ID: fmt.Sprintf("00000000-0000-4000-8000-%012x", len(s.uploads)+1), Commit: *in.CommitSHA, Ref: *in.Ref, SARIF: data, Gzip: size, Status: "pending",
	}}
	if in.StartedAt != nil {
		u.StartedAt = *in.StartedAt
	}
	s.uploads = append(s.uploads, u)
	c.answer(http.StatusAccepted, map[string]any{"id": u.ID, "url": c.url(strings.TrimSuffix(c.r.URL.Path, "/") + "/" + u.ID)})
	if s.options.Pending == 0 {
		s.process(u)
	}
}

// refProblem says why a ref or commit takes no upload, or nothing.
func (s *Server) refProblem(ref, commit string) string {
	if strings.HasPrefix(ref, "refs/heads/gh-readonly-queue/") {
		return "ref '" + ref + "' not found in this repository"
	}
	if s.options.Refs == nil {
		return ""
	}
	switch want, ok := s.options.Refs[ref]; {
	case !ok:
		return "ref '" + ref + "' not found in this repository"
	case !strings.EqualFold(want, commit):
		return "commit not found"
	}
	return ""
}

var errTooLarge = errors.New("too large")

// unpack undoes base64 and gzip.
func unpack(text string, limit int) (data []byte, size int, err error) {
	zipped, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, 0, errors.New("it is not base64")
	}
	if len(zipped) > limit {
		return nil, 0, errTooLarge
	}
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, 0, errors.New("it is not gzip")
	}
	data, err = io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	switch {
	case err != nil:
		return nil, 0, errors.New("its gzip is broken")
	case len(data) > maxUnpacked:
		return nil, 0, errTooLarge
	case !json.Valid(data):
		return nil, 0, errors.New("JSON syntax error")
	}
	return data, len(zipped), nil
}

// getSARIF tells how far an upload has come:
// GET /repos/{owner}/{repo}/code-scanning/sarifs/{id}.
func (s *Server) getSARIF(c *call) {
	i := slices.IndexFunc(s.uploads, func(u *upload) bool { return u.ID == c.r.PathValue("id") })
	if i < 0 {
		c.fail(http.StatusNotFound, "Not Found")
		return
	}
	u := s.uploads[i]
	if u.polls++; u.polls > s.options.Pending && u.Status == "pending" {
		s.process(u)
	}
	out := map[string]any{"processing_status": u.Status, "analyses_url": nil, "errors": nil}
	if u.Status == "complete" {
		base, _, _ := strings.Cut(c.r.URL.Path, "/sarifs/")
		out["analyses_url"] = c.url(base + "/analyses?sarif_id=" + u.ID)
	}
	if len(u.Errors) > 0 {
		out["errors"] = u.Errors
	}
	c.answer(http.StatusOK, out)
}
