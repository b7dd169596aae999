#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""heap.py TARGET-OUTPUT GOT RATE: what the target heap says it allocated beside "TYPE FUNCTION VALUE" of a
profile. Prints "FUNCTION TYPE WANT GOT Z". The variance of a sum over blocks of one size s is
n v^2 (1 - p) / p with p = 1 - e^(-s / RATE); a function's sizes are the target's."""
import math
import re
import sys

# In units of its own count: the sizes that each function's blocks have, and their parts.
SIZES = {
    "f_small": [48], "f_medium": [8192], "f_large": [1 << 20], "f_calloc": [16384],
    "f_realloc": [1000] + list(range(10000, 100001, 10000)), "f_aligned": [40000, 24000, 12800],
    "f_leak": [20000], "f_null": [5000],
}


def main():
    rate = float(sys.argv[3])
    got = {}
    for line in open(sys.argv[2]):
        kind, function, value = line.split()
        got[kind, function] = float(re.sub(r"[^0-9.e+-]", "", value))
    for line in open(sys.argv[1]):
        words = line.split()
        if len(words) != 5:
            continue
        function, counts = words[0], list(map(int, words[1:]))
        values = dict(alloc_objects=counts[0], alloc_space=counts[1],
                      inuse_objects=counts[2], inuse_space=counts[3])
        for kind, want in values.items():
            have = got.get((kind, function), 0)
            if not want and not have:
                continue
            sizes = SIZES[function]
            variance = 0
            for size in sizes:
                p = -math.expm1(-size / rate)
                value = size if kind.endswith("space") else 1
                variance += counts[0 if kind.startswith("alloc") else 2] / len(sizes) * value ** 2 * (1 - p) / p
            # Values are rounded by stack, and printed as whole numbers.
            z = (have - want) / math.sqrt(variance + len(sizes) ** 2 + 1)
            print(function, kind, want, round(have), f"{z:.2f}")


main()
