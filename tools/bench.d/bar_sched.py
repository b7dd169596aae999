# SPDX-License-Identifier: Apache-2.0
"""What watching waits costs the watched: CPU time of two processes that hand a byte to each other 200,000
times (pipes.c), untraced, under ebprof offcpu by each hook, and under a program that takes stacks at every
switch (atswitch.bpf.c), which is how off-CPU profilers usually do it.

A block is each of these once, in an order drawn anew. What is added per switch by ebprof is also put in
proportion to what the other program adds.
"""
import os
import statistics
import subprocess

import host
from measure import PAIRS, Failed, blocks, figures, median_interval, row_of_ratio, Row

LOOPS = 200000
BARS = {"exit": ("<=", 1.25), "finish": ("<=", 1.25), "out": ("<=", 1.6)}
ADDED = ("<=", 0.15)


def pipes(*before):
    argv = [*before, host.program("pipes"), str(LOOPS)]
    status, out, err = host.call(argv, 30)
    if status or not out.strip():
        raise Failed(f"{' '.join(argv)}: exit status {status}: {err.strip()}")
    return {"cpu_ns": int(out)}


def under_ebprof(b, hook):
    profile = os.path.join(b.scratch, "waits.pb.gz")
    return pipes(host.EBPROF, "offcpu", "-q", "--sched-hook", hook, "-o", profile, "--")


def under_atswitch():
    with subprocess.Popen([host.program("atswitch")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as p:
        if not p.stdout.readline():
            raise Failed("atswitch did not start")
        return pipes()


def hooks():
    """Those that this kernel has."""
    with open("/proc/kallsyms", encoding="ascii", errors="replace") as f:
        has_exit = any(line.split()[2] == "__traceiter_sched_exit_tp" for line in f)
    yield from ["exit"] if has_exit else []
    yield from ["finish"] if os.path.exists("/sys/bus/event_source/devices/kprobe/type") else []
    yield "out"


def row_of_added(b, hook, ns):
    shares = [
        (mine - alone) / (other - alone) for mine, alone, other in zip(ns[hook], ns["untraced"], ns["atswitch"])
    ]
    low, high = median_interval(shares, b.rng)
    bar = ADDED if hook != "out" else None
    return Row(f"added CPU time / a program's with stacks at each switch, {hook}", statistics.median(shares), low, high, None, bar)


def waits(b):
    """what watching waits costs two processes that switch all the time"""
    cnt, found = b.count(PAIRS), list(hooks())
    arms = {"untraced": pipes, "untraced again": pipes, "atswitch": under_atswitch}
    arms |= {hook: lambda hook=hook: under_ebprof(b, hook) for hook in found}
    ns = figures(blocks(b, arms, cnt), lambda run: run["cpu_ns"])
    rows = []
    for hook in found:
        row = row_of_ratio(f"CPU time / untraced, {hook}", ns[hook], ns["untraced"], ns[hook], b.rng, BARS[hook])
        row.noise = median_interval([a / c for a, c in zip(ns["untraced"], ns["untraced again"])], b.rng)
        row.note(
            f"a switch: untraced {statistics.median(ns['untraced']) / LOOPS / 2:.0f} ns,"
            f" {hook} {statistics.median(ns[hook]) / LOOPS / 2:.0f}, stacks at each switch"
            f" {statistics.median(ns['atswitch']) / LOOPS / 2:.0f}"
        )
        rows += [row, row_of_added(b, hook, ns)]
    return b.judge(rows, PAIRS, 0)


BENCHES = {"waits": waits}
