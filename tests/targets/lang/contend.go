// SPDX-License-Identifier: Apache-2.0

// contend [SECONDS]: a goroutine that reads a pipe by the kernel's own call, which costs its thread, and two
// that hand a value to each other by channels, which costs none. Says NAME NANOSECONDS of each.
package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

//go:noinline
func readPipe(fd int) bool {
	var b [1]byte
	n, err := syscall.Read(fd, b[:])
	return n == 1 && err == nil
}

//go:noinline
func handOver(c chan int) int {
	return <-c
}

func main() {
	seconds := 2.0
	if len(os.Args) > 1 {
		seconds, _ = strconv.ParseFloat(os.Args[1], 64)
	}
	end := time.Now().Add(time.Duration(seconds * 1e9))
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		panic(err)
	}
	values, done := make(chan int), make(chan bool)
	var inPipe, inChannel time.Duration
	go func() {
		for more := true; more; {
			from := time.Now()
			more = readPipe(ends[0])
			inPipe += time.Since(from)
		}
		done <- true
	}()
	go func() {
		for more := 1; more > 0; {
			from := time.Now()
			more = handOver(values)
			inChannel += time.Since(from)
		}
		done <- true
	}()
	fmt.Println("ready")
	for time.Now().Before(end) {
		time.Sleep(5 * time.Millisecond)
		syscall.Write(ends[1], []byte("x"))
		values <- 1
	}
	syscall.Close(ends[1])
	close(values)
	<-done
	<-done
	fmt.Println("main.readPipe", inPipe.Nanoseconds())
	fmt.Println("main.handOver", inChannel.Nanoseconds())
}
