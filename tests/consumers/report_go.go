// SPDX-License-Identifier: Apache-2.0

// report_go DIR: writes what Go's own profiler says of this program, goheap.pb.gz and gocpu.pb.gz, with inlined
// functions, generic ones and labels.
package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

type tree[T any] struct {
	left, right *tree[T]
	value       T
}

var kept []any

func grow[T any](depth int, value T) *tree[T] {
	if depth == 0 {
		return nil
	}
	return &tree[T]{grow(depth-1, value), grow(depth-1, value), value}
}

func text(n int) []byte { return make([]byte, n) }

func texts(cnt, n int) {
	for i := 0; i < cnt; i++ {
		kept = append(kept, text(n))
	}
}

func add(a, b uint64) uint64 { return a*31 + b }

func burn(until time.Time) (sum uint64) {
	for time.Now().Before(until) {
		for i := uint64(0); i < 100000; i++ {
			sum = add(sum, i)
		}
	}
	return
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	cpu, err := os.Create(filepath.Join(os.Args[1], "gocpu.pb.gz"))
	must(err)
	must(pprof.StartCPUProfile(cpu))
	var wg sync.WaitGroup
	for _, name := range []string{"first", "second"} {
		wg.Add(1)
		go pprof.Do(context.Background(), pprof.Labels("worker", name), func(context.Context) {
			defer wg.Done()
			kept = append(kept, burn(time.Now().Add(400*time.Millisecond)))
		})
	}
	wg.Wait()
	pprof.StopCPUProfile()
	must(cpu.Close())

	texts(300, 40000)
	kept = append(kept, grow(16, 1), grow(14, "text"))
	runtime.GC()
	heap, err := os.Create(filepath.Join(os.Args[1], "goheap.pb.gz"))
	must(err)
	must(pprof.Lookup("allocs").WriteTo(heap, 0))
	must(heap.Close())
}
