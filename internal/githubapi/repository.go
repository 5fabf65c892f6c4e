package githubapi

import "net/http"

// getRepository answers with what every token that sees a repository gets to know.
func (s *Server) getRepository(c *call) {
	c.answer(http.StatusOK, map[string]any{
		"id": 1, "full_name": s.options.Repository, "private": s.options.Mode == NoLicence, "archived": s.options.Mode == Archived,
	})
}
