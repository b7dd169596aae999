#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report_random.py EBPROF PPROF DIR COUNT SEED: is `ebprof report` equal to `go tool pprof`, byte for byte?

Random profiles (inlined functions, frames without lines, labels of all kinds, negative values, several sample
types, damaged names of files…) under random options. Where pprof's own answers differ from run to run (rows
of one name, calls that weigh as much with other signs) nothing can be equal: those are counted apart.
"""
import gzip
import os
import random
import re
import subprocess
import sys

RERUNS = 25  # of pprof, to see whether it agrees with itself

NAMES = ["main", "work", "runtime.mallocgc", "main.(*T).Do", "main.Map[go.shape.int]", "ns::run<int>",
         "std::vector<int>::push_back(int const&)", "_ZN3foo3barEi", "com.foo.Bar.baz(int)", "<module>",
         "(anonymous namespace)::f", "operator()", "do_syscall_64", "ünï", "", "a b", ".ppc", "_start", "x", "y", "z"]
FILES = ["/src/a.c", "/src/b.c", "src//c.c", "./d.c", "/src/../e.c", "../f.c", "", "/proc/self/cwd/g.c", "h/./i.go"]
OBJECTS = ["/bin/w", "/lib/libc.so.6", "[kernel.kallsyms]", "", "[vdso]", "/bin/w (deleted)"]
TYPES = [("samples", "count"), ("cpu", "nanoseconds"), ("inuse_space", "bytes"), ("delay", "microseconds"),
         ("space", "kilobytes"), ("things", "widgets"), ("contentions", "count"), ("alloc_objects", "count")]
KEYS = [("pid", ""), ("bytes", "bytes"), ("cpu", "cpu"), ("request", ""), ("slice", "milliseconds"), ("bytes", "")]
TEXTS = [("comm", ["w", "other", "a,b", ""]), ("reason", ["lock", "disk"]), ("pid", ["text"])]


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def number(field, n):
    return varint(field << 3) + varint(n) if n else b""


def data(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


class Profile:
    """A random one; 'types' are the sample types."""

    def __init__(self, r, types):
        self.r, self.strings, self.out = r, {"": 0}, b""
        self.types = types
        for name, unit in types:
            self.out += data(1, number(1, self.text(name)) + number(2, self.text(unit)))
        self.mappings()
        self.functions()
        self.locations()
        self.samples()
        self.header()

    def text(self, s):
        return self.strings.setdefault(s, len(self.strings))

    def mappings(self):
        self.mapping_cnt = self.r.randrange(0, 4)
        for i in range(self.mapping_cnt):
            start = 0x400000 * (i + 1)
            build = self.r.choice(["", "abc", "0123456789"])
            self.out += data(3, number(1, i + 1) + number(2, start) + number(3, start + 0x10000) + number(4, i * 4096)
                             + number(5, self.text(self.r.choice(OBJECTS))) + number(6, self.text(build))
                             + b"".join(number(f, 1) for f in range(7, 11)))

    def functions(self):
        self.function_cnt = self.r.randrange(1, 25)
        for i in range(self.function_cnt):
            name = self.r.choice(NAMES)
            system = self.r.choice([name, name, "", "_ZN1a1bEv", "sys"])
            self.out += data(5, number(1, i + 1) + number(2, self.text(name)) + number(3, self.text(system))
                             + number(4, self.text(self.r.choice(FILES))) + number(5, self.r.choice([0, 0, 1, 10])))

    def locations(self):
        self.location_cnt = self.r.randrange(1, 40)
        for i in range(self.location_cnt):
            lines = b""
            for _ in range(self.r.choice([0, 1, 1, 1, 2, 3])):
                lines += data(4, number(1, self.r.randrange(self.function_cnt) + 1)
                              + number(2, self.r.choice([0, 1, 5, 77, 1000])) + number(3, self.r.choice([0, 0, 9])))
            mapping = self.r.randrange(self.mapping_cnt + 1)
            address = self.r.choice([0, 0x1000 + i, 0x400000 * max(mapping, 1) + self.r.randrange(0x10000)])
            self.out += data(4, number(1, i + 1) + number(2, mapping) + number(3, address) + lines)

    def value(self):
        kind = self.r.randrange(10)
        if kind == 0:
            return 0
        if kind == 1 and self.negative:
            return -self.r.randrange(1, 10**6)
        return self.r.randrange(1, 10 ** self.r.choice([1, 3, 6, 9, 11]))

    def labels(self):
        out = b""
        for _ in range(self.r.choice([0, 0, 1, 2, 3])):
            if self.r.random() < 0.5:
                key, values = self.r.choice(TEXTS)
                out += data(3, number(1, self.text(key)) + number(2, self.text(self.r.choice(values))))
            else:
                key, unit = self.r.choice(KEYS)
                out += data(3, number(1, self.text(key)) + number(3, self.r.choice([0, 1, 7, 1024, 4711, 1 << 21]))
                            + number(4, self.text(unit)))
        return out

    def samples(self):
        self.negative = self.r.random() < 0.2
        zero = self.r.random() < 0.03
        for _ in range(self.r.choice([0, 1, 5, 20, 60, 200])):
            stack = b"".join(varint(self.r.randrange(self.location_cnt) + 1) for _ in range(self.r.randrange(0, 12)))
            values = b"".join(varint(0 if zero else self.value()) for _ in self.types)
            self.out += data(2, (data(1, stack) if stack else b"") + data(2, values) + self.labels())

    def header(self):
        if self.r.random() < 0.2:
            self.out += number(7, self.text(self.r.choice(["runtime\\..*", "work|x", "main.*", ".*f"])))
            self.out += number(8, self.text(self.r.choice(["", "x", "main"])))
        self.out += number(9, self.r.choice([0, 1767323045 * 10**9]))
        self.out += number(10, self.r.choice([0, 10**10]))
        self.out += data(11, number(1, self.text("cpu")) + number(2, self.text("nanoseconds"))) + number(12, 10**7)
        if self.r.random() < 0.3:
            self.out += number(14, self.text(self.r.choice(self.types)[0]))

    def write(self, path):
        texts = b"".join(data(6, s.encode()) for s in self.strings)
        with open(path, "wb") as f:
            f.write(gzip.compress(self.out + texts, 1))


VIEWS = [["-top"]] * 4 + [["-tree"]] * 3 + [["-traces"]] * 2 + [["-tags"]] * 2 + [["-peek", "main|x|work"], ["-peek", "."]]
REGEXPS = ["main", "x|y", "(?i)WORK", r"\d", "^runtime", r"\.c$", "libc", "nothing", "std::.*<", "[a-m]", "kernel", "."]
TAGS = ["comm=w", "comm=w,other", "pid=4711", "1024", "pid=1:5000", "bytes=1kb:", ":2mb", "lock", "slice=1s:", "comm:w",
        "w,lock", "cpu=0", "request=1kb"]


def options(r, types, many):
    out = list(r.choice(VIEWS))
    if r.random() < 0.3:
        out.append("-cum")
    if r.random() < 0.4:
        out.append(r.choice(["-functions", "-filefunctions", "-files", "-lines", "-addresses"]))
    for name, chance in (("noinlines", 0.15), ("showcolumns", 0.1), ("drop_negative", 0.1), ("mean", 0.1),
                         ("relative_percentages", 0.1), ("compact_labels", 0.1)):
        if r.random() < chance:
            out.append(r.choice(["-", "--"]) + name)
    for name, values, chance in (
            ("focus", REGEXPS, 0.15), ("ignore", REGEXPS, 0.1), ("hide", REGEXPS, 0.1), ("show", REGEXPS, 0.1),
            ("show_from", REGEXPS, 0.1), ("prune_from", REGEXPS, 0.07), ("tagfocus", TAGS, 0.1), ("tagignore", TAGS, 0.1),
            ("tagshow", ["pid", "comm|cpu"], 0.07), ("taghide", ["pid", "comm|cpu"], 0.07),
            ("tagroot", ["comm", "pid,comm", "slice,bytes", "none"], 0.1), ("tagleaf", ["comm", "pid", "bytes,cpu"], 0.08),
            ("nodecount", ["1", "3", "10", "0"], 0.2), ("nodefraction", ["0", "0.05", "0.3"], 0.2),
            ("edgefraction", ["0", "0.05", "0.3"], 0.15), ("unit", ["auto", "ms", "s", "kb", "MB", "minimum", "widgets"], 0.15),
            ("divide_by", ["2", "0.5", "1000", "-3"], 0.07), ("trim", ["false"], 0.1),
            ("trim_path", ["/src", "/nothing:/src/.."], 0.05), ("source_path", ["/x/src:/y/h"], 0.05),
            ("sample_index", [t for t, _ in types] + ["0"], 0.3)):
        if r.random() < chance:
            out.append(f"-{name}={r.choice(values)}")
    if many == "base" and r.random() < 0.3:
        out.append("-normalize")
    return out


def compared(view, text):
    """What must be equal."""
    begin = {"-tags": None, "-traces": "-----------+"}.get(view, "Showing nodes")
    lines = text.split("\n")
    while begin and lines and not lines[0].startswith(begin):
        lines.pop(0)
    return "\n".join(lines)


def run(argv):
    p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return p.returncode, p.stdout.decode("utf-8", "surrogateescape"), p.stderr.decode("utf-8", "replace")


def one(r, ebprof, pprof, folder):
    """None, or why it is not equal; "itself" when pprof does not agree with itself."""
    types = r.sample(TYPES, r.randrange(1, 4))
    many = r.choice(["", "", "", "merge", "base", "diff_base"])
    files = [os.path.join(folder, f"random{i}.pb.gz") for i in range(2)]
    for f in files:
        if f == files[1] and r.random() < 0.2:
            types = types[:1] + [t for t in TYPES if t not in types][:1]
        Profile(r, types).write(f)
    opts = options(r, types, many)
    argv = opts + {"": files[:1], "merge": files}.get(many, [f"-{many}", files[1], files[0]])
    status, out, err = run([ebprof, "report", *argv])
    for i in range(RERUNS):
        wanted_status, wanted, wanted_err = run([pprof, *argv])
        if (status == 0) != (wanted_status == 0):
            return f"{argv}: exit status {status} ({err.strip()}), pprof {wanted_status} ({wanted_err.strip()})"
        if status and wanted_status:
            return "refused"
        wanted = compared(opts[0], wanted)
        got = compared(opts[0], out)
        if got == wanted:
            return "itself" if i else None
        if i == 0:
            first = wanted
        elif wanted != first:
            return "itself"
    for a, b in zip(got.split("\n"), wanted.split("\n")):
        if a != b:
            return f"{argv}:\n    ebprof: {a}\n    pprof:  {b}"
    return f"{argv}: one is longer"


def main():
    ebprof, pprof, folder, count, seed = sys.argv[1:]
    bad = itself = refused = 0
    for i in range(int(count)):
        why = one(random.Random(f"{seed}.{i}"), ebprof, pprof, folder)
        if why == "itself":
            itself += 1
        elif why == "refused":
            refused += 1
        elif why:
            bad += 1
            print(f"{seed}.{i}: {why}")
            if bad >= 20:
                break
    print(f"{i + 1} reports, {bad} are not equal; both refuse {refused}, of {itself} pprof has more than one")
    sys.exit(bad != 0)


if __name__ == "__main__":
    main()
