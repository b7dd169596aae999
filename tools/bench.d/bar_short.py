# SPDX-License-Identifier: Apache-2.0
"""Processes that nobody has met: how soon ebprof is ready for many, and what it gets of those that live
for milliseconds.

ready: own.start_ns of --stats, from ebprof's start to the first sample that counts, beside 150 processes of
20 or more different programs, each of which works a little five times a second. Nothing is built for a
process before it is sampled, so this is the time to load the programs and to read who there is; what the
150 processes add to it is a row of its own.

storm: programs of 2 ms of CPU time one after the other, each from a file that was never met before, so that
its table must be built from nothing while it runs. Samples of a known process whose stack reaches its root,
in percent of those that the CPU time of all of them promises, or of those that came where these are more:
the kernel charges a process that is reaped while it still ends for less than it took. What says [end:
exiting], where a process has given up its memory already, is taken off: there is no stack.

make: make -j2 of two C projects, one of usual files and one of small ones, whose compilers live for some
50 ms. In percent of all samples but those that say [end: exiting]: of a known process, each frame in a known
file, the stack complete. Samples that the kernel side counted and that neither the profile nor a counter has
are lost silently. Anonymous memory is that of ebprof at the capture's end; tables are in the kernel's maps.
"""
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time

import host
import pprof
from measure import PAIRS, Failed, blocks, row_of_count, row_of_figure

PROCESSES = 150
KINDS = 20
LINES = b"12345\n" * 200
# All of them read numbers, one a line, do something with each, and end when there are no more.
READERS = (
    ("bash", "-c", "while read -r line; do :; done"),
    ("dash", "-c", "while read -r line; do :; done"),
    ("perl", "-ne", "$sum += $_"),
    ("mawk", "{sum += $1}"),
    (sys.executable, "-I", "-S", "-c", "import sys\nfor line in sys.stdin: sum(map(int, line[:-1]))"),
    ("grep", "--line-buffered", "3"),
    ("dd", "status=none"),
    ("openssl", "sha256"),
    *((name, "-c") for name in ("bzip2", "gzip", "xz", "zstd")),
    *(("tr", "3", "4"), ("sed", "s/3/4/"), ("cut", "-c2"), ("paste", "-", "-"), ("jq", ".")),
    *((name,) for name in "base64 bc cat cksum expand fmt fold md5sum nl od pr rev sha1sum sha256sum uniq wc".split()),
)
STORM_RUNS = 5
STORM_SECONDS = 10
STORM_MS = 2
STORM_FILES = 400  # a second: more than there are processes
MAKE_RUNS = 5
MAKE_SECONDS = 20
PROJECTS = {"usual files": (30, 40), "small files": (150, 2)}  # files, functions in each
GONE = ("[end: exiting]",)  # there was no stack any more


def feed(fds, over):
    """Gives all of them something to do five times a second; one that is behind gets nothing more."""
    while not over.wait(0.2):
        for fd in fds:
            with contextlib.suppress(BlockingIOError):
                os.write(fd, LINES)


@contextlib.contextmanager
def populace(cnt):
    """So many processes of as many kinds as this machine has; how many kinds."""
    kinds = [argv for argv in READERS if shutil.which(argv[0])]
    started, over = [], threading.Event()
    try:
        for i in range(cnt):
            argv = kinds[i % len(kinds)]
            started.append(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, bufsize=0))
            os.set_blocking(started[-1].stdin.fileno(), False)
        feeder = threading.Thread(target=feed, args=([p.stdin.fileno() for p in started], over))
        feeder.start()
        time.sleep(1)  # all of them have started
        yield len(kinds)
        over.set()
        feeder.join()
        if any(p.poll() is not None for p in started):
            raise Failed("one of the processes ended before its time")
    finally:
        over.set()
        for p in started:
            p.stdin.close()
        for p in started:
            p.wait()


def ready(b):
    """time from the start to the first sample that counts, beside 150 processes"""

    def start():
        return host.ebprof(b.scratch, 1, "-a")

    def beside():
        with populace(PROCESSES) as kinds:
            return start() | {"kinds": kinds}

    runs = blocks(b, {"beside": beside, "without": start}, b.count(PAIRS))
    ms = {arm: [run["own"]["start_ns"] / 1e6 for run in got] for arm, got in runs.items()}
    kinds = runs["beside"][0]["kinds"]
    row = row_of_figure(f"start, {PROCESSES} processes, ms", ms["beside"], b.rng, ("<=", 150), "{:.0f}")
    more = [a - b for a, b in zip(ms["beside"], ms["without"])]
    sampled, mean = [run["processes"] for run in runs["beside"]], statistics.mean
    row.note(
        f"without them {statistics.median(ms['without']):.0f} ms; {kinds} different programs;"
        f" {mean(sampled):.0f} processes were sampled"
    )
    if kinds < KINDS:
        row.verdict = f"not resolved: only {kinds} of {KINDS} different programs are there"
    added = row_of_figure(f"what {PROCESSES} processes add to it, ms", more, b.rng, None, "{:.1f}")
    return b.judge([row, added], PAIRS, 1)


def build_id_at(data):
    """Where the 20 bytes of a file's build ID are; its note says: 4 bytes of name, 20 of ID, type 3, "GNU"."""
    at = data.find(b"\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0")
    if at < 0:
        raise Failed("the program has no build ID")
    return at + 16


def copies(source, where, cnt):
    """So many copies of a program, each with a build ID of its own."""
    os.makedirs(where)
    with open(source, "rb") as f:
        data = bytearray(f.read())
    at = build_id_at(data)
    for i in range(cnt):
        data[at : at + 20] = i.to_bytes(20, "little")
        path = os.path.join(where, str(i))
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, 0o755)


