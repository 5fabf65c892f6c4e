package iac

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// Evaluating infrastructure code makes much garbage and keeps little: with Go's
// defaults, every third of the time goes into collecting it. While a scan runs,
// the heap may grow to heapGoal before it is collected; a heap that is really
// used beyond that is collected as ever. The setting belongs to the process,
// so it is given back, and left alone where the environment has one.
const heapGoal = 96 << 20 // bytes

const (
	leastPercent = 100 // Go's default
	mostPercent  = 800
)

var heap struct {
	sync.Mutex
	users  int
	before int // GC percent to go back to
}

// roomyHeap starts, and the function that it returns ends it.
func roomyHeap() (end func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	heap.Lock()
	defer heap.Unlock()
	if heap.users++; heap.users == 1 {
		heap.before = debug.SetGCPercent(heapPercent())
		afterCollection()
	}
	return sync.OnceFunc(func() {
		heap.Lock()
		defer heap.Unlock()
		if heap.users--; heap.users == 0 {
			debug.SetGCPercent(heap.before)
		}
	})
}

// afterCollection adjusts the setting after every collection, for as long as it
// is needed: an object that nothing refers to is finalized by each.
func afterCollection() {
	type sentinel struct{ _ [16]byte }
	runtime.SetFinalizer(&sentinel{}, func(*sentinel) {
		heap.Lock()
		defer heap.Unlock()
		if heap.users > 0 {
			debug.SetGCPercent(heapPercent())
			afterCollection()
		}
	})
}

// heapPercent is by how much the heap may grow until it has heapGoal.
func heapPercent() int {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	live := uint64(4 << 20) // where Go starts
	if sample[0].Value.Kind() == metrics.KindUint64 {
		live = max(live, sample[0].Value.Uint64())
	}
	percent := int(heapGoal*100/live) - 100
	return min(max(percent, leastPercent), mostPercent)
}
