package tlsprobe

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMethods(t *testing.T) {
	tests := []struct {
		name   string
		handle http.HandlerFunc
		want   []string
	}{
		{"good", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) }, nil},
		{"one page for all", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<h1>hello</h1>") },
			[]string{"http-connect low: The server answers CONNECT as if it were another method. [200]"}},
		{"echo", func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodTrace {
				w.WriteHeader(http.StatusNotImplemented)
				return
			}
			dump, _ := httputil.DumpRequest(r, false)
			w.Header().Set("Content-Type", "message/http")
			w.Write(dump)
		}, []string{"http-trace low: The server answers TRACE with the request that it got. [200]"}},
		{"an error that echoes", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			r.Header.Write(w)
		}, nil},
		{"proxy", func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodConnect {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			c, _, _ := w.(http.Hijacker).Hijack()
			fmt.Fprint(c, "HTTP/1.1 200 Connection established\r\n\r\n")
			time.Sleep(20 * time.Millisecond)
			c.Close()
		}, []string{"http-connect medium: The server answers CONNECT for its own address as a proxy does. [200]"}},
	}
	for _, tt := range tests {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s %v", tt.name, secure), func(t *testing.T) {
				var seen []string
				s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					seen = append(seen, r.Method)
					if r.Method == http.MethodTrace && r.Header.Get("Max-Forwards") != "0" {
						t.Error("TRACE may go on to others")
					}
					if r.Method == http.MethodConnect && r.RequestURI != r.Host || r.Header.Get("Authorization")+r.Header.Get("Cookie") != "" {
						t.Errorf("%s %s with %v", r.Method, r.RequestURI, r.Header)
					}
					tt.handle(w, r)
				}))
				if secure {
					s.StartTLS()
				} else {
					s.Start()
				}
				d := Door{Address: s.Listener.Addr().String(), ServerName: "app.example", Pause: time.Millisecond, Timeout: 5 * time.Second}
				got, err := Methods(t.Context(), d, secure)
				s.Close()
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, words(got)); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff([]string{"TRACE", "CONNECT"}, seen); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestMethodsFailures(t *testing.T) {
	for name, handle := range map[string]func(net.Conn){
		"no HTTP":  func(c net.Conn) { io.WriteString(c, "hello\r\n\r\n") },
		"silent":   func(c net.Conn) { io.Copy(io.Discard, c) },
		"huge":     func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<20)) },
		"TLS only": func(c net.Conn) { tls.Server(c, &tls.Config{}).Handshake() },
	} {
		t.Run(name, func(t *testing.T) {
			d := listen(t, handle)
			d.Timeout = 50 * time.Millisecond
			alerts, err := Methods(t.Context(), d, false)
			if err == nil || len(alerts) > 0 || err.Error() != "no answer to TRACE and CONNECT from "+d.Address+": it does not answer in HTTP" {
				t.Errorf("got %v, %v", alerts, err)
			}
		})
	}
	t.Run("endless body", func(t *testing.T) {
		d := listen(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			for {
				if _, err := c.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		})
		began := time.Now()
		if _, err := Methods(t.Context(), d, false); err != nil || time.Since(began) > 30*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
