# SPDX-License-Identifier: Apache-2.0
"""What watching waits costs the watched, and what is lost of very many.

waits: CPU time of two processes that hand a byte to each other 200,000 times (pipes.c), untraced, under
ebprof offcpu -a by each hook, and under a program that takes stacks at every switch (atswitch.bpf.c), which is
how off-CPU profilers usually do it; a block is each of these once, in an order drawn anew. What is added per
switch by ebprof is also put in proportion to what the other program adds. Beside it, for information:
ebprof that watches another process or these two alone, and other profilers as far as they are here.

switches: on each CPU two threads that wake each other (turns.c), all of whose waits are kept: as many as the
kernel counts?

redis: CPU time of a server with one client that asks again and again, in turns: where others share the machine
its speed changes by tens of percents for some time, and the turn that a quarter of them take less than is of the
time when it was as fast as it is. That one is judged, and all together are shown beside it.
"""
import contextlib
import glob
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import time

import host
from measure import PAIRS, Failed, blocks, figures, median_interval, row_of_count, row_of_ratio, Row

LOOPS = 200000
BARS = {"exit": ("<=", 1.25), "finish": ("<=", 1.25), "out": ("<=", 1.6)}
ADDED = ("<=", 0.15)
PEER_RUNS = 5
PEER_START_S = 3  # until it is attached
START_S = 1.5
RATE = 500000
RATE_SECONDS = 10
LOST_PERCENT = ("<=", 0.1)
REQUESTS = 3000
TURNS = 12
REDIS = ("<=", 1.1)


def pipes(*before):
    argv = [*before, host.program("pipes"), str(LOOPS)]
    status, out, err = host.call(argv, 30)
    if status or not out.strip():
        raise Failed(f"{' '.join(argv)}: exit status {status}: {err.strip()}")
    return {"cpu_ns": int(out)}


def under_ebprof(b, hook):
    profile = os.path.join(b.scratch, "waits.pb.gz")
    argv = [host.EBPROF, "offcpu", "-a", "-q", "--sched-hook", hook, "-o", profile, "120"]
    with beside(argv, START_S):
        return pipes()


def as_command(b):
    """With the threshold of one process, which is a tenth."""
    return pipes(host.EBPROF, "offcpu", "-q", "-o", os.path.join(b.scratch, "waits.pb.gz"), "--")


