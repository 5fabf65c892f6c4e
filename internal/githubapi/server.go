package githubapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Options says how a Server behaves.
type Options struct {
	Repository string // "owner/name", the only one there is
	Token      string // what must be sent; empty: any
	Enterprise bool   // the API is below /api/v3, as on an Enterprise Server
	Mode       Mode

	// DefaultBranch is the ref that alerts are listed of when none is asked
	// for; empty: "refs/heads/main".
	DefaultBranch string
	// Refs are the refs that exist, and their commits; nil: all that are well
	// formed, of any commit. Refs of a merge queue never take an upload.
	Refs map[string]string
	// Pending is how often an upload is asked after before it is processed.
	Pending int
	// Checks says that the token may write check runs, as few may.
	Checks bool
	// MaxGzip bounds an upload, in bytes; 0: 10 MB.
	MaxGzip int
	// RetryAfter is what rate limits ask to wait, in seconds.
	RetryAfter int
	// Login is whom the token belongs to; empty: "github-actions[bot]".
	Login string
	// NoIssues says that the repository has no issues, only pull requests.
	NoIssues bool
}

// Server is the API of one repository. It may be used by several goroutines.
type Server struct {
	options Options
	mux     *http.ServeMux
	mu      sync.Mutex // guards what follows
	state
}

// state is what requests have left.
type state struct {
	requests []Request
	passed   map[string]int // requests that a mode has let fail, by route
	uploads  []*upload
	analyses []*analysis
	alerts   []*alert
	checks   []Check
	index    map[[4]string]int // the numbers of alerts by what tells them apart
	issues   []*issue
	comments []*comment // a deleted one is nil
}

// Request is one that was answered.
type Request struct {
	Method string
	Path   string // without /api/v3
	Query  string
	Status int
}

// route is an endpoint.
type route struct {
	pattern string
	scope   string // what a token must be allowed: "security-events", "issues"
	handle  func(*call)
}

// routes lists the endpoints.
func (s *Server) routes() []route {
	const repo = "/repos/{owner}/{repo}"
	return []route{
		{"GET " + repo, scopeMetadata, s.getRepository},
		{"POST " + repo + "/code-scanning/sarifs", scopeSecurity, s.postSARIF},
		{"GET " + repo + "/code-scanning/sarifs/{id}", scopeSecurity, s.getSARIF},
		{"GET " + repo + "/code-scanning/analyses", scopeSecurity, s.listAnalyses},
		{"GET " + repo + "/code-scanning/analyses/{id}", scopeSecurity, s.getAnalysis},
		{"GET " + repo + "/code-scanning/alerts", scopeSecurity, s.listAlerts},
		{"GET " + repo + "/issues", scopeIssues, s.listIssues},
		{"POST " + repo + "/issues", scopeIssues, s.postIssue},
		{"PATCH " + repo + "/issues/{number}", scopeIssues, s.patchIssue},
		{"GET " + repo + "/issues/{number}/comments", scopeIssues, s.listComments},
		{"POST " + repo + "/issues/{number}/comments", scopeIssues, s.postComment},
		{"PATCH " + repo + "/issues/comments/{id}", scopeIssues, s.patchComment},
		{"DELETE " + repo + "/issues/comments/{id}", scopeIssues, s.deleteComment},
		{"POST " + repo + "/check-runs", scopeChecks, s.postCheck},
		{"PATCH " + repo + "/check-runs/{id}", scopeChecks, s.patchCheck},
		{"POST /graphql", scopeNone, s.postGraphQL},
	}
}

// New returns a server without uploads.
func New(o Options) *Server {
	if o.DefaultBranch == "" {
		o.DefaultBranch = "refs/heads/main"
	}
	if o.Login == "" {
		o.Login = "github-actions[bot]"
	}
	if o.MaxGzip == 0 {
		o.MaxGzip = 10 << 20
	}
	s := &Server{options: o, mux: http.NewServeMux(), state: state{passed: map[string]int{}, index: map[[4]string]int{}}}
	for _, r := range s.routes() {
		s.mux.HandleFunc(r.pattern, func(w http.ResponseWriter, req *http.Request) { s.enter(r, &call{w: w, r: req}) })
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		(&call{w: w, r: req}).fail(http.StatusNotFound, "Not Found")
	})
	return s
}

// ServeHTTP answers a request and keeps a note of it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, under := strings.CutPrefix(r.URL.Path, "/api/v3")
	if path == "/api/graphql" && s.options.Enterprise {
		path, under = "/graphql", true // the only thing beside /api/v3
	}
	seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	w.Header().Set("X-GitHub-Media-Type", "github.v3; format=json")
	if s.options.Enterprise {
		w.Header().Set("X-GitHub-Enterprise-Version", "3.18.0")
	}
	switch {
	case under != s.options.Enterprise:
		// What is not the API is the site for people, which wants a browser.
		http.Error(seen, "Cookies must be enabled to use GitHub.", http.StatusUnprocessableEntity)
	case r.UserAgent() == "":
		http.Error(seen, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header", http.StatusForbidden)
	default:
		inner := r.Clone(r.Context())
		inner.URL.Path, inner.URL.RawPath = path, ""
		s.mux.ServeHTTP(seen, inner)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{r.Method, path, r.URL.RawQuery, seen.status})
}

// enter checks what every endpoint does, and answers.
func (s *Server) enter(to route, c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, ok := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	version := c.r.Header.Get("X-GitHub-Api-Version")
	name := c.r.PathValue("owner") + "/" + c.r.PathValue("repo")
	switch {
	case !ok || token == "" || s.options.Token != "" && token != s.options.Token:
		c.fail(http.StatusUnauthorized, "Bad credentials")
	case version != "" && version != "2022-11-28":
		c.fail(http.StatusBadRequest, fmt.Sprintf("%q is not a supported version", version))
	case to.scope != scopeNone && !strings.EqualFold(name, s.options.Repository):
		c.fail(http.StatusNotFound, "Not Found")
	case s.interfere(to, c):
	default:
		to.handle(c)
	}
}

// Requests returns those that were answered, in their order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// call is a request on its way to an answer.
type call struct {
	w http.ResponseWriter
	r *http.Request
}

// fail answers as GitHub words errors.
func (c *call) fail(status int, message string) {
	c.answer(status, map[string]any{"message": message, "documentation_url": "https://docs.github.com/rest", "status": fmt.Sprint(status)})
}

func (c *call) answer(status int, v any) {
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.answerAs(status, v)
}

// answerAs answers with the content type that was set.
func (c *call) answerAs(status int, v any) {
	c.w.WriteHeader(status)
	json.NewEncoder(c.w).Encode(v)
}

// url is the address of something, as the client has asked for this server.
func (c *call) url(path string) string { return "http://" + c.r.Host + path }

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
