// SPDX-License-Identifier: Apache-2.0

// growth SECONDS: a Go program that brings in 64 MiB at a SIGUSR1 and lives for SECONDS more.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

const bytes = 64 << 20

var kept [][]byte

//go:noinline
func grow() {
	for len(kept) < 64 {
		b := make([]byte, bytes/64)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		kept = append(kept, b)
	}
}

func main() {
	seconds, _ := strconv.Atoi(os.Args[1])
	begin := make(chan os.Signal, 1)
	signal.Notify(begin, syscall.SIGUSR1)
	fmt.Println("ready")
	<-begin
	grow()
	fmt.Printf("main.grow %d\ndone\n", bytes)
	time.Sleep(time.Duration(seconds) * time.Second)
}
