package check

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// evaluation is one input that is judged.
type evaluation struct {
	set    *Set
	in     Input
	input  *ast.Term
	caches map[*ast.Compiler]topdown.VirtualCache // what rules came to, for those that ask again
}

// maxTime bounds the time of one built-in rule on one input. What takes longer
// is taken for a fault: the checks take milliseconds.
const maxTime = time.Minute

// inputTime bounds the time of all checks on one input: a root module may hold
// thousands of resources, an object or a Dockerfile does not.
func (in Input) inputTime() time.Duration {
	if in.Source == Cloud || in.Source == TerraformRaw {
		return 10 * time.Minute
	}
	return time.Minute
}

func (e *evaluation) run(ctx context.Context, list []*executable) ([]Verdict, error) {
	txn, err := e.set.store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer e.set.store.Abort(ctx, txn)
	var teamTxn storage.Transaction
	if e.set.teamStore != nil {
		if teamTxn, err = e.set.teamStore.NewTransaction(ctx); err != nil {
			return nil, err
		}
		defer e.set.teamStore.Abort(ctx, teamTxn)
	}
	var out []Verdict
	end := time.Now().Add(e.in.inputTime())
	for _, x := range list {
		if time.Now().After(end) {
			e.set.failures.add(x.check, errTime) // and so would the rest
			break
		}
		if e.caches[x.compiler] == nil {
			e.caches[x.compiler] = topdown.NewVirtualCache()
		}
		var found []Verdict
		var err error
		if x.team != nil {
			found, err = e.teamCheck(ctx, teamTxn, x)
		} else {
			found, err = e.builtinCheck(ctx, txn, x)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			e.set.failures.add(x.check, err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// builtinCheck runs the rules of a built-in check. Those that fail do not keep
// the others from being run.
func (e *evaluation) builtinCheck(ctx context.Context, txn storage.Transaction, x *executable) (out []Verdict, failure error) {
	for _, body := range x.rules {
		query := topdown.NewQuery(body).WithStore(e.set.store).WithTransaction(txn).WithBuiltins(e.set.functions)
		found, err := e.rule(ctx, x, query, &limit{unbounded: true}, maxTime)
		if err != nil {
			failure = err
			continue
		}
		out = append(out, found...)
	}
	return out, failure
}

// teamCheck runs the rule of a team's check, unless the team makes an
// exception of the input.
func (e *evaluation) teamCheck(ctx context.Context, txn storage.Transaction, x *executable) ([]Verdict, error) {
	query := func(body ast.Body) *topdown.Query {
		return topdown.NewQuery(body).WithStore(e.set.teamStore).WithTransaction(txn).WithBuiltins(guarded())
	}
	if x.exception != nil {
		excepted, err := e.holds(ctx, x, query(x.exception))
		if err != nil || excepted {
			return nil, err
		}
	}
	var out []Verdict
	for _, body := range x.rules {
		found, err := e.rule(ctx, x, query(body), &limit{}, e.set.teamTime)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// holds reports whether a query has an answer.
func (e *evaluation) holds(ctx context.Context, x *executable, q *topdown.Query) (yes bool, err error) {
	err = e.iterate(ctx, x, q, &limit{}, e.set.teamTime, func(topdown.QueryResult) error {
		yes = true
		return nil
	})
	return yes, err
}

// rule runs one rule.
func (e *evaluation) rule(ctx context.Context, x *executable, q *topdown.Query, l *limit, within time.Duration) (out []Verdict, err error) {
	err = e.iterate(ctx, x, q, l, within, func(r topdown.QueryResult) error {
		found, err := e.verdicts(x, r[verdictVar])
		out = append(out, found...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// iterate runs a query within a time.
func (e *evaluation) iterate(ctx context.Context, x *executable, q *topdown.Query, l *limit, within time.Duration, each func(topdown.QueryResult) error) (err error) {
	defer func() {
		if r := recover(); r != nil { // the evaluator does, on numbers that no format should hold
			err = fmt.Errorf("the evaluator failed: %v", r)
		}
	}()
	limited, release := context.WithTimeout(ctx, within)
	defer release()
	stop := context.AfterFunc(limited, l.Cancel)
	defer stop()
	err = q.WithCompiler(x.compiler).
		WithVirtualCache(e.caches[x.compiler]).
		WithTime(e.set.now).
		WithInput(e.input).
		WithCancel(l).
		Iter(ctx, each)
	switch {
	case l.reason != nil:
		return l.reason
	case topdown.IsCancel(err) && limited.Err() != nil && ctx.Err() == nil:
		return errTime
	case err != nil:
		var halt topdown.Halt
		if errors.As(err, &halt) {
			return halt.Err
		}
	}
	return err
}
