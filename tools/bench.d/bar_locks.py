# SPDX-License-Identifier: Apache-2.0
"""What watching locks costs those who need none, and whether it names the right owners.

calls: CPU time of a getpid loop and of one with a mutex that nobody else wants (calls.c), untraced and while
ebprof mutex -a watches the machine: a hook on system calls would show, and on each of them, so in the quicker
turns of a loop too; those are judged, and all together are shown beside them.

owners: of the waits of three threads at a mutex of glibc, those whose label holder is as the program itself says
(tests/targets/locks.c): for each thread, how often it had the lock when another began to wait. And how many of
the waits of a Rust and a Go program, whose locks have no owner, have one.
"""
import contextlib
import os
import subprocess
import time

import host
from measure import PAIRS, Failed, blocks, figures, row_of_count, row_of_ratio, Row
from pprof import Profile

LOOPS = {"getpid": 10000, "mutex": 100000}  # of a turn
START = 1.5  # seconds until ebprof watches
WAITS = 10000
LANG = os.path.join(host.ROOT, "tests", "targets", "lang")
LOCKS = os.path.join(host.BUILD, "targets", "locks")


def run(argv, seconds=120):
    status, out, err = host.call(argv, seconds)
    if status:
        raise Failed(f"{' '.join(argv)}: exit status {status}: {err.strip()}")
    return out


def called():
    """{loop: [all turns, a quick one]}"""
    return {name: [int(n) for n in run([host.program("calls"), name, str(loops)]).split()] for name, loops in LOOPS.items()}


@contextlib.contextmanager
def watching(b):
    argv = [host.EBPROF, "mutex", "-q", "-a", "-o", os.path.join(b.scratch, "locks.pb.gz"), "100"]
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as p:
        time.sleep(START)
        try:
            yield
            if p.poll() is not None:
                raise Failed(f"{' '.join(argv)}: ended before its time")
        finally:
            p.terminate()


def under_ebprof(b):
    with watching(b):
        return called()


def calls(b):
    """what watching locks costs programs that wait for none"""
    arms = {"untraced": called, "untraced again": called, "watched": lambda: under_ebprof(b)}
    runs = blocks(b, arms, b.count(PAIRS))
    rows = []
    for name, loops in LOOPS.items():
        for at, what, bar in ((1, name, ("<=", 1.02)), (0, f"{name}, all turns", None)):
            ns = figures(runs, lambda run, name=name, at=at: run[name][at])
            row = row_of_ratio(f"CPU time / untraced, {what}", ns["watched"], ns["untraced"], ns["watched"], b.rng, bar)
            same = row_of_ratio("", ns["untraced again"], ns["untraced"], ns["untraced"], b.rng)
            row.noise = same.low, same.high
            rows.append(row)
        rows[-2].note(f"a call, untraced: {min(run[name][1] for run in runs['untraced']) / loops:.1f} ns")
    return b.judge(rows, PAIRS, 0)


def waits(b, *argv):
    """Samples of the kind block of a command, and what it said."""
    path = os.path.join(b.scratch, "block.pb.gz")
    said = run([host.EBPROF, "block", "-q", "--threshold", "0", "-o", path, "--", *argv])
    return Profile(path).samples, said


def holders(samples):
    found = {}
    for s in samples:
        if "holder" in s.labels:
            name = s.labels["holder"].split("/")[0]
            found[name] = found.get(name, 0) + s.count
    return found


def row_of_glibc(b):
    samples, said = waits(b, LOCKS, "mutex", str(b.seconds(20)))
    told = {w[1]: int(w[2]) for w in map(str.split, said.splitlines()) if w[0] == "had"}
    found = holders(s for s in samples if s.labels.get("primitive") == "mutex")
    right = sum(min(cnt, found.get(name, 0)) for name, cnt in told.items())
    share = 100 * right / max(sum(told.values()), sum(found.values()), 1)
    row = Row("waits at a glibc mutex with the right holder, %", share, share, share, None, (">=", 99), "{:.2f}")
    return row.note(f"told {told}, found {found}")


def row_of_wrong(b, what, program):
    samples, _ = waits(b, program, "120", str(WAITS * 4))
    cnt = sum(s.count for s in samples)
    if cnt < WAITS:
        raise Failed(f"{program} has waited {cnt} times only")
    return row_of_count(f"of {cnt} waits of {what}, those with a holder", sum(holders(samples).values()), ("<=", 0))


def owners(b):
    """whether the holder of a lock is the right one"""
    rust, go = (os.path.join(b.scratch, name) for name in ("locks-rust", "locks-go"))
    run(["rustc", "-O", "-o", rust, os.path.join(LANG, "locks.rs")])
    run(["go", "build", "-o", go, os.path.join(LANG, "locks.go")])
    rows = [row_of_glibc(b), row_of_wrong(b, "a Rust program", rust), row_of_wrong(b, "a Go program", go)]
    return b.judge(rows, 0, 20)


BENCHES = {"calls": calls, "owners": owners}
