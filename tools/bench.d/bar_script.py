# SPDX-License-Identifier: Apache-2.0
"""What names cost against `perf script --no-inline`, on stacks that both walk by frame pointers, kernel and
user: CPU time from the captured stacks to the written names. perf writes each sample as text, ebprof each
stack once, with inlined functions where the file tells them (Go's do).

burn: one C program with 30 frames; a block captures it anew by both at the same time, and the end of ebprof's
capture is what its --stats say.

go: a build of Go's library, thousands of stacks in Go programs. It is captured once by each, and the two
captures are named again and again.
"""
import concurrent.futures
import os
import shutil
import statistics
import subprocess

import host
from bar_symbols import naming
from bar_tables import timed
from measure import PAIRS, Failed, blocks, figures, row_of_ratio

SECONDS = 2
APART = 0.1  # the two may differ by that part of the samples
PERF = ("perf", "record", "-B", "-N", "-q", "-F", str(host.HZ), "-e", "cpu-clock", "--call-graph", "fp")
BAR = ("<=", 2)


def perf_file(b):
    return os.path.join(b.scratch, "perf.data")


def record(b, *what):
    """A capture by perf: its file."""
    status, _, err = host.call([*PERF, "-o", perf_file(b), *what], 300)
    if status:
        raise Failed(f"perf record: exit status {status}: {err.strip()}")
    return perf_file(b)


def script(path):
    cpu_s, _ = timed(["perf", "script", "--no-inline", "-i", path], subprocess.DEVNULL)
    return {"cpu_s": cpu_s}


def samples_of(path):
    """How many samples and frames a perf.data has."""
    said = subprocess.run(["perf", "script", "--no-inline", "-i", path], capture_output=True, text=True, check=False)
    lines = said.stdout.splitlines()
    heads = sum(1 for line in lines if line and not line[0].isspace())
    return heads, sum(1 for line in lines if line[:1].isspace())


def row_of(b, what, runs, samples, depth):
    if abs(samples[0] - samples[1]) > APART * max(samples):
        raise Failed(f"{what}: ebprof has {samples[0]} samples, perf {samples[1]}: not the same")
    s = figures(runs, lambda run: run["cpu_s"])
    row = row_of_ratio(f"CPU time of names / perf script's, {what}", s["ebprof"], s["perf"], s["again"], b.rng, BAR)
    ms = [1e3 * statistics.median(got) for got in (s["ebprof"] + s["again"], s["perf"])]
    row.note(
        f"ebprof {ms[0]:.0f} ms for {samples[0]} samples, perf {ms[1]:.0f} ms for {samples[1]}, {depth:.1f} frames each"
    )
    return row


def by_ebprof(b, seconds, pid):
    got = host.ebprof(b.scratch, seconds, "-p", str(pid), "-F", str(host.HZ), "--unwind", "fp")
    return {"cpu_s": got["own"]["finish_cpu_ns"] / 1e9, "samples": got["samples"]}


def by_both(b, seconds, pid):
    """The same seconds of the same program; perf's is taken apart when ebprof is done."""
    with concurrent.futures.ThreadPoolExecutor() as beside:
        perf = beside.submit(record, b, "-p", str(pid), "--", "sleep", str(seconds))
        got = by_ebprof(b, seconds, pid)
        path = perf.result()
    samples, frames = samples_of(path)
    return {**got, "perf_s": script(path)["cpu_s"], "perf_samples": samples, "frames": frames}


def burn(b):
    """CPU time to name 30 frames of one program, against perf script"""
    cnt, seconds = b.count(PAIRS), b.seconds(SECONDS)
    with host.burning(cnt * 3 * (seconds + 5) + 60) as pid:
        arms = {"ebprof": lambda: by_both(b, seconds, pid), "again": lambda: by_ebprof(b, seconds, pid)}
        runs = blocks(b, arms, cnt)
    both = runs["ebprof"]
    runs["perf"] = [{"cpu_s": run["perf_s"]} for run in both]
    samples = [round(statistics.median(run[what] for run in both)) for what in ("samples", "perf_samples")]
    depth = statistics.median(run["frames"] / run["perf_samples"] for run in both)
    return b.judge([row_of(b, "a C program", runs, samples, depth)], PAIRS, SECONDS)


def go_build(b):
    if not shutil.which("go"):
        raise Failed("there is no go")
    cache = os.path.join(b.scratch, "go")
    return ["env", f"GOCACHE={cache}", "GOFLAGS=-p=1", "go", "build", "-a", "-o", "/dev/null", "strconv"]


def go(b):
    """CPU time to name the stacks of a Go build, against perf script"""
    got = host.ebprof(
        b.scratch, 300, "-F", str(host.HZ), "--unwind", "fp", "--symbolize", "none", "--", *go_build(b)
    )
    raw = shutil.copy(got["around"]["profile"], os.path.join(b.scratch, "go.pb.gz"))
    path = record(b, "--", *go_build(b))
    samples, frames = samples_of(path)
    arms = {"ebprof": lambda: naming(b, raw), "again": lambda: naming(b, raw), "perf": lambda: script(path)}
    runs = blocks(b, arms, b.count(PAIRS))
    row = row_of(b, "a Go build", runs, [got["samples"], samples], frames / samples)
    return b.judge([row.note(f"{got['stacks']} stacks, {runs['ebprof'][-1]['locations']} addresses")], PAIRS, 0)


BENCHES = {"burn": burn, "go": go}
