package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// chain reads a log and checks that every line holds the digest of the one
// before.
func chain(t *testing.T, name string) (records []Record) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	previous := ""
	for line := range bytes.Lines(data) {
		line = bytes.TrimSuffix(line, []byte{'\n'})
		var r Record
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&r); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if r.Previous != previous || r.Version != SchemaVersion {
			t.Errorf("record %d: version %d, previous %q, want %q", len(records), r.Version, r.Previous, previous)
		}
		previous = sum(line)
		records = append(records, r)
	}
	return records
}

func TestAppendChains(t *testing.T) {
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := Check(name); err != nil {
		t.Fatal(err)
	}
	var last string
	for i := range 3 {
		digest, err := Append(name, Record{Command: "scan", Arguments: []string{fmt.Sprint(i), "a\nb\u2028", `"previous":"x"`}})
		if err != nil || digest == last {
			t.Fatal(digest, err)
		}
		last = digest
	}
	if got := chain(t, name); len(got) != 3 || got[2].Arguments[0] != "2" {
		t.Errorf("%+v", got)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Split(bytes.TrimSpace(data), []byte{'\n'}); sum(lines[len(lines)-1]) != last {
		t.Error("the digest is not that of the line")
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := Check(name); err != nil {
		t.Errorf("its own log: %v", err)
	}
}

// TestAppendAtOnce: two runs at once do not mix their lines, and break no chain.
func TestAppendAtOnce(t *testing.T) {
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	const writers, each = 8, 10
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for n := range each {
				if _, err := Append(name, Record{Command: fmt.Sprint(i), Arguments: []string{strings.Repeat("x", 1000*(n+1))}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	count := map[string]int{}
	for _, r := range chain(t, name) {
		count[r.Command]++
	}
	for i := range writers {
		if count[fmt.Sprint(i)] != each {
			t.Errorf("writer %d has %d records", i, count[fmt.Sprint(i)])
		}
	}
}

func TestAppendWaitsForALimitedTime(t *testing.T) {
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	held, err := open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := lock(held, 0); err != nil {
		t.Fatal(err)
	}
	other, err := open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := lock(other, 20*time.Millisecond); err == nil || !strings.Contains(err.Error(), "somebody else has had it locked") {
		t.Errorf("%v", err)
	}
}

// TestAfterACutLine: what somebody left who died while writing stays, and is
// part of the chain.
func TestAfterACutLine(t *testing.T) {
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	cut := beginning + `1,"previous":"","began`
	if err := os.WriteFile(name, []byte(cut), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Append(name, Record{}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	if len(lines) != 3 || lines[0] != cut || !strings.Contains(lines[1], `"previous":"`+sum([]byte(cut))) {
		t.Errorf("%q", lines)
	}
}

// disk is a log on a disk that is full after so many bytes.
type disk struct {
	data []byte
	room int
	bad  error // of Sync
}

func (d *disk) ReadAt(p []byte, at int64) (int, error) { return bytes.NewReader(d.data).ReadAt(p, at) }
func (d *disk) Sync() error                            { return d.bad }
func (d *disk) Truncate(size int64) error              { d.data = d.data[:size]; return nil }
func (d *disk) Write(p []byte) (int, error) {
	n := min(len(p), d.room)
	d.data = append(d.data, p[:n]...)
	if n < len(p) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func TestAFullDiskLeavesNoHalfALine(t *testing.T) {
	for _, d := range []*disk{{room: 0}, {room: 50}, {room: 1 << 20, bad: syscall.EIO}} {
		before := []byte(beginning + "1}\n")
		d.data = bytes.Clone(before)
		if digest, err := appendTo(d, int64(len(d.data)), Record{}); err == nil || digest != "" || !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EIO) {
			t.Errorf("%q, %v", digest, err)
		}
		if diff := cmp.Diff(string(before), string(d.data)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestClean(t *testing.T) {
	key := "aB3" + strings.Repeat("xY7z", 10) // looks like a key
	for in, want := range map[string]string{
		"--fail-on=secret=any,dependency=critical":                        "--fail-on=secret=any,dependency=critical",
		"registry.example/team/shop:1@sha256:" + strings.Repeat("0a", 32): "registry.example/team/shop:1@sha256:" + strings.Repeat("0a", 32),
		"oci://r.example/shop@sha256:" + strings.Repeat("0a", 32):         "oci://r.example/shop@sha256:" + strings.Repeat("0a", 32),
		"a\nb\x1b[31m": "a b[31m",
		"--target=https://u:p@h.example/a?token=x":    "--target=https://[removed]@h.example/a?[removed]",
		"https://h.example/?a=u@b":                    "https://[removed]",
		"https://u:p@h.example/a":                     "https://[removed]@h.example/a",
		"https://u:p/w@h.example/a":                   "https://[removed]@h.example/a",
		"https://u:p?w@h.example/a":                   "https://[removed]",
		"https://h.example/a?b=c#d":                   "https://h.example/a?[removed]",
		"https://h.example/a#b":                       "https://h.example/a#[removed]",
		"https://h.example/?u=https://a:b@c":          "https://[removed]",
		"localhost:80/?code=1":                        "localhost:80/?[removed]",
		"user:pa@ss@h.example/shop":                   "[removed]@h.example/shop",
		"password=hunter2":                            "password=[removed]",
		"--api-key: hunter2":                          "--api-key: [removed]",
		"Authorization: Bearer abc":                   "Authorization: [removed] abc",
		"x=" + "ghp" + "_" + strings.Repeat("a1", 18): "x=[removed]",
		key:                       "[removed]",
		"--results=" + key + "==": "--results=[removed]==",
		"--results=Report-Of-Team-Shop-2026-11-23-Nightly.json": "--results=Report-Of-Team-Shop-2026-11-23-Nightly.json",
		strings.Repeat("0f", 20):                                strings.Repeat("0f", 20),
	} {
		if got := Clean(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	if got := Clean(strings.Repeat("ü", 1<<20)); len([]rune(got)) > MaxText {
		t.Errorf("%d runes", len([]rune(got)))
	}
}