def under_atswitch():
    with subprocess.Popen([host.program("atswitch")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as p:
        if not p.stdout.readline():
            raise Failed("atswitch did not start")
        return pipes()


@contextlib.contextmanager
def beside(argv, start_s):
    """Another program while the block runs; it is interrupted after it."""
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as p:
        time.sleep(start_s)
        if p.poll() is not None:
            raise Failed(f"{' '.join(argv)}: {p.stderr.read().decode(errors='replace').strip()}")
        try:
            yield p
        finally:
            p.send_signal(signal.SIGINT)
            try:
                p.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                p.kill()


def offcpu_of(b, pid, *options):
    return [host.EBPROF, "offcpu", "-q", *options, "-o", os.path.join(b.scratch, "waits.pb.gz"), "-p", str(pid), "120"]


def elsewhere(b):
    """ebprof watches, but not these."""
    with beside(offcpu_of(b, os.getpid()), START_S):
        return pipes()


BPFTRACE = """tracepoint:sched:sched_switch { @since[tid] = nsecs; @user[tid] = ustack; @kern[tid] = kstack;
 $since = @since[args->next_pid];
 if ($since) { @ns[@user[args->next_pid], @kern[args->next_pid]] = sum(nsecs - $since); } }"""


def peers(b):
    """{name: its command}: those that are here, and those that are not."""
    found = {
        "perf record -e sched:sched_switch -g": [
            "perf", "record", "-q", "-a", "-g", "-e", "sched:sched_switch", "-o", os.path.join(b.scratch, "perf.data")
        ],
        "offcputime (libbpf-tools)": ["/usr/sbin/offcputime", "120"],
        "bpftrace": ["bpftrace", "-e", BPFTRACE],
    }  # fmt: skip
    here = {name: argv for name, argv in found.items() if shutil.which(argv[0])}
    return here, sorted(set(found) - set(here))


def under_peer(argv):
    with beside(argv, PEER_START_S):
        return pipes()


def rows_of_peers(b):
    """Not judged, and few runs: what others cost the same load."""
    here, absent = peers(b)
    arms = {
        "untraced": pipes,
        "ebprof, of another process": lambda: elsewhere(b),
        "ebprof, of these alone": lambda: as_command(b),
    }
    arms |= {name: lambda argv=argv: under_peer(argv) for name, argv in here.items()}
    ns = figures(blocks(b, arms, b.count(PEER_RUNS)), lambda run: run["cpu_ns"])
    rows = [row_of_ratio(f"CPU time / untraced, {name}", ns[name], ns["untraced"], ns[name], b.rng) for name in arms]
    for row in rows:
        row.noise = None
    rows[-1].note(f"not here: {', '.join(absent)}" if absent else "all others are here")
    return rows[1:]


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
    return b.judge(rows, PAIRS, 0) + rows_of_peers(b)


def switches_of(tasks):
    """How often these threads have left a CPU, as the kernel counts it; they all wait."""
    cnt = 0
    for task in tasks:
        with open(f"{task}/status", encoding="ascii", errors="replace") as f:
            cnt += sum(int(line.split()[1]) for line in f if "ctxt_switches" in line)
    return cnt


def count_switches(b, loops):
    """Turns on all CPUs, all waits of which are kept: what the kernel counted, and what ebprof did."""
    stats = os.path.join(b.scratch, "stats.json")
    argv = [host.program("turns"), str(loops), str(host.CPUS)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as p:
        pid = int(p.stdout.readline())
        tasks = glob.glob(f"/proc/{pid}/task/*")
        with beside(offcpu_of(b, pid, "--threshold", "0", "--stats", stats), START_S):
            before = switches_of(tasks)
            begin = time.monotonic()
            p.stdin.write("\n")
            p.stdout.readline()
            seconds = time.monotonic() - begin
            time.sleep(START_S)  # until all wait, and what was recorded is read
            cnt = switches_of(tasks) - before
        p.communicate("\n")
    with open(stats, encoding="utf-8") as f:
        got = json.load(f)
    lost = sum(got["lost"][name] for name in host.WHOLE_LOSSES)
    # Each waits already when it begins, and still when it ends: one more than it left its CPU meanwhile.
    return {"cnt": cnt, "silent": cnt + len(tasks) - got["samples"] - lost, "lost": lost, "rate": cnt / seconds}


def switches(b):
    """how many of very many switches are lost, all waits kept"""
    loops = int(b.seconds(RATE_SECONDS) * RATE / host.CPUS / 2)
    run = b.keep("all", count_switches(b, loops))
    percent = 100 * run["lost"] / run["cnt"]
    rows = [
        row_of_count("switches that are lost and not counted", abs(run["silent"]), ("<=", 0)),
        Row("switches that are lost and counted, %", percent, percent, percent, None, LOST_PERCENT),
    ]
    for row in rows:
        row.note(f"{run['cnt']} switches, {run['rate']:.0f} a second")
        if run["rate"] < RATE and not row.missed:
            row.verdict = f"not resolved: fewer than {RATE} a second"
    return b.judge(rows, 1, RATE_SECONDS)


@contextlib.contextmanager
def redis(scratch):
    """A server of our own; its pid and port."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    argv = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", scratch]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as p:
        try:
            time.sleep(1)
            if p.poll() is not None:
                raise Failed("redis-server did not start")
            yield p.pid, port
        finally:
            p.kill()


def ask(pid, port, *more):
    """CPU time of the server for one request after the other: of all turns, and of a quick one. 'more' are options of redis-benchmark."""
    clock = (~pid << 3) | 2  # clock_getcpuclockid(3): CPUCLOCK_SCHED of a whole process
    argv = ["redis-benchmark", "-p", str(port), "-c", "1", "-t", "set", "-n", str(REQUESTS), "-q", *more]
    turns = []
    for _ in range(TURNS):
        before = time.clock_gettime_ns(clock)
        status, _, err = host.call(argv, 60)
        if status:
            raise Failed(f"{' '.join(argv)}: exit status {status}: {err.strip()}")
        turns.append(time.clock_gettime_ns(clock) - before)
    return {"cpu_ns": sum(turns), "quick_ns": sorted(turns)[TURNS // 4]}


def ask_watched(b, pid, port):
    with beside(offcpu_of(b, pid), START_S):
        return ask(pid, port)


def server(b):
    """what watching its waits costs a server with one client"""
    if not shutil.which("redis-benchmark"):
        raise Failed("there is no redis-benchmark: tools/deps bench")
    with redis(b.scratch) as (pid, port):
        arms = {
            "untraced": lambda: ask(pid, port),
            "untraced again": lambda: ask(pid, port),
            "ebprof": lambda: ask_watched(b, pid, port),
        }
        runs = blocks(b, arms, b.count(PAIRS))
    rows = []
    for figure, what, bar in (("quick_ns", "", REDIS), ("cpu_ns", ", all turns", None)):
        ns = figures(runs, lambda run, figure=figure: run[figure])
        row = row_of_ratio(f"redis-server, CPU time / untraced{what}", ns["ebprof"], ns["untraced"], ns["ebprof"], b.rng, bar)
        row.noise = median_interval([a / c for a, c in zip(ns["untraced"], ns["untraced again"])], b.rng)
        rows.append(row)
    rows[0].note(f"a request: untraced {statistics.median(run['quick_ns'] for run in runs['untraced']) / REQUESTS:.0f} ns")
    return b.judge(rows, PAIRS, 0)


BENCHES = {"waits": waits, "switches": switches, "redis": server}
