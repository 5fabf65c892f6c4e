package helm

import "context"

// Work is counted in units of about 100 ns.
const (
	workOfChart  = 6_000_000
	sharesOfWork = 3 // a template gets a third, so that one cannot use up what the others need
	checkContext = 4_096
)

const (
	maxString = 4 << 20 // bytes of one value made by a function
	maxOutput = 8 << 20 // bytes that a chart renders to
	maxDepth  = 100     // of values in values
	maxCalls  = 200     // of templates in templates
	maxNest   = 100     // of blocks in blocks, and of parentheses in parentheses
)

// limit is an error of ours that may be shown as it is.
type limit string

func (l limit) Error() string { return string(l) }

const (
	errWork   limit = "it takes too much work to render"
	errDeep   limit = "a value is nested too deep, or contains itself"
	errBig    limit = "a value is too big"
	errOutput limit = "the chart renders to too much text"
	errCalls  limit = "templates call each other too deep"
)

// budget is the work that may still be done. Its error stays until the next
// template begins, so that loops which cannot return an error may ignore it.
type budget struct {
	ctx    context.Context
	share  int // of a template
	chart  int // units left
	now    int // units left for what is being done
	output int // bytes left
	tick   int
	err    error
}

func newBudget(ctx context.Context, work int) *budget {
	return &budget{ctx: ctx, chart: work, share: work / sharesOfWork, now: work / sharesOfWork, output: maxOutput}
}

// begin grants a template its share of what is left.
func (b *budget) begin() {
	b.err = b.ctx.Err()
	b.now = b.share
	b.tick = 0
}

// spend charges n units, and returns an error when there is none left or the
// context is done.
func (b *budget) spend(n int) error {
	if b.err != nil {
		return b.err
	}
	if n < 0 || n > workOfChart {
		n = workOfChart
	}
	b.now -= n
	b.chart -= n
	if b.now < 0 || b.chart < 0 {
		b.err = errWork
		return b.err
	}
	if b.tick += n; b.tick >= checkContext {
		b.tick = 0
		b.err = b.ctx.Err()
	}
	return b.err
}

// bytes charges for text that was made.
func (b *budget) bytes(n int) error {
	if n < 0 || n > maxString {
		return errBig
	}
	return b.spend(n/16 + 1)
}
