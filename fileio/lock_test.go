package fileio

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

func TestLock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := Lock(ctx, name); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second lock: %v", err)
	}
	time.AfterFunc(30*time.Millisecond, unlock)
	again, err := Lock(t.Context(), name)
	if err != nil {
		t.Fatalf("a lock that was let go: %v", err)
	}
	again()
	if _, err := Lock(t.Context(), filepath.Join(name, "lock")); err == nil {
		t.Error("a lock below a file")
	}
}
