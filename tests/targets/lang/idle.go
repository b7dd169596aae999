// SPDX-License-Identifier: Apache-2.0

// idle [SECONDS]: threads that have no goroutine to run, and beside them goroutines that wait for a
// sync.Mutex: two as usual, which costs no thread, one that has a thread of its own, which waits too.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

var mutex sync.Mutex

//go:noinline
func lock() {
	mutex.Lock()
	mutex.Unlock()
}

//go:noinline
func spin(end time.Time) (turns int) {
	for time.Now().Before(end) {
		turns++
	}
	return
}

func main() {
	seconds := 5.0
	if len(os.Args) > 1 {
		seconds, _ = strconv.ParseFloat(os.Args[1], 64)
	}
	runtime.GOMAXPROCS(4)
	end := time.Now().Add(time.Duration(seconds * 1e9))
	var wait sync.WaitGroup
	mutex.Lock()
	for i := 0; i < 3; i++ {
		own := i == 0
		wait.Add(1)
		go func() {
			defer wait.Done()
			if own {
				runtime.LockOSThread()
			}
			lock()
		}()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go listener.Accept()
	fmt.Println("ready")
	// Work for all threads now and then, so that they are there.
	for time.Now().Before(end) {
		var burst sync.WaitGroup
		for i := 0; i < 4; i++ {
			burst.Add(1)
			go func() {
				defer burst.Done()
				spin(time.Now().Add(2 * time.Millisecond))
			}()
		}
		burst.Wait()
		time.Sleep(100 * time.Millisecond)
	}
	mutex.Unlock()
	wait.Wait()
}
