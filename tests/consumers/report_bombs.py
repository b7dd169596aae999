#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report_bombs.py EBPROF DIR: small files that become large profiles, and profiles that take long.

BOMBS end in one clear line and exit status 1, TRAPS in a report; both within the memory of the issue's bar, and in a few
seconds of CPU time. A line of result for each. tools/bench.d/bar_report.py measures the same files.
"""
import gzip
import os
import re
import subprocess
import sys

from report_random import data, number, varint

MEMORY_MB, CPU_S = 150, 10  # a few seconds, on a machine where others run
HEAD = data(1, number(1, 1) + number(2, 1)) + data(6, b"") + data(6, b"x")
FUNCTION = data(5, number(1, 1) + number(2, 1))
LOCATION = data(4, number(1, 1) + data(4, number(1, 1)))
SAMPLE = data(2, data(1, b"\1") + data(2, b"\5"))
SMALL = HEAD + FUNCTION + LOCATION
MORE_MEMORY = "more than 128 MiB are needed, --max-memory MIB allows more"
TOO_SMALL = "gzip data that inflate more than 250 times"


def repeated(block, cnt, level=1):
    """The block so often, each a member of its own; what inflates too well is refused for that."""
    return gzip.compress(block, level) * cnt


def whole(*parts):
    return gzip.compress(b"".join(parts), 1)


def each(cnt, make):
    return b"".join(map(make, range(1, cnt + 1)))


def noise(cnt):
    """Bytes that do not compress, so that no ratio gives a bomb away."""
    return os.urandom(cnt)


def strings(cnt):
    return each(cnt, lambda i: b"\x32\x08%08x" % i)


LOW = [bytes((i & 127 | 128, i >> 7 | 128)) for i in range(1 << 14)]
HIGH = [bytes((i & 127 | 128, i >> 7)) for i in range(1 << 14)]


def four(i):
    """A number in four bytes, however small it is."""
    return LOW[i & 16383] + HIGH[i >> 14]


def nested(depth):
    """Fields within fields that nobody knows."""
    out = b""
    for _ in range(depth):
        out = data(99, out)
    return out


def name_of_types(i):
    """A linkage name with parameters that double: S_ is std::pair, S0_ a pair of two int, S1_ one of two of these…"""
    doubled = (b"S_IS%c_S%c_E" % (c, c) for c in b"0123456789ABCDEFGHIJ")
    return b"_Z8f%07dSt4pairIiiE" % i + b"".join(doubled)


# The members behind the head are those of one profile: what comes once comes first. name: (file, message)
BOMBS = {
    "1 GB of zeros": (lambda: whole(HEAD) + repeated(data(6, b"\0" * (1 << 20)), 1000, 9), MORE_MEMORY),
    "100 MB of zeros": (lambda: whole(HEAD) + repeated(data(6, b"\0" * (1 << 20)), 100, 9), TOO_SMALL),
    "1 GB of a string": (lambda: whole(HEAD) + repeated(data(6, b"y" * (1 << 20) + noise(9000)), 1000), MORE_MEMORY),
    "samples": (lambda: whole(HEAD) + repeated(data(2, data(2, b"\1")) * 100000 + data(6, noise(4000)), 1700), MORE_MEMORY),
    "samples of all values": (
        lambda: whole(SMALL) + repeated(each(500000, lambda i: b"\x12\3\x12\1%c" % (i % 127 + 1)), 20), MORE_MEMORY),
    "functions": (lambda: whole(HEAD, each(1500000, lambda i: b"\x2a\x0c\x08" + four(i) + b"\x10\1\x28" + four(i))), MORE_MEMORY),
    "locations": (lambda: whole(SMALL, each(1500000, lambda i: b"\x22\x0a\x08" + four(i + 1) + b"\x18" + four(i))), MORE_MEMORY),
    "mappings": (lambda: whole(HEAD, each(1500000, lambda i: b"\x1a\x0a\x08" + four(i) + b"\x10" + four(i))), MORE_MEMORY),
    "strings": (lambda: whole(HEAD, strings(2000000)), MORE_MEMORY),
    "comments": (lambda: whole(HEAD, data(13, b"\1" * 60000000), data(6, noise(300000))), MORE_MEMORY),
    "labels of a sample": (lambda: whole(SMALL, data(6, noise(200000)), data(2, data(2, b"\1") + b"\x1a\4\x08\1\x10\1" * 5000000)), MORE_MEMORY),
    "lines of a location": (lambda: whole(HEAD, FUNCTION, data(6, noise(200000)), data(4, number(1, 1) + b"\x22\2\x08\1" * 8000000)), MORE_MEMORY),
    "frames of a sample": (
        lambda: whole(SMALL, data(6, noise(300000)), data(2, data(1, b"\1" * 60000000) + data(2, b"\1"))), MORE_MEMORY),
    "rows of one long name": (
        lambda: whole(HEAD, data(6, noise(1 << 20).replace(b"\0", b"n")), data(5, number(1, 1) + number(2, 2)),
                      each(20000, lambda i: data(4, number(1, i) + number(3, i) + data(4, number(1, 1) + number(2, i)))),
                      each(20000, lambda i: data(2, data(1, varint(i)) + data(2, b"\1")))), MORE_MEMORY, "-lines", "-nodefraction=0"),
    "sample types": (lambda: whole(data(6, b""), b"\x0a\0" * 1000000), "more than 1024 sample types"),
    "values of a sample": (lambda: whole(SMALL, data(2, data(2, b"\1" * 5000000))), "5000000 values for 1 sample types"),
    "groups": (lambda: whole(SMALL, data(2, b"\x0b" * 1000000)), "a sample cannot be decoded"),
    "a size of 2^62": (lambda: whole(SMALL, b"\x32" + varint(1 << 62)), "cannot be decoded from byte"),
    "a size of 2^64": (lambda: whole(SMALL, b"\x32" + b"\xff" * 9 + b"\1"), "cannot be decoded from byte"),
    "an endless number": (lambda: whole(SMALL, b"\x48" + b"\xff" * 100), "cannot be decoded from byte"),
    "linkage names": (lambda: whole(
        HEAD, each(60000, lambda i: data(6, name_of_types(i))),
        each(60000, lambda i: data(5, number(1, i) + number(3, i + 1)))), "more than 2 s of CPU time", "-max-cpu=2"),
}

KEYS = 200000
TRAPS = {
    "labels with many keys": (lambda: whole(
        SMALL, strings(KEYS),
        data(2, data(1, b"\1") + data(2, b"\1") + each(KEYS, lambda i: data(3, number(1, KEYS + 2 - i) + number(3, i))))),
        ["-traces", "-tags", "-top", "-tree"]),
    "comments": (lambda: whole(SMALL, SAMPLE, strings(KEYS), data(13, each(KEYS, lambda i: varint(i + 1)))), ["-top"]),
    "a deep stack": (lambda: whole(SMALL, data(2, data(1, b"\1" * 3000000) + data(2, b"\1"))),
                     ["-top", "-tree", "-traces"]),
    "fields in fields": (lambda: whole(SMALL, SAMPLE, nested(5000)), ["-top"]),
    "the largest values": (lambda: whole(SMALL, data(2, data(1, b"\1") + data(2, varint((1 << 63) - 1))) * 1000),
                           ["-top", "-tree", "-traces"]),
    "1024 sample types": (lambda: whole(
        data(6, b""), strings(1023),
        each(1024, lambda i: data(1, number(1, i - 1))), data(2, data(2, b"\1" * 1024))), ["-top"]),
    "a filter of its own that takes for ever": (lambda: whole(
        HEAD, data(6, b"(a+)+"), number(7, 2), each(20000, lambda i: data(6, b"a" * 40 + b"%d" % i)),
        each(20000, lambda i: data(5, number(1, i) + number(2, i + 2))), LOCATION, SAMPLE), ["-top"]),
}


def report(ebprof, argv):
    """Exit status, size of the output, messages, CPU seconds, peak MB."""
    with subprocess.Popen([ebprof, "report", *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        size = 0
        while block := p.stdout.read(1 << 20):
            size += len(block)
        err = p.stderr.read().decode(errors="replace")
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
    return p.returncode, size, err, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6


def write(folder, make):
    """In a process of its own: the peak of a program begins with that of who started it (exec_mmap() of fs/exec.c)."""
    path = os.path.join(folder, "bomb.pb.gz")
    pid = os.fork()
    if not pid:
        status = 1
        try:
            with open(path, "wb") as f:
                f.write(make())
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(pid, 0)[1]:
        raise SystemExit(f"{path} cannot be made")
    return path


def say(name, wrong, cpu, memory):
    if memory > MEMORY_MB:
        wrong = wrong or "too much memory"
    if cpu > CPU_S:
        wrong = wrong or "too much CPU time"
    print(f"{'not ok' if wrong else 'ok'} {name}, {memory:.0f} MB and {cpu:.1f} s{': ' if wrong else ''}{wrong}", flush=True)
    return not wrong


def check_bomb(ebprof, folder, name, row):
    make, message, *options = row
    status, size, err, cpu, memory = report(ebprof, [*options, write(folder, make)])
    wrong = ""
    if status != 1 or size or len(err.splitlines()) != 1 or not re.search(message, err):
        wrong = f"exit status {status}, {size} bytes, {err[:300]!r}"
    return say(f"a bomb of {name}", wrong, cpu, memory)


def check_trap(ebprof, folder, name, row):
    make, views = row
    path, good = write(folder, make), True
    for argv in [[view, path] for view in views] + [["-top", path, path], ["-o", os.devnull, "--format=folded", path]]:
        status, size, err, cpu, memory = report(ebprof, argv)
        wrong = f"exit status {status}, {err[:300]!r}" if status or not size and argv[0] != "-o" else ""
        good &= say(f"{name}, {' '.join(argv[:-1]).replace(path, 'twice')}", wrong, cpu, memory)
    return good


def main():
    ebprof, folder = sys.argv[1:]
    good = [check_bomb(ebprof, folder, *item) for item in BOMBS.items()]
    good += [check_trap(ebprof, folder, *item) for item in TRAPS.items()]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
