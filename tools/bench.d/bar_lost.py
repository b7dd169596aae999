# SPDX-License-Identifier: Apache-2.0
"""Nothing is lost at 999 Hz on all CPUs for 30 seconds, with a thread that burns CPU time on each of them;
and there are as many samples as the target's CPU time is long, within 1 %.

CPU time and samples must be of the same window, for 1 % of 30 s is only 300 ms:
- a command: ebprof starts it, so that its whole life is captured; it says its CPU time itself, by the
  clock of its process, as the last thing it does. Outside the window is only the time between its fork
  and its exec, when it waits.
- -p: the process's CPU clock (not /proc, which is as old as the last tick) is read each 10 ms; the
  profile says when the window began and how long it was, to the nanosecond. Between two readings a
  process that never sleeps uses CPU time evenly.
All loss counters count, also those of a part of a sample's description. The targets make no processes, so
on a host that makes many beside them lost news of processes decide nothing: they were of the others.
The timer of a virtual machine may itself lose ticks. How many there were to be had is counted by a program
that does nothing else (stackid -n), for a while after each capture: a share of its own, for comparison.
"""
import statistics

import host
import pprof
from measure import row_of_count, row_of_figure

RUNS = 5
SECONDS = 30
QUIET_FORKS = 20  # a second: more is another load than the one that the bar speaks of
BAR = (">=", 99.0)


def share(samples, cpu_s):
    return 100 * samples / (host.HZ_REAL * cpu_s)


def of_command(b, seconds):
    argv = [host.program("burn"), f"{seconds:g}", str(host.CPUS), "30"]
    got = host.ebprof(b.scratch, seconds, "-F", str(host.HZ), "--", *argv)
    cpu = [line.split()[1] for line in got["around"]["output"].splitlines() if line.startswith("cpu ")]
    if not cpu:
        raise host.Failed("burn did not say its CPU time")
    return got, share(got["samples"], int(cpu[0]) / 1e9)


def of_process(b, seconds):
    """Captured by -p, then counted alone; the two shares."""
    with host.burning(seconds + b.seconds(10) + 20, host.CPUS, 30) as pid, host.watching(pid) as watch:
        got = host.ebprof(b.scratch, seconds, "-p", str(pid), "-F", str(host.HZ))
        alone = host.stackid(b.seconds(10), pid, "-n")
    p = pprof.Profile(got["around"]["profile"])
    mine = share(got["samples"], watch.between(p.begin, p.begin + p.seconds))
    return got, mine, share(alone["samples"], watch.between(alone["from"], alone["to"]))


def row_of_losses(runs):
    row = row_of_count(f"lost, {host.CPUS} busy CPUs at {host.HZ} Hz", sum(host.lost(runs).values()), ("<=", 0))
    forks = statistics.median(run["around"]["forks"] for run in runs)
    if row.missed:
        row.note(f"lost: {host.lost_text(runs)}; beside it {forks:.0f} new processes a second")
    if row.missed and set(host.lost(runs)) == {"sideband_records"} and forks > QUIET_FORKS:
        row.verdict = "not resolved: the host was not quiet"
    return row


def lost(b):
    """nothing lost at 999 Hz with all CPUs busy, and as many samples as CPU time"""
    seconds = b.seconds(SECONDS)
    shares, runs, alone = {"-- CMD": [], "-p": []}, [], []
    for run in range(b.count(RUNS)):
        got, mine = of_command(b, seconds)
        runs.append(b.keep("command", got, run=run, share=mine))
        shares["-- CMD"].append(mine)
        got, mine, control = of_process(b, seconds)
        runs.append(b.keep("process", got, run=run, share=mine, control=control))
        shares["-p"].append(mine)
        alone.append(control)
    rows = [row_of_losses(runs)]
    for how, values in shares.items():
        rows.append(row_of_figure(f"samples of {how}, % of F x CPU time", values, b.rng, BAR, "{:.2f}"))
        rows[-1].note(f"least {min(values):.2f}, most {max(values):.2f}")
    rows[-1].note(f"ticks alone, nothing but counted: {statistics.median(alone):.2f} % ({min(alone):.2f} .. {max(alone):.2f})")
    return b.judge(rows, RUNS, SECONDS)


BENCHES = {"lost": lost}
