# SPDX-License-Identifier: Apache-2.0
"""What a sample costs in the kernel, against a program that only asks "is this the target?" and calls
bpf_get_stackid(): run time of the BPF programs (the kernel's own count) per sample of the target.

A block is two runs of ebprof as it comes, two of it with --unwind fp and one of stackid, in an order
drawn anew for each; all see the same process, which has frame pointers, unwind tables and 30 frames on
its stack. ebprof's figure holds all its programs, also the scan of processes at the start and the ticks
that hit nobody wanted; so does stackid's. Two bars hold for ebprof as it comes: 1.3 for a sample and 1.2
for the walk of its stack. One figure serves both, for the walk is a part of the sample.

busy: the same with every process wanted, while a C project is built; stackid -k takes kernel stacks too,
as ebprof does. The stacks are whatever compilers have: without frame pointers stackid sees but their
first frames, and so does --unwind fp.
"""
import statistics

import host
import pprof
from measure import PAIRS, blocks, figures, per_sample, row_of_figure, row_of_ratio

FRAMES = 30
SECONDS = 2
BARS = {"default": ("<=", 1.2), "fp": ("<=", 1.3)}


def row_of_way(b, what, ns, runs, way):
    """One way to walk the stack, against stackid; both must have seen all of it."""
    what = f"BPF ns per sample / stackid's, {what}"
    row = row_of_ratio(what, ns[way], ns["stackid"], ns[way + " again"], b.rng, BARS[way])
    depth, share = runs[way][-1]["depth"]
    seen = sorted({int(d) for run in runs["stackid"] for d in run["depths"]})
    row.note(
        f"ebprof {statistics.median(ns[way] + ns[way + ' again']):.0f} ns, stackid {statistics.median(ns['stackid']):.0f} ns;"
        f" frames: ebprof {depth} ({100 * share:.1f} % of samples), stackid {' '.join(map(str, seen))}"
    )
    if seen != [FRAMES] or depth != FRAMES:
        row.verdict = "missed: the stacks differ"
    return row


def bpf(b):
    """BPF run time per sample with 30 frames, against bpf_get_stackid() alone"""
    cnt, seconds = b.count(PAIRS), b.seconds(SECONDS)

    def ebprof(*how):
        got = host.ebprof(b.scratch, seconds, "-p", str(pid), "-F", str(host.HZ), *how)
        got["depth"] = pprof.Profile(got["around"]["profile"]).usual_depth()
        return got

    def by_fp():
        return ebprof("--unwind", "fp")

    with host.burning(cnt * 5 * (seconds + 2) + 60, 1, FRAMES) as pid:
        arms = {"default": ebprof, "default again": ebprof, "fp": by_fp, "fp again": by_fp}
        runs = blocks(b, arms | {"stackid": lambda: host.stackid(seconds, pid)}, cnt)
    ns = figures(runs, per_sample)
    rows = [row_of_way(b, "as it comes", ns, runs, "default"), row_of_way(b, "--unwind fp", ns, runs, "fp")]
    return b.judge(rows, PAIRS, SECONDS)


def busy(b):
    """the same with -a while a C project is built (no bar)"""
    cnt, seconds = b.count(PAIRS), b.seconds(SECONDS)
    with host.compiling(b.scratch):
        mine = (b.scratch, seconds, "-a", "-F", str(host.HZ))
        arms = {
            "ebprof": lambda: host.ebprof(*mine),
            "again": lambda: host.ebprof(*mine),
            "stackid": lambda: host.stackid(seconds, 0),
            "stackid -k": lambda: host.stackid(seconds, 0, "-k"),
        }
        ns = figures(blocks(b, arms, cnt), per_sample)
    rows = [
        row_of_ratio(f"-a, building: BPF ns per sample / {arm}'s", ns["ebprof"], ns[arm], ns["again"], b.rng)
        for arm in ("stackid", "stackid -k")
    ]
    mine_ns = row_of_figure("-a, building: BPF ns per sample", ns["ebprof"] + ns["again"], b.rng, None, "{:.0f}")
    return rows + [mine_ns]


BENCHES = {"bpf": bpf, "busy": busy}
