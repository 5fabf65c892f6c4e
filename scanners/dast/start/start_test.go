package start

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func mustStart(t *testing.T, p Program) *Running {
	t.Helper()
	r, err := Start(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Stop() })
	return r
}

func listens(u *url.URL) bool { return taken(context.Background(), u) }

func TestStart(t *testing.T) {
	for _, what := range []string{"serve", "warming", "login", "tls"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := program(t, what)
			r := mustStart(t, p)
			if !listens(p.WaitFor) || r.Death() != nil {
				t.Errorf("it is not up: %v", r.Death())
			}
			if err := r.Stop(); err != nil {
				t.Error(err)
			}
			if err := r.Stop(); err != nil {
				t.Errorf("again: %v", err)
			}
			if listens(p.WaitFor) {
				t.Error("it still listens")
			}
			select {
			case <-r.Ended():
			default:
				t.Error("it has not ended")
			}
		})
	}
}

func TestFailures(t *testing.T) {
	// Anything that dies would be named with how it has ended.
	tests := []struct {
		name   string
		change func(*Program)
		want   string
	}{
		{"die", nil, "ended with exit status 7; its log LOG ends: starting[31m | no database at hand | " + strings.Repeat("x", 199) + "…; it must stay in the foreground until the scan is over"},
		{"silent", func(p *Program) { p.Within = 100 * time.Millisecond }, "did not answer at HOST within 100ms, last seen: connection refused, and printed nothing; give it more time, or check the address"},
		{"broken", func(p *Program) { p.Within = 700 * time.Millisecond }, "did not answer at HOST within 700ms, last seen: status 503, and printed nothing; give it more time, or check the address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := program(t, tt.name)
			if tt.change != nil {
				tt.change(&p)
			}
			want := filepath.Base(p.Argv[0]) + " " + strings.NewReplacer("LOG", p.Log, "HOST", p.WaitFor.Host).Replace(tt.want)
			_, err := Start(t.Context(), p)
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			if listens(p.WaitFor) {
				t.Error("it still listens")
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Program)
		want   string
	}{
		{"no program", func(p *Program) { p.Argv = nil }, "there is no program to start"},
		{"empty program", func(p *Program) { p.Argv[0] = "" }, "there is no program to start"},
		{"zero byte", func(p *Program) { p.Argv[1] = "a\x00b" }, "has a zero byte"},
		{"no address", func(p *Program) { p.WaitFor = nil }, "wait for an http or https address"},
		{"other address", func(p *Program) { p.WaitFor.Scheme = "ftp" }, "wait for an http or https address"},
		{"no log", func(p *Program) { p.Log = "" }, "there is no log file"},
		{"time", func(p *Program) { p.Within = -1 }, "must not be below zero"},
		{"no directory", func(p *Program) { p.Dir = p.Log }, "is no directory"},
		{"missing", func(p *Program) { p.Argv[0] = "no-such-program-at-all" }, "cannot start no-such-program-at-all: executable file not found"},
		{"missing file", func(p *Program) { p.Argv[0] = "./none" }, "cannot start none: no such file"},
		{"log is a directory", func(p *Program) { p.Log = p.Dir }, "it is not a regular file"},
		{"log nowhere", func(p *Program) { p.Log = filepath.Join(p.Dir, "a", "b") }, "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := program(t, "serve")
			tt.change(&p)
			if _, err := Start(t.Context(), p); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// TestTaken asserts that another program is not scanned in place of this one.
func TestTaken(t *testing.T) {
	p := program(t, "serve")
	l, err := net.Listen("tcp", p.WaitFor.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = Start(t.Context(), p)
	if err == nil || !strings.HasPrefix(err.Error(), "something listens at "+p.WaitFor.Host+" before ") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(p.Log); err == nil {
		t.Error("it was started all the same")
	}
}

func TestContext(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Start(ctx, program(t, "serve")); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("while it starts", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := Start(ctx, program(t, "silent")); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "was stopped before it answered") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("while it runs", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := program(t, "serve")
		r, err := Start(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := r.Stop(); err != nil || listens(p.WaitFor) {
			t.Errorf("it is not stopped: %v", err)
		}
	})
}

// TestDeath asserts that a program which dies later says so.
func TestDeath(t *testing.T) {
	p := program(t, "dies-later")
	r := mustStart(t, p)
	<-r.Ended()
	want := fmt.Sprintf("%s ended with exit status 9; its log %s ends: out of memory", filepath.Base(p.Argv[0]), p.Log)
	if err := r.Death(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
}

func TestLog(t *testing.T) {
	p := program(t, "flood")
	if err := os.WriteFile(p.Log, []byte("an old log"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := mustStart(t, p)
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(p.Log)
	if err != nil || info.Size() < maxLog || info.Size() > maxLog+100 || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("size %d, mode %v, %v", info.Size(), info.Mode(), err)
	}
	want := "the log " + p.Log + " is cut after 64 MiB"
	if notes := r.Notes(); len(notes) == 0 || notes[0] != want {
		t.Errorf("notes %q", notes)
	}
	if words := r.log.lastWords(); !strings.HasSuffix(words, "the very end") {
		t.Errorf("its last words are %.300q", words)
	}
}

// TestLogLink asserts that nothing is written through a link.
func TestLogLink(t *testing.T) {
	p := program(t, "die")
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, p.Log); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), p); err == nil || !strings.Contains(err.Error(), "it is not a regular file") {
		t.Errorf("a symbolic link: %v", err)
	}
	os.Remove(p.Log)
	if err := os.Link(other, p.Log); err != nil {
		t.Fatal(err)
	}
	Start(t.Context(), p)
	if got, err := os.ReadFile(other); string(got) != "precious" {
		t.Errorf("it is %q now, %v", got, err)
	}
}

func TestEnvironment(t *testing.T) {
	p := Program{Env: []string{"PORT=80", "MY_TOKEN=given", "no equals sign", "=x", "A=\x00"}, Pass: []string{"APP_SECRET"}}
	got := p.environment([]string{
		"PATH=/bin", "HOME=/h", "DATABASE_URL=postgres://x", "PORT=1", "GITHUB_REF=main", "GITHUB_TOKEN=a", "GH_TOKEN=a", "GITHUB_ENV=/f",
		"ACTIONS_RUNTIME_URL=a", "INPUT_NAME=a", "NPM_TOKEN=a", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=a", "APP_SECRET=b",
		"SSH_AUTH_SOCK=a", "ZAP_AUTH_HEADER_VALUE=a", "db_password=a", "GITLAB_PAT=a", "STRIPE_KEY=a", "SESSION_COOKIE=a", "PATHEXT=x",
	})
	want := []string{"PATH=/bin", "HOME=/h", "DATABASE_URL=postgres://x", "GITHUB_REF=main", "APP_SECRET=b", "PATHEXT=x", "PORT=80", "MY_TOKEN=given"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEnvironmentOfProgram(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", "not for it")
	t.Setenv("FOR_IT", "yes")
	p := program(t, "env")
	mustStart(t, p).Stop()
	log, err := os.ReadFile(p.Log)
	if s := string(log); err != nil || strings.Contains(s, "not for it") || !strings.Contains(s, "FOR_IT=yes") {
		t.Errorf("got %q, %v", s, err)
	}
}
