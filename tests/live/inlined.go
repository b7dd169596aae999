// SPDX-License-Identifier: Apache-2.0
// Burns CPU time for less than a second in spin(), with (*T).M and mix inlined in it.
package main

import "time"

type T struct{ n uint64 }

func (t *T) M(x uint64) uint64 { return mix(t.n ^ x) }

func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>29
}

//go:noinline
func spin(t *T) {
	for i := uint64(0); i < 1000000; i++ {
		t.n = t.M(i)
	}
}

func main() {
	t := &T{1}
	for end := time.Now().Add(800 * time.Millisecond); time.Now().Before(end); {
		spin(t)
	}
}
