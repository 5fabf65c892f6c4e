package start

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// helperName makes the test binary the program under test.
const helperName = "START_TEST_HELPER"

func TestMain(m *testing.M) {
	if what, ok := os.LookupEnv(helperName); ok {
		os.Exit(help(what, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// help is the program under test.
func help(what string, args []string) int {
	switch what {
	case "die":
		fmt.Println("starting\x1b[31m\nno database\u202e at hand")
		fmt.Fprintln(os.Stderr, strings.Repeat("x", 1000))
		return 7
	case "silent":
		time.Sleep(time.Minute)
	case "env":
		fmt.Println(strings.Join(os.Environ(), "\n"))
	case "flood":
		line := []byte(strings.Repeat("y", 1<<20))
		for range maxLog>>20 + 3 {
			os.Stdout.Write(line)
		}
		fmt.Println("\nthe very end")
	case "stubborn":
		signal.Ignore(signals()...)
	case "family":
		if err := family(args[1]); err != nil {
			fmt.Println(err)
			return 1
		}
	case "dies-later":
		time.AfterFunc(150*time.Millisecond, func() {
			fmt.Println("out of memory")
			os.Exit(9)
		})
	}
	return serve(args[0], what)
}

func serve(address, what string) int {
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Println(err)
		return 3
	}
	var asked atomic.Int32
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := asked.Add(1); {
		case what == "warming" && n < 3, what == "broken":
			w.WriteHeader(http.StatusServiceUnavailable)
		case what == "login":
			http.Redirect(w, r, "http://127.0.0.1:1/elsewhere", http.StatusFound)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	if what == "tls" {
		s := httptest.NewUnstartedServer(h)
		s.Listener.Close()
		s.Listener = l
		s.StartTLS()
		select {}
	}
	http.Serve(l, h)
	return 0
}

// program returns one that does what it is told and listens at a free port.
func program(t *testing.T, what string, args ...string) Program {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	scheme := "http"
	if what == "tls" {
		scheme = "https"
	}
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Program{
		Argv: append([]string{exe, l.Addr().String()}, args...), Dir: dir,
		Env:     []string{helperName + "=" + what},
		WaitFor: &url.URL{Scheme: scheme, Host: l.Addr().String(), Path: "/up"},
		Within:  20 * time.Second, Grace: 100 * time.Millisecond,
		Log: dir + string(os.PathSeparator) + "app.log",
	}
}