def word_after(text, word):
    words = text.split()
    return int(words[words.index(word) + 1]) if word in words else 0


def is_gone(sample):
    return pprof.mark(sample) in GONE


def is_whole(sample):
    """Of a known process, complete, each frame in a known file."""
    return bool(sample.comm) and not pprof.mark(sample)


def seen(got, argv):
    """What a capture's profile says, added to its figures."""
    profile = pprof.Profile(got["around"]["profile"])
    got["whole"], got["gone"] = profile.count(is_whole), profile.count(is_gone)
    got["profile"] = profile.count()
    got["nobody"] = profile.count(lambda sample: not sample.comm)
    got["ends"] = profile.ends()
    if not got["profile"]:
        raise Failed(f"{' '.join(argv)}: no samples")
    return got


def captured(b, seconds, *argv):
    """A command at 999 Hz, from its birth to its death."""
    env = ("env", "-u", "MAKEFLAGS", "-u", "MFLAGS", "-u", "MAKELEVEL", f"TMPDIR={b.scratch}")
    return seen(host.ebprof(b.scratch, seconds, "-F", str(host.HZ), "--", *env, *argv), argv)


def percent(part, whole):
    return 100 * part / max(1, whole)


def lost_cnt(run):
    """Samples that were lost and counted, without parts of samples and news of processes."""
    return sum(run["lost"][name] for name in host.WHOLE_LOSSES)


def came_cnt(run):
    return run["samples"] + lost_cnt(run)


def text_of(runs):
    """What is behind the figure of some captures."""
    came = sum(map(came_cnt, runs))
    shares = {
        "complete of what came": percent(sum(r["whole"] for r in runs), came - sum(r["gone"] for r in runs)),
        "exiting": percent(sum(r["gone"] for r in runs), came),
        "of unknown processes": percent(sum(r["nobody"] for r in runs), came),
        "at first sight": percent(sum(r["unmet"] for r in runs), came),
    }
    return ", ".join(f"{what} {share:.2f} %" for what, share in shares.items())


def storm_once(b, seconds, where, run):
    got = captured(b, seconds, host.program("storm"), f"{seconds:g}", str(STORM_MS), where)
    said = got["around"]["output"]
    got["children"], got["failed"] = word_after(said, "children"), word_after(said, "failed")
    got["promised"] = host.HZ_REAL * word_after(said, "cpu") / 1e9
    if not got["children"] or got["failed"]:
        raise Failed(f"the storm says: {said.strip()}")
    return b.keep("storm", got, run=run)


def storm(b):
    """complete stacks of programs that live for 2 ms and were never met before"""
    seconds, where = b.seconds(STORM_SECONDS), os.path.join(b.scratch, "storm")
    copies(host.program("storm"), where, int(seconds * STORM_FILES))
    runs = [storm_once(b, seconds, where, run) for run in range(b.count(STORM_RUNS))]
    shutil.rmtree(where)
    share = [percent(r["whole"], max(r["promised"], came_cnt(r)) - r["gone"]) for r in runs]
    row = row_of_figure("complete stacks, % of samples due", share, b.rng, (">=", 97), "{:.2f}")
    mean = statistics.mean
    row.note(
        f"a run: {mean(r['children'] for r in runs):.0f} programs,"
        f" CPU time promises {mean(r['promised'] for r in runs):.0f} samples, {mean(map(came_cnt, runs)):.0f} came; complete of the promise"
        f" {mean(percent(r['whole'], r['promised'] - r['gone']) for r in runs):.2f} %"
    )
    row.note(f"{text_of(runs)}; lost: {host.lost_text(runs)}")
    row.note(f"the last run's: {runs[-1]['ends']}")
    return b.judge([row], STORM_RUNS, STORM_SECONDS)


def row_of_project(b, what, runs):
    share = [percent(r["whole"], came_cnt(r) - r["gone"]) for r in runs]
    row = row_of_figure(f"known and complete, % of samples, {what}", share, b.rng, (">=", 99), "{:.2f}")
    samples, processes = (statistics.mean(r[of] for r in runs) for of in ("samples", "processes"))
    row.note(f"a run: {samples:.0f} samples of {processes:.0f} processes; {text_of(runs)}")
    return row.note(f"the last run's: {runs[-1]['ends']}")


def rows_of_all(b, runs):
    lost = [percent(lost_cnt(r), came_cnt(r)) for r in runs]
    row = row_of_figure("lost and counted, % of samples", lost, b.rng, ("<=", 0.1), "{:.3f}")
    row.note(f"lost: {host.lost_text(runs)}")
    silent = row_of_count("lost silently", sum(abs(r["samples"] - r["profile"]) for r in runs), ("<=", 0))
    memory = [r["own"]["memory_bytes"] / 1e6 for r in runs]
    return [row, silent, row_of_figure("anonymous memory, make -j2, MB", memory, b.rng, ("<=", 40), "{:.1f}")]


def make_once(b, seconds, where):
    script = f"cd {where} && while ((SECONDS < {seconds:.0f})); do make -s clean && make -s -j2 || exit; done"
    return captured(b, seconds, "bash", "-c", script)


def make(b):
    """make -j2 of a C project: known, complete, nothing lost, little memory"""
    seconds = b.seconds(MAKE_SECONDS)
    rows, all_runs = [], []
    for what, size in PROJECTS.items():
        where = host.project(b.scratch, *size)
        runs = [b.keep(what, make_once(b, seconds, where), run=run) for run in range(b.count(MAKE_RUNS))]
        rows.append(row_of_project(b, what, runs))
        all_runs += runs
    return b.judge(rows + rows_of_all(b, all_runs), MAKE_RUNS, MAKE_SECONDS)


BENCHES = {"ready": ready, "storm": storm, "make": make}
