package githubapi

import (
	"net/http"
	"strings"
)

// postGraphQL answers the one query that there is a use for, whom the token
// belongs to: POST /graphql. REST has no answer to that for a job's token.
func (s *Server) postGraphQL(c *call) {
	var in struct {
		Query string `json:"query"`
	}
	if !c.read(&in) {
		return
	}
	if strings.Join(strings.FieldsFunc(in.Query, func(r rune) bool { return strings.ContainsRune(" {}\n", r) }), " ") != "query viewer login" {
		c.answer(http.StatusOK, map[string]any{"errors": []any{map[string]any{"message": "this server knows the query viewer login only"}}})
		return
	}
	c.answer(http.StatusOK, map[string]any{"data": map[string]any{"viewer": map[string]any{"login": s.options.Login}}})
}
