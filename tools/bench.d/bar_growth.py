# SPDX-License-Identifier: Apache-2.0
"""What `heap --growth` costs: CPU time of a program under it, against its own without. Each says its CPU time
itself. pages touches fresh pages and does nothing else; the others are as programs are: redis that takes in
new keys, Python that builds and drops objects, SQLite that fills a database in memory.
"""
import os
import shutil
import statistics
import sys

import host
from bar_sched import START_S, ask, beside, redis
from measure import PAIRS, Failed, blocks, figures, median_interval, row_of_ratio

PAGES = ("<=", 1.1)
PROGRAMS = ("<=", 1.03)
ROUNDS = 24
PAGES_A_ROUND = (64 << 20) // 4096
KEYS = ("-r", "1000000", "-d", "400")

PYTHON = """import json, time
data = {str(i): {"name": "n%d" % i, "values": list(range(i % 50))} for i in range(4000)}
for _ in range(12):
    text = json.dumps(data)
    back = json.loads(text)
    sorted(" ".join(back).split())
print(time.process_time_ns())"""

SQLITE = """import os, sqlite3, time
db = sqlite3.connect(":memory:")
db.execute("create table t (id integer primary key, name text, body blob)")
db.executemany("insert into t (name, body) values (?, ?)",
               (("row %d" % i, b"x" * (i % 200)) for i in range(150000)))
db.execute("create index i on t (name)")
db.execute("select group_concat(name), sum(length(body)) from t group by id % 100").fetchall()
print(time.process_time_ns())"""


def cpu_of(argv):
    status, out, err = host.call(argv, 60)
    if status or not out.strip():
        raise Failed(f"{' '.join(argv[:6])}: exit status {status}: {err.strip()}")
    return {"cpu_ns": int(out.split()[0])}


def watcher(b, *who):
    return [host.EBPROF, "heap", "--growth", "-q", "-o", os.path.join(b.scratch, "growth.pb.gz"), *who]


def row_of(b, what, alone, watched, bar):
    arms = {"untraced": alone, "untraced again": alone, "ebprof": watched}
    ns = figures(blocks(b, arms, b.count(PAIRS)), lambda run: run["cpu_ns"])
    row = row_of_ratio(f"CPU time / untraced, {what}", ns["ebprof"], ns["untraced"], ns["ebprof"], b.rng, bar)
    row.noise = median_interval([a / c for a, c in zip(ns["untraced"], ns["untraced again"])], b.rng)
    return row, ns


def row_of_program(b, what, argv, bar):
    return row_of(b, what, lambda: cpu_of(argv), lambda: cpu_of([*watcher(b), "--", *argv]), bar)


def row_of_redis(b):
    if not shutil.which("redis-benchmark"):
        raise Failed("there is no redis-benchmark: tools/deps bench")

    def alone():
        with redis(b.scratch) as (pid, port):
            return ask(pid, port, *KEYS)

    def watched():
        with redis(b.scratch) as (pid, port), beside(watcher(b, "-p", str(pid), "120"), START_S):
            return ask(pid, port, *KEYS)

    return row_of(b, "redis", alone, watched, PROGRAMS)[0]


def growth(b):
    """what watching resident memory grow costs"""
    row, ns = row_of_program(b, "fresh pages alone", [host.program("pages"), str(ROUNDS)], PAGES)
    page = {arm: statistics.median(got) / ROUNDS / PAGES_A_ROUND for arm, got in ns.items()}
    row.note(f"a page: untraced {page['untraced']:.0f} ns, ebprof {page['ebprof']:.0f}")
    rows = [row]
    for what, code in (("python", PYTHON), ("sqlite", SQLITE)):
        rows.append(row_of_program(b, what, [sys.executable, "-I", "-c", code], PROGRAMS)[0])
    rows.append(row_of_redis(b))
    return b.judge(rows, PAIRS, 0)


BENCHES = {"growth": growth}
