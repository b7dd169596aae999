# SPDX-License-Identifier: Apache-2.0
"""What the walk of a user stack by unwind tables costs: run time of the BPF programs per sample. That it
costs no more than the kernel's walk by frame pointers is the bench 'bpf'.

peer: against a walker whose look-ups have the shape that other profilers' have (peer.bpf.c says which),
with tables made of the same rows. Both walk a program without frame pointers; its stack, of 30 distinct
functions and of the C library's recursive qsort(), is as deep as backtrace(3) says, or the row is missed.

cold: what a frame costs where code and tables are never in the CPU's caches, in clang -O3, against a
frame of that program. A frame's cost is that of a sample divided by its user frames: it holds what a
sample costs anyway. clang's stacks are not as deep, so its frames bear more of that: the figure is too
high, never too low. Both are captured with --user-only, so that no kernel stacks are walked, and while
the other one is stopped; the runs of a few ticks in processes that are not wanted are in both.
"""
import statistics

import host
import pprof
from measure import PAIRS, blocks, figures, per_sample, row_of_figure, row_of_ratio

SECONDS = 2
COLD_SECONDS = 6  # the first samples, sent whole until the tables of 180 MiB of code are made, are few then
SHALLOW = 0, 0  # functions and levels of qsort(): the least


def capture(b, seconds, pid, *options):
    """One of ebprof, with what its profile says of the stacks."""
    got = host.ebprof(b.scratch, seconds, "-p", str(pid), "-F", str(host.HZ), "--user-only", *options)
    profile = pprof.Profile(got["around"]["profile"])
    got["depth"], got["frames"], got["ends"] = profile.usual_depth(), profile.frame_mean(), profile.ends()
    return got


def stacks_equal(runs, depth):
    """Has every run of both seen stacks of so many frames?"""
    mine = {run["depth"][0] for arm in ("ebprof", "again") for run in runs[arm]}
    theirs = {int(max(run["depths"], key=run["depths"].get)) for run in runs["peer"]}
    return mine == theirs == {depth}, f"frames: ebprof {mine}, peer {theirs}, backtrace(3) {depth}"


def peer(b):
    """BPF run time per sample of a deep stack, against look-ups shaped as other profilers'"""
    cnt, seconds = b.count(PAIRS), b.seconds(SECONDS)
    with host.running("frames", cnt * 3 * (seconds + 2) + 60) as (pid, said):
        arms = {
            "ebprof": lambda: capture(b, seconds, pid),
            "again": lambda: capture(b, seconds, pid),
            "peer": lambda: host.stackid(seconds, pid, name="peer"),
        }
        runs = blocks(b, arms, cnt)
    ns = figures(runs, per_sample)
    row = row_of_ratio("BPF ns per sample / peer's", ns["ebprof"], ns["peer"], ns["again"], b.rng, ("<=", 0.5))
    equal, frames = stacks_equal(runs, int(said[1]))
    failed = sum(run["failed"] for run in runs["peer"])
    row.note(
        f"ebprof {statistics.median(ns['ebprof'] + ns['again']):.0f} ns, peer {statistics.median(ns['peer']):.0f} ns; {frames};"
        f" of the peer's stacks {failed} did not reach a root"
    )
    if not equal:
        row.verdict = "missed: the stacks differ"
    return b.judge([row], PAIRS, SECONDS)


def per_frame(run):
    return per_sample(run) / run["frames"]


def row_of_slope(b, runs, depths):
    """What a further frame costs: the fixed cost of a sample is in neither."""
    deep, shallow = (figures(runs, per_sample)[arm] for arm in ("warm", "shallow"))
    slopes = [(d - s) / (depths["warm"] - depths["shallow"]) for d, s in zip(deep, shallow)]
    fixed = statistics.median(shallow) - depths["shallow"] * statistics.median(slopes)
    row = row_of_figure("BPF ns of a further frame, warm", slopes, b.rng, None, "{:.1f}")
    cold = [(per_sample(run) - fixed) / run["frames"] for run in runs["cold"] + runs["cold again"]]
    ratio = statistics.median(cold) / statistics.median(slopes)
    row.note(
        f"a sample without frames {fixed:.0f} ns; less that, a cold frame {statistics.median(cold):.0f} ns,"
        f" {ratio:.1f} times as much"
    )
    return row


def rows_of_cold(b, runs, depths):
    ns = figures(runs, per_frame)
    row = row_of_ratio("BPF ns per frame, cold / warm", ns["cold"], ns["warm"], ns["cold again"], b.rng, ("<=", 8))
    mean = {arm: statistics.mean(run["frames"] for run in runs[arm]) for arm in runs}
    samples = {arm: statistics.median(got) for arm, got in figures(runs, per_sample).items()}
    unmet = statistics.mean(run["unmet"] / run["samples"] for run in runs["cold"])
    row.note(
        f"cold {samples['cold']:.0f} ns a sample of {mean['cold']:.1f} frames,"
        f" warm {samples['warm']:.0f} ns of {mean['warm']:.1f}"
    )
    row.note(f"clang's stacks in a run: {100 * unmet:.1f} % sent whole; incomplete: {runs['cold'][-1]['ends']}")
    if any(run["depth"][0] != depths[arm] for arm in depths for run in runs[arm]):
        row.verdict = "missed: the stacks differ"
    each = [
        row_of_figure(f"BPF ns per frame, {arm}", ns[arm], b.rng, None, "{:.0f}") for arm in ("cold", "warm")
    ]
    return [row, *each, row_of_slope(b, runs, depths)]


def cold(b):
    """BPF run time per frame in clang -O3, against that where everything is in the caches"""
    cnt = b.count(PAIRS)
    long = cnt * (2 * COLD_SECONDS + 2 * SECONDS + 10) + 120
    where = host.project(b.scratch, 1, 400)
    with host.again("clang -w -O3 -c -o /dev/null file_0.c", where, b.scratch) as clang, host.running(
        "frames", long
    ) as (deep, deep_said), host.running("frames", long, *SHALLOW) as (shallow, shallow_said):

        def alone(pid, seconds, *options):
            host.let_run(pid, (clang, deep, shallow))
            return capture(b, b.seconds(seconds), pid, *options)

        arms = {
            "cold": lambda: alone(clang, COLD_SECONDS, "--tree"),
            "cold again": lambda: alone(clang, COLD_SECONDS, "--tree"),
            "warm": lambda: alone(deep, SECONDS),
            "shallow": lambda: alone(shallow, SECONDS),
        }
        runs = blocks(b, arms, cnt)
    depths = {"warm": int(deep_said[1]), "shallow": int(shallow_said[1])}
    return b.judge(rows_of_cold(b, runs, depths), PAIRS, COLD_SECONDS)


BENCHES = {"peer": peer, "cold": cold}
