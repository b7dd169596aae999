// SPDX-License-Identifier: Apache-2.0

// burn [SECONDS]: goroutines that compute, make garbage, sort, and talk to each other.
package main

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"
)

type node struct {
	left, right *node
	value       int
}

//go:noinline
func tree(depth, value int) *node {
	if depth == 0 {
		return nil
	}
	return &node{tree(depth-1, 2*value), tree(depth-1, 2*value+1), value}
}

//go:noinline
func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.left.sum() + n.right.sum() + n.value
}

//go:noinline
func words(count int) int {
	list := make([]string, count)
	seen := map[string]int{}
	for i := range list {
		list[i] = "item " + strconv.Itoa(i*7919%count)
		seen[list[i]]++
	}
	sort.Slice(list, func(i, j int) bool { return list[i] < list[j] })
	return len(seen)
}

func worker(end time.Time, in <-chan int, out chan<- int) {
	for n := range in {
		n += tree(10, n).sum() + words(200)
		if time.Now().After(end) {
			close(out)
			return
		}
		out <- n
	}
}

func main() {
	seconds := 5.0
	if len(os.Args) > 1 {
		seconds, _ = strconv.ParseFloat(os.Args[1], 64)
	}
	end := time.Now().Add(time.Duration(seconds * 1e9))
	fmt.Println("ready")
	var wait sync.WaitGroup
	for i := 0; i < 3; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			to, from := make(chan int), make(chan int)
			go worker(end, to, from)
			turns := 0
			for more := true; more; turns++ {
				to <- turns
				_, more = <-from
			}
			fmt.Println("turns", turns)
		}()
	}
	wait.Wait()
}
