# SPDX-License-Identifier: Apache-2.0
"""The unwind tables of a file: how large they are, how fast they are made.

size: of all programs and libraries under /usr that have .eh_frame, bytes of tables (rows of 4 bytes, their
index, and the rules that all of them share once) per MiB of executable segments.

builder: CPU time of a program that builds the tables of six large files, as ebprof does, against that of
readelf showing the same rows of the same files. Both are whole processes by the kernel's count, from their
start on; readelf writes to /dev/null and does not look for files of debug information.
"""
import json
import os
import statistics
import subprocess

import host
from measure import PAIRS, Failed, blocks, figures, row_of_count, row_of_figure, row_of_ratio

LIBRARIES = ("libc.so.6", "libcrypto.so.3", "libstdc++.so.6", "libLLVM-14.so.1")
READELF = ("readelf", "--debug-dump=frames-interp", "--debug-dump=no-follow-links")


def lines(text):
    """What the program tables says: a dictionary a file, and the one of all."""
    got = [json.loads(line) for line in text.splitlines()]
    return got[:-1], got[-1]


def size(b):
    """bytes of unwind tables per MiB of code, of all files under /usr"""
    find = ("find", "/usr", "-xdev", "-type", "f", "-size", "+0")
    names = subprocess.run(find, capture_output=True, check=False).stdout
    out = subprocess.run([host.program("tables")], input=names, capture_output=True, check=False).stdout
    files, rules = lines(out)
    if not files:
        raise Failed("no file under /usr has .eh_frame")
    files = b.keep("size", [f for f in files if not f["error"]], found=len(files), rules=rules)
    text, rows, cost = (sum(f[what] for f in files) for what in ("text", "rows", "bytes"))
    cost += 8 * rules["rules"]
    row = row_of_count("KiB of tables per MiB of code", cost / text * 1024, ("<=", 80))
    row.show = "{:.1f}"
    row.note(
        f"{len(files)} files, {text / 2**20:.0f} MiB of code, {rows} rows, {rules['rules']} rules, {cost / 2**20:.1f} MiB:"
        f" {cost / max(1, rows):.2f} bytes a row with its part of the index"
    )
    if rules["rules_full"]:
        row.note(f"{rules['rules_full']} rows found no room for their rule")
    return [row]


def gcc_path(what):
    return subprocess.run(["gcc", f"-print-{what}"], capture_output=True, text=True, check=False).stdout.strip()


def sample():
    """Six files that are large and each of another kind; those that this machine has."""
    paths = [gcc_path(f"file-name={name}") for name in LIBRARIES] + ["/usr/bin/python3", gcc_path("prog-name=cc1")]
    return [os.path.realpath(path) for path in paths if os.path.isabs(path) and os.path.exists(path)]


def timed(argv, stdout):
    """A process; its CPU time in seconds and, with a pipe, what it says."""
    used, said = host.used(argv, stdout)
    return used.ru_utime + used.ru_stime, said


def by_readelf(files):
    return {"cpu_s": sum(timed([*READELF, name], subprocess.DEVNULL)[0] for name in files)}


def by_ebprof(files):
    cpu_s, said = timed([host.program("tables"), *files], subprocess.PIPE)
    built, _ = lines(said)
    return {"cpu_s": cpu_s, "eh_frame": sum(f["eh_frame"] for f in built)}


def builder(b):
    """CPU time to build the tables of six files, against readelf"""
    files = sample()
    if not files:
        raise Failed("none of the files is there")
    arms = {"ebprof": lambda: by_ebprof(files), "again": lambda: by_ebprof(files), "readelf": lambda: by_readelf(files)}
    runs = blocks(b, arms, b.count(PAIRS))
    s = figures(runs, lambda run: run["cpu_s"])
    row = row_of_ratio("CPU time of the tables / readelf's", s["ebprof"], s["readelf"], s["again"], b.rng, ("<=", 1 / 30))
    row.note(f"{1 / row.figure:.0f} times faster: " + ", ".join(map(os.path.basename, files)))
    speed = [run["eh_frame"] / run["cpu_s"] / 1e6 for run in runs["ebprof"] + runs["again"]]
    ms = [1e3 * statistics.median(s[arm]) for arm in ("ebprof", "readelf")]
    row.note("ebprof {:.0f} ms, readelf {:.0f}".format(*ms))
    row.show = "{:.4f}"
    return b.judge([row, row_of_figure("MB of .eh_frame a second", speed, b.rng, None, "{:.0f}")], PAIRS, 0)


BENCHES = {"tables": size, "builder": builder}
