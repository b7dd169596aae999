# SPDX-License-Identifier: Apache-2.0
"""What the bars run: ebprof, the least profiler there can be (stackid), and loads for them to see."""
import collections
import contextlib
import json
import os
import select
import signal
import subprocess
import threading
import time

from measure import Failed

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, ".output"))
EBPROF = os.environ.get("EBPROF", os.path.join(ROOT, "ebprof"))
CPUS = len(os.sched_getaffinity(0))
HZ = 999
HZ_REAL = 1e9 / (10**9 // HZ)  # the kernel's timer has a period of whole nanoseconds
TICKS = os.sysconf("SC_CLK_TCK")
# The loss counters that count whole samples, not parts of them or news of processes.
WHOLE_LOSSES = ("counts_full", "ring_stack", "ring_unmet", "ring_sample", "scratch_busy", "no_map", "waits_full",
                "locks_full", "out_of_memory")


def program(name):
    return os.path.join(BUILD, "bench", name)


class Around:
    """What the whole machine does meanwhile: cores busy, cores stolen from it, processes made a second."""

    def __init__(self):
        self.when, self.then = time.monotonic(), self.now()

    @staticmethod
    def now():
        with open("/proc/stat", encoding="ascii") as f:
            lines = [line.split() for line in f]
        user, nice, system, _idle, _wait, irq, soft, steal = map(int, lines[0][1:9])
        forks = next(int(line[1]) for line in lines if line[0] == "processes")
        return {"busy": (user + nice + system + irq + soft) / TICKS, "steal": steal / TICKS, "forks": forks}

    def rates(self):
        wall = time.monotonic() - self.when
        return {what: (value - self.then[what]) / wall for what, value in self.now().items()}


def call(argv, seconds):
    """Runs a program; its exit status, output and errors."""
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as p:
        try:
            out, err = p.communicate(timeout=seconds + 60)
        except subprocess.TimeoutExpired:
            p.kill()
            raise Failed(f"{' '.join(argv)}: still running after {seconds + 60:.0f} s") from None
    return p.returncode, out, err


def used(argv, stdout):
    """Runs a program; what it used (rusage) and, with a pipe, what it says."""
    with subprocess.Popen(argv, stdout=stdout, stderr=subprocess.DEVNULL) as p:
        said = p.stdout.read() if p.stdout else b""
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode:
        raise Failed(f"{' '.join(argv)}: exit status {p.returncode}")
    return usage, said


def ebprof(scratch, seconds, *args):
    """One capture; the object of --stats with what was measured around it. An empty profile is one."""
    stats, profile = os.path.join(scratch, "stats.json"), os.path.join(scratch, "profile.pb.gz")
    for path in (stats, profile):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    argv = [EBPROF, "cpu", "-q", "--stats", stats, "-o", profile, *args]
    if "--" not in args:
        argv.append(f"{seconds:g}")
    around = Around()
    status, out, err = call(argv, seconds)
    rates = around.rates()
    if not os.path.exists(stats):
        raise Failed(f"{' '.join(argv)}: exit status {status}: {err.strip()}")
    with open(stats, encoding="utf-8") as f:
        got = json.load(f)
    got["around"] = {**rates, "profile": profile, "output": out}
    return got


def stackid(seconds, pid, *options, name="stackid"):
    argv = [program(name), *options, str(HZ), f"{seconds:g}", str(pid)]
    status, out, err = call(argv, seconds)
    if status:
        raise Failed(f"{' '.join(argv)}: exit status {status}: {err.strip()}")
    return json.loads(out)


def lost(runs):
    """The loss counters of these runs that are not zero."""
    total = collections.Counter()
    for run in runs:
        total.update(run["lost"])
    return {name: cnt for name, cnt in total.items() if cnt}


def lost_text(runs):
    return ", ".join(f"{name} {cnt}" for name, cnt in lost(runs).items()) or "nothing"


@contextlib.contextmanager
def running(name, *args):
    """A target that says that it is there and burns CPU time until it is left; its pid and what it said."""
    argv = [program(name), *map(str, args)]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True) as p:
        try:
            said = p.stdout.readline().split()
            if not said:
                raise Failed(f"{' '.join(argv)}: says nothing")
            yield p.pid, said
            if p.poll() is not None:
                raise Failed(f"{name} ended before its time")
        finally:
            p.kill()


@contextlib.contextmanager
def burning(seconds, threads=1, frames=30):
    """A process that burns CPU time until it is left, or for so many seconds; its pid."""
    with running("burn", f"{seconds:g}", threads, frames) as (pid, _):
        yield pid


def let_run(group, groups):
    """Of these process groups only that one goes on."""
    for other in groups:
        os.killpg(other, signal.SIGCONT if other == group else signal.SIGSTOP)
    time.sleep(0.1)


