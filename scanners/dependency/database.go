package dependency

import (
	"context"
	"fmt"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb"
)

// open refreshes the database, where that is wanted, and opens it. A refresh
// that failed is a note when there is a database all the same, and the error
// when there is none.
func (s *Scanner) open(ctx context.Context) (*vulndb.DB, []finding.Note, error) {
	problem := s.refresh(ctx)
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	db, err := vulndb.Open(s.options.DB)
	switch {
	case problem == nil:
		return db, nil, err
	case err != nil:
		return nil, nil, fmt.Errorf("no usable vulnerability database in %s, and it could not be downloaded: %w: run `scangate db update`, or name another directory with --db DIR", s.options.DB, problem)
	}
	return db, []finding.Note{{Level: finding.Warning, Message: "vulnerability database could not be refreshed, so the one from " +
		db.UpdatedAt().UTC().Format(time.RFC3339) + " is used: " + text.OneLine(problem.Error(), 500)}}, nil
}

// refresh leaves half of the time for the scan: slow mirrors must not keep it
// from using what is there.
func (s *Scanner) refresh(ctx context.Context) error {
	if s.options.Refresh == nil {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	return s.options.Refresh(ctx)
}
