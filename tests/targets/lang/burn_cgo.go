// SPDX-License-Identifier: Apache-2.0

// burn_cgo [SECONDS]: Go that calls C that calls Go again, on two goroutines.
package main

/*
void go_burn(int depth, long turns);

static __attribute__((noinline)) void c_spin(long turns)
{
	while (turns-- > 0)
		__asm__ volatile("" : : "r"(turns) : "memory");
}

static __attribute__((noinline)) void c_burn(int depth, long turns)
{
	c_spin(turns);
	if (depth > 0)
		go_burn(depth - 1, turns);
	__asm__ volatile("");
}
*/
import "C"

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

//go:noinline
func spin(turns int) (sum int) {
	for i := 0; i < turns; i++ {
		sum += i % 7
	}
	return
}

//export go_burn
func go_burn(depth C.int, turns C.long) {
	spin(int(turns))
	C.c_burn(depth, turns)
}

func main() {
	seconds := 5.0
	if len(os.Args) > 1 {
		seconds, _ = strconv.ParseFloat(os.Args[1], 64)
	}
	end := time.Now().Add(time.Duration(seconds * 1e9))
	fmt.Println("ready")
	var wait sync.WaitGroup
	for i := 0; i < 2; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			turns := 0
			for ; time.Now().Before(end); turns++ {
				C.c_burn(2, 100000)
			}
			fmt.Println("turns", turns)
		}()
	}
	wait.Wait()
}
