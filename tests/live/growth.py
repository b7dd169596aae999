#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""growth.py TARGET-OUTPUT GOT RATE: what the target growth says it brought in beside "FUNCTION BYTES" of a
profile. Prints "FUNCTION WANT GOT Z". The variance of a sum over n changes of s pages is n s^2 (1 - p) / p with
p = 1 - e^(-s / RATE); of files the kernel brings in up to 16 pages around a fault. What the C library and the
kernel do beside it is taken as 1 % and 64 pages."""
import math
import sys

PAGE = 4096
PAGES = {"f_file": 16, "f_huge": 512}


def main():
    rate = float(sys.argv[3]) / PAGE
    got = dict(line.split() for line in open(sys.argv[2]))
    for line in open(sys.argv[1]):
        words = line.split()
        if len(words) != 2 or not words[0].startswith("f_"):
            continue
        want, have = float(words[1]) / PAGE, float(got.get(words[0], 0)) / PAGE
        size = PAGES.get(words[0], 1)
        p = -math.expm1(-size / rate) if rate > 1 else 1
        variance = want / size * size**2 * (1 - p) / p
        z = (abs(have - want) - 0.01 * want - 64) / math.sqrt(variance + 1)
        print(words[0], round(want * PAGE), round(have * PAGE), f"{max(z, 0):.2f}")


main()
