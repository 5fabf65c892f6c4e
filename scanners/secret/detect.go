package secret

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// detect runs the sources one after the other and spreads their fragments over
// jobs goroutines. The order in which hits arrive does not matter to the
// collector.
func detect(ctx context.Context, e engine, sources []source, jobs int, found *collector) error {
	group, ctx := errgroup.WithContext(ctx)
	queue := make(chan fragment, 2*jobs)
	group.Go(func() error {
		defer close(queue)
		yield := func(f fragment) error {
			select {
			case queue <- f:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		for _, src := range sources {
			if err := src.fragments(ctx, yield); err != nil {
				return err
			}
		}
		return nil
	})
	for range jobs {
		group.Go(func() error {
			for f := range queue {
				hits, err := e.detect(ctx, f)
				if err != nil {
					return err
				}
				if err := found.add(f, hits); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}
