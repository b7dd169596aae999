// SPDX-License-Identifier: Apache-2.0

// locks [SECONDS [COUNT]]: goroutines that hold up each other at a sync.Mutex and a channel, for SECONDS, or until
// the mutex was taken COUNT times; prints the milliseconds that they have waited for the mutex.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

var (
	mutex  sync.Mutex
	waited int64
	taken  int64
)

func argument(i int, otherwise float64) float64 {
	if len(os.Args) > i {
		otherwise, _ = strconv.ParseFloat(os.Args[i], 64)
	}
	return otherwise
}

//go:noinline
func hold(d time.Duration) {
	from := time.Now()
	mutex.Lock()
	atomic.AddInt64(&waited, int64(time.Since(from)))
	time.Sleep(d)
	atomic.AddInt64(&taken, 1)
	mutex.Unlock()
}

func main() {
	end := time.Now().Add(time.Duration(argument(1, 3) * 1e9))
	count := int64(argument(2, 0))
	d := 2 * time.Millisecond
	if count > 0 {
		d = 20 * time.Microsecond
	}
	over := func() bool { return time.Now().After(end) || (count > 0 && atomic.LoadInt64(&taken) >= count) }
	channel := make(chan int)
	var all sync.WaitGroup
	fmt.Println("ready", os.Getpid())
	for i := 0; i < 4; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for !over() {
				hold(d)
			}
		}()
	}
	go func() {
		for {
			channel <- 1
		}
	}()
	for !over() {
		<-channel
		time.Sleep(d)
	}
	all.Wait()
	fmt.Println("waited", waited/1e6)
}
