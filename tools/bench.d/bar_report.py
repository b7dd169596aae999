# SPDX-License-Identifier: Apache-2.0
"""What reading a profile costs beside `go tool pprof`: -top of one profile of 50,000 stacks, and of ten of 5,000
as one. The profiles are synthetic ones, always the same: 20,000 addresses with names and lines in 4,000 functions,
stacks of 6 to 34 frames that share their outer ones, two labels a sample.

report, merge: CPU time and peak memory of the process; the tables that are printed must be equal.
bombs: the same of files that are refused.
"""
import gzip
import os
import random
import shutil
import statistics
import sys

import host
from measure import PAIRS, Failed, Row, blocks, figures, row_of_ratio

sys.path.insert(0, os.path.join(host.ROOT, "tests", "consumers"))
import report_bombs  # noqa: E402

FUNCTIONS, LOCATIONS, ROOTS = 4000, 20000, 200
STACKS, PARTS, PART_STACKS = 50000, 10, 5000


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


def number(field, n):
    return varint(field << 3) + varint(n)


def message(field, body):
    return varint(field << 3 | 2) + varint(len(body)) + body


class Synthetic:
    """A pprof file as it grows."""

    def __init__(self, seed):
        self.r, self.strings, self.out = random.Random(seed), {"": 0}, []

    def text(self, s):
        return self.strings.setdefault(s, len(self.strings))

    def put(self, field, *parts):
        self.out.append(message(field, b"".join(parts)))

    def tables(self):
        for name, unit in (("samples", "count"), ("cpu", "nanoseconds")):
            self.put(1, number(1, self.text(name)), number(2, self.text(unit)))
        flags = b"".join(number(field, 1) for field in range(7, 11))
        self.put(3, number(1, 1), number(2, 1 << 22), number(3, 1 << 24), number(5, self.text("/bin/w")), flags)
        for i in range(FUNCTIONS):
            name, file = self.text(f"pkg{i % 60}.function_{i}"), self.text(f"/src/pkg{i % 60}/file{i % 400}.c")
            self.put(5, number(1, i + 1), number(2, name), number(3, name), number(4, file))
        for i in range(LOCATIONS):
            lines = [
                message(4, number(1, self.r.randrange(FUNCTIONS) + 1) + number(2, self.r.randrange(1, 2000)))
                for _ in range(self.r.choice((1, 1, 1, 2)))
            ]
            self.put(4, number(1, i + 1), number(2, 1), number(3, (1 << 22) + 16 * i), *lines)

    def frames(self, low, high):
        return [self.r.randrange(LOCATIONS) + 1 for _ in range(self.r.randrange(low, high))]

    def samples(self, cnt):
        roots = [self.frames(30, 31) for _ in range(ROOTS)]
        stacks = set()
        while len(stacks) < cnt:
            stack = (*self.frames(1, 8), *self.r.choice(roots)[-self.r.randrange(5, 28) :])
            if stack in stacks:
                continue
            stacks.add(stack)
            value = self.r.randrange(1, 50)
            self.put(
                2,
                message(1, b"".join(map(varint, stack))),
                message(2, varint(value) + varint(value * 10101010)),
                message(3, number(1, self.text("comm")) + number(2, self.text(f"worker{self.r.randrange(20)}"))),
                message(3, number(1, self.text("pid")) + number(3, self.r.randrange(4000, 4009))),
            )

    def write(self, path, stacks):
        self.tables()
        self.samples(stacks)
        strings = b"".join(message(6, s.encode()) for s in self.strings)
        with open(path, "wb") as f:
            f.write(gzip.compress(b"".join(self.out) + strings, 6))
        return path


def pprof():
    go = shutil.which("go") or "/usr/local/go/bin/go"
    status, path, err = host.call([go, "tool", "-n", "pprof"], 120)
    if status:
        raise Failed(f"go tool pprof: {err.strip()}")
    return path.strip()


def timed(argv, to):
    """CPU seconds and peak MB of a program whose output goes to a file."""
    with open(to, "wb") as out:
        used, _ = host.used(argv, out)
    return {"cpu_s": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss * 1024 / 1e6}


def rows_of(path):
    """From the table on: what is above names the profile."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    return text[text.index("Showing nodes") :]


def compare(b, what, files):
    ours, theirs = os.path.join(b.scratch, "ours"), os.path.join(b.scratch, "theirs")
    tool = pprof()
    arms = {
        "ebprof": lambda: timed([host.EBPROF, "report", "-top", *files], ours),
        "again": lambda: timed([host.EBPROF, "report", "-top", *files], ours),
        "pprof": lambda: timed([tool, "-top", *files], theirs),
    }
    runs = blocks(b, arms, b.count(PAIRS))
    if rows_of(ours) != rows_of(theirs):
        raise Failed("ebprof and pprof do not print the same")
    rows = []
    for name, figure in (("CPU time", "cpu_s"), ("memory", "mb")):
        s = figures(runs, lambda run, figure=figure: run[figure])
        row = row_of_ratio(f"{what}, {name} / pprof's", s["ebprof"], s["pprof"], s["again"], b.rng, ("<=", 0.5))
        row.note(f"{statistics.median(s['ebprof']):.2f} against {statistics.median(s['pprof']):.2f} {figure.split('_')[-1]}")
        rows.append(row)
    return b.judge(rows, PAIRS, 0)


def report(b):
    """report -top of 50,000 stacks, against go tool pprof"""
    return compare(b, "report -top", [Synthetic(1).write(os.path.join(b.scratch, "one.pb.gz"), STACKS)])


def merge(b):
    """ten profiles as one, against go tool pprof"""
    files = [Synthetic(i).write(os.path.join(b.scratch, f"part{i}.pb.gz"), PART_STACKS) for i in range(PARTS)]
    return compare(b, "ten profiles", files)


def bombs(b):
    """what it takes to refuse files that become large"""
    rows = []
    for name, (make, _, *options) in report_bombs.BOMBS.items():
        status, _, err, cpu, mb = report_bombs.report(host.EBPROF, [*options, report_bombs.write(b.scratch, make)])
        if status != 1:
            raise Failed(f"{name}: exit status {status}: {err.strip()}")
        rows.append(Row(f"{name}, MB", mb, mb, mb, None, ("<=", report_bombs.MEMORY_MB), "{:.0f}").note(f"{cpu:.1f} s"))
    return rows


BENCHES = {"report": report, "merge": merge, "bombs": bombs}
