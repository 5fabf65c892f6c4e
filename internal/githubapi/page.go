package githubapi

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// page answers with the part of a list that is asked for, and names the next
// one in the Link header.
func (c *call) page(list []any) {
	q := c.r.URL.Query()
	number := func(key string, otherwise, most int) int {
		n, err := strconv.Atoi(q.Get(key))
		if err != nil || n < 1 {
			return otherwise
		}
		return min(n, most)
	}
	size, at := number("per_page", 30, 100), number("page", 1, 1<<20)
	last := max(1, (len(list)+size-1)/size)
	var links []string
	link := func(n int, rel string) {
		q.Set("page", strconv.Itoa(n))
		links = append(links, fmt.Sprintf("<%s?%s>; rel=%q", c.url(c.r.URL.Path), q.Encode(), rel))
	}
	if at > 1 {
		link(at-1, "prev")
		link(1, "first")
	}
	if at < last {
		link(at+1, "next")
		link(last, "last")
	}
	if len(links) > 0 {
		c.w.Header().Set("Link", strings.Join(links, ", "))
	}
	from := min((at-1)*size, len(list))
	part := list[from:min(from+size, len(list))]
	if part == nil {
		part = []any{}
	}
	c.answer(http.StatusOK, part)
}
