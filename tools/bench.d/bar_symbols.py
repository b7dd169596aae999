# SPDX-License-Identifier: Apache-2.0
"""What names cost: the end of a capture of 5,000 stacks in libLLVM, libjvm and libc (as Debian has them, with
the files of debug information of the latter two), and of the kernel.

The capture is a synthetic one, always the same: two distinct addresses a stack (captures of compilers have
one), drawn from all symbols, so that nearly every unit of the debug information is touched. CPU time is
that of all processes from the stacks to the written file; memory the sum of ebprof's and its largest
worker's peaks.

symbols: no file of debug information is to be had.
inlines: with them; beside each run stands the time that it takes to decompress the sections that are read.

lookup: a million distinct addresses of libLLVM, by the loop of a textbook and by ebprof, from one process.
"""
import json
import os
import statistics

import host
import packages
from measure import PAIRS, Failed, blocks, figures, row_of_figure, row_of_ratio

STACKS, ADDRESSES, SEED = 5000, 10000, 5
LOOKUPS = 1000000
MB = 1e6


def said(argv):
    status, out, err = host.call(argv, 600)
    if status:
        raise Failed(f"{os.path.basename(argv[0])}: exit status {status}: {err.strip()}")
    return json.loads(out)


def inputs():
    """The files with symbols, and the directories with their debug information."""
    multiarch = "usr/lib/x86_64-linux-gnu"
    files = (
        packages.find("llvm", f"{multiarch}/libLLVM-14.so.1"),
        packages.find("openjdk", "usr/lib/jvm/*/lib/server/libjvm.so"),
        packages.find("libc", "lib/x86_64-linux-gnu/libc.so.6"),
    )
    return files, [packages.debug_dir("openjdk"), packages.debug_dir("libc")]


def synthetic(b, name, stacks, addresses, files):
    path = os.path.join(b.scratch, name + ".pb.gz")
    status, _, err = host.call([host.program("synthetic"), path, str(SEED), str(stacks), str(addresses), *files], 60)
    if status:
        raise Failed(f"synthetic: {err.strip()}")
    return path


def naming(b, path, dirs=()):
    options = [word for name in dirs for word in ("-d", name)]
    got = said([host.program("naming"), *options, path, os.path.join(b.scratch, "named.pb.gz")])
    if got["failed_workers"] or got["unreadable_files"] or got["mismatched_files"]:
        raise Failed(f"not all files were read: {got}")
    return got


def describe(row, runs):
    row.note(
        f"{runs[-1]['stacks']} stacks, {runs[-1]['locations']} addresses, {runs[-1]['named']} named; wall"
        f" {statistics.median(run['wall_s'] for run in runs):.2f} s, of the CPU time"
        f" {statistics.median(run['workers_s'] for run in runs):.2f} s in workers"
    )
    return row


def memory(run):
    return (run["own_kib"] + run["worker_kib"]) * 1024 / MB


def symbols(b):
    """CPU time to name 5,000 stacks from symbol tables"""
    files, _ = inputs()
    path = synthetic(b, "symbols", STACKS, ADDRESSES, files)
    runs = blocks(b, {"symbols": lambda: naming(b, path)}, b.count(PAIRS))["symbols"]
    cpu = row_of_figure("finish from symbols, CPU s", [r["cpu_s"] for r in runs], b.rng, ("<=", 1))
    peak = row_of_figure("its memory, MB", [memory(r) for r in runs], b.rng, ("<=", 150), "{:.1f}")
    return b.judge([describe(cpu, runs), peak], PAIRS, 0)


def debug_files(files, dirs):
    """The files of debug information that belong to these."""
    found = []
    for path in files:
        notes = packages.run("readelf", "-n", path)
        build_id = notes.split("Build ID:")[1].split()[0] if "Build ID:" in notes else "none"
        names = [os.path.join(d, ".build-id", build_id[:2], build_id[2:] + ".debug") for d in dirs]
        found += [name for name in names if os.path.exists(name)]
    return found


def inlines(b):
    """the same with lines and inlined functions from DWARF"""
    files, dirs = inputs()
    apart = debug_files(files, dirs)
    if len(apart) != len(dirs):
        raise Failed("the packages of debug information are not those of the programs")
    path = synthetic(b, "inlines", STACKS, ADDRESSES, files)
    arms = {"inlines": lambda: naming(b, path, dirs), "inflate": lambda: said([host.program("inflate"), *apart])}
    runs = blocks(b, arms, b.count(PAIRS))
    s = figures(runs, lambda run: run["cpu_s"])
    own = [whole - 1.2 * inflate for whole, inflate in zip(s["inlines"], s["inflate"])]
    cpu = row_of_figure("finish with inlines, less 1.2 x inflating, CPU s", own, b.rng, ("<=", 1))
    inflated = [run["most_bytes"] / MB for run in runs["inflate"]]
    cpu.note(
        f"in all {statistics.median(s['inlines']):.2f} s; inflating {statistics.median(s['inflate']):.2f} s,"
        f" {inflated[0]:.0f} MB of the largest file"
    )
    less = [memory(run) - size for run, size in zip(runs["inlines"], inflated)]
    peak = row_of_figure("its memory, less those sections, MB", less, b.rng, ("<=", 150), "{:.1f}")
    return b.judge([describe(cpu, runs["inlines"]), peak], PAIRS, 0)


def lookup(b):
    """CPU time to name 1 M addresses of libLLVM from symbols, against a binary search"""
    argv = [host.program("lookup"), inputs()[0][0], str(SEED), str(LOOKUPS)]
    runs = blocks(b, {"ebprof": lambda: said(argv), "again": lambda: said(argv)}, b.count(PAIRS))
    for run in runs["ebprof"]:
        if not run["loop_found"] == run["find_found"] == run["profile_found"] == LOOKUPS:
            raise Failed(f"they do not find the same: {run}")
    find, again = (figures(runs, lambda run: run["find_s"])[arm] for arm in ("ebprof", "again"))
    loop = figures(runs, lambda run: run["loop_s"])["ebprof"]
    row = row_of_ratio("look-ups, CPU time / a binary search's", find, loop, again, b.rng, ("<=", 2))
    row.note(
        f"{LOOKUPS} addresses in no order among {runs['ebprof'][0]['symbols']} symbols: {1e3 * statistics.median(loop):.0f} ms"
        f" by the loop, {1e3 * statistics.median(find):.0f} ms by symbols_find()"
    )
    whole, again = (figures(runs, lambda run: run["profile_s"])[arm] for arm in ("ebprof", "again"))
    rest = row_of_ratio("from locations to functions / that", whole, loop, again, b.rng)
    rest.note(
        f"{1e3 * statistics.median(whole):.0f} ms with a worker that reads the file, its answer, and"
        " names that are demangled and made functions of a profile"
    )
    return b.judge([row, rest], PAIRS, 0)


BENCHES = {"symbols": symbols, "inlines": inlines, "lookup": lookup}
