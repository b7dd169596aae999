# SPDX-License-Identifier: Apache-2.0
"""What ebprof itself takes while it captures every process for 30 seconds at its usual rate: CPU time
between the first sample and the end (own.cpu_ns of --stats), in percent of one core, and anonymous memory
at the end.

idle: with nothing else running. What the machine did beside is shown: on a host that is not idle the
figure is too high, never too low, so a bar that is met stays met, and one that is missed is not resolved.
build: while make -j2 builds a C project again and again: many short processes that are new each time.
"""
import statistics

import host
from measure import row_of_figure

RUNS = 6
SECONDS = 30
IDLE_CORES = 0.1  # more than that beside ebprof is no idle host


def captures(b, arm):
    cnt, seconds = b.count(RUNS), b.seconds(SECONDS)
    return [b.keep(arm, host.ebprof(b.scratch, seconds, "-a"), run=run) for run in range(cnt)]


def percent(runs, what):
    return [100 * run["own"][what] / run["duration_ns"] for run in runs]


def others(runs):
    """Cores that were busy with something else."""
    return [run["around"]["busy"] - run["own"]["cpu_ns"] / run["duration_ns"] for run in runs]


def rows(b, runs, name, cpu_bar, memory_bar):
    cpu = row_of_figure(f"own CPU, {name}, % of a core", percent(runs, "cpu_ns"), b.rng, cpu_bar)
    memory = row_of_figure(
        f"anonymous memory, {name}, MB", [r["own"]["memory_bytes"] / 1e6 for r in runs], b.rng, memory_bar, "{:.1f}"
    )
    finish = row_of_figure(
        f"finish, {name}, ms", [r["own"]["finish_ns"] / 1e6 for r in runs], b.rng, None, "{:.0f}"
    )
    beside, mean = others(runs), statistics.mean
    cpu.note(
        f"BPF {mean(percent(runs, 'bpf_ns')):.4f} % of a core; beside it {mean(beside):.2f} cores were busy"
        f" ({min(beside):.2f} .. {max(beside):.2f}), stolen {mean(r['around']['steal'] for r in runs):.2f},"
        f" {mean(r['around']['forks'] for r in runs):.0f} new processes a second"
    )
    cpu.note(
        f"a run: {mean(r['samples'] for r in runs):.0f} samples, {mean(r['processes'] for r in runs):.0f} processes sampled,"
        f" {mean(r['drains'] for r in runs):.0f} drains; lost: {host.lost_text(runs)}"
    )
    return b.judge([cpu, memory, finish], RUNS, SECONDS)


def idle(b):
    """ebprof's own CPU time and memory on an idle host"""
    runs = captures(b, "idle")
    got = rows(b, runs, "idle", ("<=", 0.5), ("<=", 40))
    busy = statistics.median(others(runs))
    if busy > IDLE_CORES and got[0].missed:
        got[0].verdict = f"not resolved: {busy:.2f} cores were busy"
    return got


def build(b):
    """the same while make -j2 builds a C project"""
    with host.compiling(b.scratch):
        runs = captures(b, "build")
    return rows(b, runs, "make -j2", ("<=", 3), None)


BENCHES = {"idle": idle, "build": build}
