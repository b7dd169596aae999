# SPDX-License-Identifier: Apache-2.0
"""What the sampler inside of a launched command costs it: CPU time of pairs of an allocation and a free
(pairs.c), untraced and under ebprof heap as it comes; a block is each of these twice, in an order drawn anew.
tight and ring do nothing else, paced makes some 7 million pairs a second. And the memory that it adds."""
import os
import statistics

import host
from measure import PAIRS, Failed, blocks, figures, row_of_figure, row_of_ratio

LOOPS = {"paced": 7_000_000, "ring": 20_000_000, "tight": 60_000_000}
BARS = {"paced": ("<=", 1.05), "ring": None, "tight": ("<=", 1.3)}
PAIR_NS = ("<=", 2)
MEMORY_MB = ("<=", 5)


def pairs(load, *before):
    argv = [*before, host.program("pairs"), load, str(LOOPS[load])]
    status, out, err = host.call(argv, 60)
    if status or not out.strip():
        raise Failed(f"{' '.join(argv)}: exit status {status}: {err.strip()}")
    cpu_ns, kib = map(int, out.split())
    return {"cpu_ns": cpu_ns, "pair_ns": cpu_ns / LOOPS[load], "kib": kib}


def sampled(b, load):
    return pairs(load, host.EBPROF, "heap", "-q", "-o", os.path.join(b.scratch, "pairs.pb.gz"), "--")


def rows_of_load(b, load):
    def untraced():
        return pairs(load)

    def under():
        return sampled(b, load)

    arms = {"untraced": untraced, "untraced again": untraced, "sampled": under, "sampled again": under}
    runs = blocks(b, arms, b.count(PAIRS))
    ns = figures(runs, lambda run: run["pair_ns"])
    ratio = row_of_ratio(f"CPU time / untraced, {load}", ns["sampled"], ns["untraced"], ns["sampled again"], b.rng, BARS[load])
    ratio.note(" ".join(f"{arm} {statistics.median(ns[arm]):.2f} ns," for arm in arms))
    added = [a - u for a, u in zip(ns["sampled"] + ns["sampled again"], ns["untraced"] + ns["untraced again"])]
    rows = [ratio, row_of_figure(f"ns a pair, {load}", added, b.rng, PAIR_NS, "{:.2f}")]
    if load == "ring":
        kib = figures(runs, lambda run: run["kib"])
        more = [(a - u) / 1000 for a, u in zip(kib["sampled"], kib["untraced"])]
        rows.append(row_of_figure("memory added, MB", more, b.rng, MEMORY_MB, "{:.2f}"))
    return rows


def preload(b):
    """what the sampler inside of a launched command costs it"""
    return b.judge([row for load in LOOPS for row in rows_of_load(b, load)], PAIRS, 1)


BENCHES = {"preload": preload}
