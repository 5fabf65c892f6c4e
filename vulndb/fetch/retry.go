package fetch

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	maxTries      = 3                // in a row without a byte gained
	maxTriesInAll = 10               // of one server
	maxRetryAfter = 10 * time.Second // a server that wants more has lost its turn

	// FirstPause is how long the first pause between two tries is on average.
	FirstPause = 500 * time.Millisecond
)

// Temporary reports whether the same request may work a little later.
func Temporary(err error) bool {
	var status StatusError
	if errors.As(err, &status) {
		return status.Status == http.StatusTooManyRequests || status.Status == http.StatusRequestTimeout || status.Status >= 500
	}
	var network NetworkError
	return errors.As(err, &network)
}

// RetryAfter reads the header, which has seconds or a date; 0 where there is
// none.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(time.Duration(seconds)*time.Second, 0)
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}

// pauseBefore is how long to wait before the next try, of which n failed: with
// jitter, so that jobs that failed together do not come back together. It is
// not worth it when the server wants more time than anybody has.
func pauseBefore(err error, n int) (pause time.Duration, worth bool) {
	pause = time.Duration((0.5 + rand.Float64()) * float64(FirstPause<<min(n, 4)))
	var status StatusError
	if errors.As(err, &status) && status.After > 0 {
		return max(pause, status.After), status.After <= maxRetryAfter
	}
	return pause, true
}

// Persist calls try until it works, cannot work, or has been called often
// enough. Tries that gained something do not count against it. It waits with
// pause, Sleep if that is nil.
func Persist(ctx context.Context, pause func(context.Context, time.Duration) error, try func() (gained bool, err error)) error {
	if pause == nil {
		pause = Sleep
	}
	failed := 0
	for range maxTriesInAll {
		gained, err := try()
		if err == nil || !Temporary(err) || ctx.Err() != nil {
			return err
		}
		if failed++; gained {
			failed = 1
		}
		wait, worth := pauseBefore(err, failed-1)
		if failed >= maxTries || !worth {
			return err
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
	return errors.New("the connection was cut again and again")
}

// Sleep waits, or ends with the context.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
