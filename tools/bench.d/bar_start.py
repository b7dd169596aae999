# SPDX-License-Identifier: Apache-2.0
"""How long it takes from the program's start to the first sample that counts, for every process of the
machine; and what 500 more processes add to that and to the anonymous memory. Each of them lives, wakes
once a second and works for a millisecond, so that most are sampled."""
import host
from measure import row_of_figure

RUNS = 20
CROWD = 500
CROWD_RUNS = 5
CROWD_SECONDS = 10


def starts(b, arm, cnt, seconds):
    return [b.keep(arm, host.ebprof(b.scratch, seconds, "-a"), run=run) for run in range(cnt)]


def row_of_ms(b, what, runs, which, bar=None):
    values = [run["own"][which] / 1e6 for run in runs]
    row = row_of_figure(what, values, b.rng, bar, "{:.0f}")
    return row.note(f"least {min(values):.0f}, most {max(values):.0f} ms")


def start(b):
    """time from the start to the first sample that counts"""
    runs = starts(b, "start", b.count(RUNS), 1)
    rows = [
        row_of_ms(b, "start, -a, ms", runs, "start_ns", ("<=", 300)),
        row_of_ms(b, "finish after 1 s, -a, ms", runs, "finish_ns"),
    ]
    return b.judge(rows, RUNS, 1)


def crowd(b):
    """memory (and start) with 500 more processes"""
    with host.crowd(CROWD):
        runs = starts(b, "crowd", b.count(CROWD_RUNS), b.seconds(CROWD_SECONDS))
    values = [run["own"]["memory_bytes"] / 1e6 for run in runs]
    memory = row_of_figure(f"anonymous memory, {CROWD} processes, MB", values, b.rng, ("<=", 100), "{:.1f}")
    memory.note("processes sampled: " + " ".join(str(r["processes"]) for r in runs))
    rows = [
        memory,
        row_of_ms(b, f"start, {CROWD} processes, ms", runs, "start_ns"),
        row_of_ms(b, f"finish, {CROWD} processes, ms", runs, "finish_ns"),
    ]
    return b.judge(rows, CROWD_RUNS, CROWD_SECONDS)


BENCHES = {"start": start, "crowd": crowd}
