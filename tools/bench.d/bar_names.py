# SPDX-License-Identifier: Apache-2.0
"""How many of the user addresses that are sampled in programs under load get a name: of those in files that
have a symbol table or a file of debug information. Addresses in files that have but dynamic symbols, as
distributions' libraries mostly are, and those in no file (code made at run time) are stated apart.

It is run when it is asked for (BENCH=names): packages are fetched and programs are built at first need, which
takes an hour. What cannot be prepared is a row that says so.
"""
import collections
import os
import shutil
import tempfile

import builds
import host
import pprof
from loads import LOADS
from measure import Failed, Row, row_of_figure
from packages import debug_dir, run

RUNS = 5
SECONDS = 5
SYSTEM = "/usr/lib/debug"


def has_debug_file(path, dirs):
    number = builds.build_id(path)
    names = [f"{d}/.build-id/{number[:2]}/{number[2:]}.debug" for d in dirs] if number else []
    names += [d + os.path.realpath(path) + ".debug" for d in dirs]
    return any(os.path.exists(name) for name in names)


def kind_of(path, dirs):
    """What a file has: 'symbols', or 'dynamic' alone; 'none' is no file."""
    if not path.startswith("/") or not os.path.isfile(path):
        return "none"
    sections = run("readelf", "-SW", path)
    return "symbols" if " .symtab " in sections or has_debug_file(path, dirs) else "dynamic"


class Count:
    """Distinct addresses of a kind of file, how many have names, and the same weighted by samples."""

    def __init__(self):
        self.all = self.named = self.weight = self.named_weight = 0
        self.nameless = collections.Counter()

    def add(self, frame, weight):
        named = frame.name != f"[{os.path.basename(frame.file)}]"
        self.all += 1
        self.named += named
        self.weight += weight
        self.named_weight += weight * named
        if not named:
            self.nameless[os.path.basename(frame.file)] += 1

    def share(self):
        return 100 * self.named / self.all if self.all else 0.0


def count(path, dirs):
    """{kind: Count} of a profile's user addresses."""
    profile = pprof.Profile(path)
    weights, kinds, counts = collections.Counter(), {}, collections.defaultdict(Count)
    for sample in profile.samples:
        for number in sample.locations:
            weights[number] += sample.count
    for number, weight in weights.items():
        frame = profile.frames[number]
        if frame.file == pprof.MARKS:
            continue
        if frame.file not in kinds:
            kinds[frame.file] = kind_of(frame.file, dirs)
        counts[kinds[frame.file]].add(frame, weight)
    return counts


def capture(b, pid, dirs):
    options = [word for d in dirs for word in ("--debug-dir", d)]
    got = host.ebprof(
        b.scratch, b.seconds(SECONDS), "-p", str(pid), "--tree", "-F", str(host.HZ), "--user-only", *options
    )
    counts = count(got["around"]["profile"], dirs)
    return {
        "samples": got["samples"],
        "lost": got["lost"],
        "kinds": {k: {**vars(c), "share": c.share()} for k, c in counts.items()},
    }


def describe(row, runs):
    last = runs[-1]["kinds"]
    for kind, text in (("symbols", "with symbols"), ("dynamic", "dynamic symbols alone"), ("none", "in no file")):
        c = last.get(kind)
        if c:
            row.note(
                f"{text}: {c['all']} addresses, {c['share']:.2f} % named,"
                f" {100 * c['named_weight'] / c['weight']:.2f} % by samples"
                + "".join(f"; {cnt} nameless in {name}" for name, cnt in c["nameless"].most_common(3))
            )
    return row.note(f"{runs[-1]['samples']} samples; lost: {host.lost_text(runs)}")


def row_of(b, name):
    load, where = LOADS[name]
    dirs = [d for d in (where(), debug_dir("libc"), SYSTEM) if d]
    scratch = tempfile.mkdtemp(prefix=f"{name}-", dir=b.scratch)
    try:
        with load(scratch) as pid:
            runs = [b.keep(name, capture(b, pid, dirs), run=n) for n in range(b.count(RUNS))]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    shares = [run["kinds"].get("symbols", {"share": 0.0})["share"] for run in runs]
    row = row_of_figure(f"named user addresses, {name}, %", shares, b.rng, (">=", 99), "{:.2f}")
    return describe(row, runs)


def names(b):
    """share of named user addresses under load; an hour of preparation, so only when it is named"""
    rows = []
    for name in LOADS:
        try:
            rows.append(row_of(b, name))
        except Failed as why:
            row = Row(f"named user addresses, {name}, %", 0)
            row.verdict = "missed: could not be prepared"
            rows.append(row.note(str(why)))
    return b.judge(rows, RUNS, SECONDS)


names.only_named = True
BENCHES = {"names": names}