class CpuWatch(threading.Thread):
    """Reads a process's CPU clock each 10 ms, so that its CPU time in any window is known afterwards."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.clock = (~pid << 3) | 2  # clock_getcpuclockid(3): CPUCLOCK_SCHED of a whole process
        self.points = []
        self.over = False

    def read(self):
        before = time.time()
        with contextlib.suppress(OSError):
            cpu = time.clock_gettime(self.clock)
            self.points.append(((before + time.time()) / 2, cpu))

    def run(self):
        while not self.over:
            self.read()
            time.sleep(0.01)
        self.read()

    def at(self, when):
        """Between two readings CPU time passes evenly: they are near enough."""
        for (t0, c0), (t1, c1) in zip(self.points, self.points[1:]):
            if t0 <= when <= t1:
                return c0 + (c1 - c0) * (when - t0) / (t1 - t0)
        raise Failed("the target's CPU clock was not read around the capture")

    def between(self, begin, end):
        return self.at(end) - self.at(begin)


@contextlib.contextmanager
def watching(pid):
    watch = CpuWatch(pid)
    watch.start()
    try:
        time.sleep(0.05)
        yield watch
    finally:
        watch.over = True
        watch.join()


SOURCE = """#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct node_{n} {{ struct node_{n} *next; char name[32]; long key, value; }};
"""
FUNCTION = """
static long part_{n}_{i}(struct node_{n} *list, const char *text, long limit)
{{
	struct node_{n} *at, **end = &list;
	long sum = {i}, k;

	for (at = list; at; end = &at->next, at = at->next) {{
		switch ((at->key ^ {i}) % 7) {{
		case 0: sum += at->value * {i}; break;
		case 1: sum ^= (long)strlen(at->name) << {i} % 13; break;
		case 2: sum -= strcmp(at->name, text); break;
		default: sum = sum * 31 + at->key;
		}}
		if (sum > limit && !(*end = calloc(1, sizeof(**end))))
			return -errno;
	}}
	for (k = 0; k < limit; k++)
		if (text[k % {m}] == (char)sum)
			sum += printf("%s %ld\\n", text, sum + k);
	return sum;
}}
"""


def make_project(where, files, functions):
    """A C project that is always the same: a Makefile and so many files."""
    os.makedirs(where)
    for n in range(files):
        text = SOURCE.format(n=n)
        text += "".join(FUNCTION.format(n=n, i=i, m=i + 1) for i in range(functions))
        text += f"long file_{n}(void *list, const char *text);\nlong file_{n}(void *list, const char *text)\n{{\n\treturn "
        text += " +\n\t\t".join(f"part_{n}_{i}(list, text, {i})" for i in range(functions)) + ";\n}\n"
        with open(os.path.join(where, f"file_{n}.c"), "w", encoding="ascii") as f:
            f.write(text)
    with open(os.path.join(where, "Makefile"), "w", encoding="ascii") as f:
        f.write(
            "OBJ := $(patsubst %.c,%.o,$(wildcard *.c))\nlib.a: $(OBJ)\n\trm -f $@ && ar rcs $@ $^\n"
            "%.o: %.c\n\tgcc -O2 -g -Wall -c -o $@ $<\nclean:\n\trm -f *.o lib.a\n"
        )


def make_environment(scratch):
    """For a make of our own: not a part of the one that runs the bench; leaves nothing behind when killed."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return env | {"TMPDIR": scratch}


@contextlib.contextmanager
def again(command, where, scratch):
    """A shell command, again and again; the shell's pid, which leads the group of all its processes."""
    argv = ["sh", "-c", f"while {command}; do :; done"]
    env = make_environment(scratch)
    with subprocess.Popen(argv, cwd=where, env=env, stdin=subprocess.DEVNULL, start_new_session=True) as p:
        try:
            time.sleep(2)
            yield p.pid
            if p.poll() is not None:
                raise Failed(f"{command}: failed")
        finally:
            os.killpg(p.pid, signal.SIGKILL)


def project(scratch, files=150, functions=40):
    """The directory of such a project, made at first need."""
    where = os.path.join(scratch, f"project-{files}-{functions}")
    if not os.path.exists(where):
        make_project(where, files, functions)
    return where


def compiling(scratch):
    """make -j2 of a C project, again and again."""
    return again("make -s clean && make -s -j2", project(scratch), scratch)


# A process of the crowd: wakes each second, uses a millisecond of CPU time, ends with its standard input.
CROWD = """import os, select, time
os.write(1, b'r')
while not select.select([0], [], [], 1)[0]:
    end = time.process_time() + 0.001
    while time.process_time() < end:
        pass
"""


@contextlib.contextmanager
def crowd(cnt):
    """So many Python processes that live; they end when this one does, for they read from its pipe."""
    ready, said = os.pipe()
    stay, hold = os.pipe()
    argv = ["python3", "-I", "-S", "-c", CROWD]
    started = []
    try:
        for _ in range(cnt):
            started.append(subprocess.Popen(argv, stdin=stay, stdout=said))
        while cnt:
            if not select.select([ready], [], [], 60)[0]:
                raise Failed(f"{cnt} processes of the crowd did not start")
            cnt -= len(os.read(ready, cnt))
        yield
    finally:
        os.close(hold)
        for fd in (ready, said, stay):
            os.close(fd)
        for p in started:
            p.wait()
