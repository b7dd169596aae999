#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report_names.py EBPROF DIR: what `ebprof report` makes of hostile texts, wherever a profile has texts.

A profile has one of TEXTS for each text in it. What is printed has no character that does something to a
terminal, no more lines than with a harmless text in its place, and no line that is longer than a long one; a file
is what its format says. A line of result for each text.
"""
import gzip
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from report_random import data, number

TEXTS = {
    "a plain text": b"plain",
    "an escape": b"\x1b[2J\x1b[31mred",
    "a title": b"\x1b]0;owned\x07",
    "a clipboard": b"\x1b]52;c;cm0gLXJm\x07",
    "a lone escape": b"\x1b",
    "a newline": b"a\nROUTINE ======================== forged in /etc/passwd",
    "a newline with a return": b"a\r\n      10  100%  100%  forged",
    "a return": b"shown\rhidden",
    "a tab": b"a\tb",
    "backspaces": b"rm\x08\x08ls",
    "a delete": b"a\x7fb",
    "C1 in UTF-8": b"\xc2\x9b31m\xc2\x85",
    "C1 in a byte": b"\x9b31m",
    "right to left": "\u202egpj.exe".encode(),
    "isolates": "\u2066a\u2067b\u2068c\u2069".encode(),
    "marks of direction": "a\u200e\u200f\u061cb".encode(),
    "ends of lines and paragraphs": "a\u2028b\u2029c".encode(),
    "what is no character": "a\ufffeb\uffffc".encode(),
    "no UTF-8": b"\xff\xfe\xc3(",
    "an overlong form": b"\xc0\x9b31m\xe0\x80\x9b",
    "a surrogate": b"\xed\xa0\x80",
    "a cut character": b"caf\xc3",
    "a format": b"%s%n%1000000d",
    "markup": b"<script>alert(1)</script>&amp;\"'",
    "an end of markup": b"]]>--><svg onload=x>",
    "JSON": b'",{"\\u001b":[\\',
    "fields": b"a;b 12",
    "a name of 200,000 bytes": b"x" * 200000,
    "one of two-byte characters": "x".encode() + "\u00fc".encode() * 100000,
}
TERMINAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")
LINE_MAX = 100 << 10  # some texts of 16 KiB, which is what is shown of one
VIEWS = [["-top"], ["-top", "-lines"], ["-top", "-files"], ["-top", "-addresses"], ["-top", "-cum"], ["-tree"],
         ["-peek", "."], ["-traces"], ["-traces", "-addresses"], ["-tags"], ["-list", "."], ["-disasm", "."],
         ["-top", "-tagroot=pid"], ["-tree", "-tagleaf=pid"], ["-top", "-demangle=full"], ["-top", "-demangle=none"],
         ["-top", "-unit=auto"], ["-top", "-mean"], ["-top", "-sample_index=x"], ["-peek", "nothing$"]]


def profile(text):
    strings = [b"", text, b"pid", b"((" + text, b"value " + text]
    function = number(1, 1) + number(2, 1) + number(3, 1) + number(4, 1)
    labels = data(3, number(1, 1) + number(2, 1)) + data(3, number(1, 2) + number(2, 4))
    labels += data(3, number(1, 1) + number(3, 5) + number(4, 1))
    return b"".join((
        data(1, number(1, 1) + number(2, 1)),
        data(3, number(1, 1) + number(2, 0x400000) + number(3, 0x500000) + number(5, 1) + number(6, 1)),
        data(5, function),
        data(4, number(1, 1) + number(2, 1) + number(3, 0x401000) + data(4, number(1, 1) + number(2, 7))),
        data(4, number(1, 2) + number(2, 1) + number(3, 0x402000)),  # without a line: the object's name
        data(2, data(1, b"\1\2") + data(2, b"\7") + labels),
        data(2, data(1, b"\2") + data(2, b"\3") + labels),
        number(7, 3), number(9, 1767323045 * 10**9), number(10, 10**10),
        data(11, number(1, 1) + number(2, 1)), number(12, 1), data(13, b"\1"), number(14, 1),
        *(data(6, s) for s in strings),
    ))


def run(argv):
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return p.returncode, p.stdout, p.stderr


def harm(output, lines):
    """What is wrong with a text for a terminal that should have so many lines (None: any, of any length)."""
    try:
        text = output.decode()
    except UnicodeDecodeError as e:
        return f"no UTF-8: {e}"
    bad = TERMINAL.search(text)
    if bad:
        return f"{bad.group()!r} in {text[max(bad.start() - 30, 0):bad.end() + 30]!r}"
    longest = max(map(len, text.split("\n")))
    if lines is not None and longest > LINE_MAX:
        return f"a line of {longest} characters"
    if lines is not None and text.count("\n") != lines:
        return f"{text.count(chr(10))} lines, not {lines}"
    return None


def formats(ebprof):
    row = re.search(r"--format FORMAT\s+(.*), for every -o", run([ebprof, "report", "--help"])[1].decode())
    return re.split(", | or ", row.group(1))


def harm_in_file(path, name, text):
    """What is wrong with a file of a format."""
    with open(path, "rb") as f:
        got = f.read()
    if name == "pprof":
        raw = gzip.decompress(got)
        if is_utf8(text) and data(6, text) not in raw:
            return "it has not the same bytes"
        return None
    wrong = harm(got, None) if name in ("folded", "txt") else harm_in_markup(got)
    if not wrong and name.startswith("speedscope"):
        json.loads(got)
    if not wrong and name == "svg":
        ElementTree.fromstring(got)
    return wrong


def harm_in_markup(got):
    bad = TERMINAL.search(got.decode())
    return f"{bad.group()!r}" if bad else None


def is_utf8(text):
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


class Table:
    def __init__(self, ebprof, folder):
        self.ebprof, self.path = ebprof, os.path.join(folder, "hostile.pb.gz")
        self.formats, self.lines, self.folder = formats(ebprof), {}, folder

    def views(self):
        for view in VIEWS:
            status, out, err = run([self.ebprof, "report", *view, self.path])
            if status < 0:
                yield f"{view}: signal {-status}"
            if len(err.splitlines()) > 2:
                yield f"{view}: {len(err.splitlines())} lines of messages"
            for which, output in (("", out), ("messages of ", err)):
                key = (which, *view)
                plain = self.lines.setdefault(key, output.count(b"\n"))
                wrong = harm(output, plain)
                if wrong:
                    yield f"{which}{' '.join(view)}: {wrong}"

    def files(self, text):
        for name in self.formats:
            path = os.path.join(self.folder, f"hostile.{name}")
            status, _, err = run([self.ebprof, "report", "--format", name, "-o", path, self.path])
            wrong = f"exit status {status}: {err[-200:]}" if status else harm_in_file(path, name, text)
            if wrong:
                yield f"--format {name}: {wrong}"

    def check(self, name, text):
        with open(self.path, "wb") as f:
            f.write(gzip.compress(profile(text), 1))
        wrong = [*self.views(), *self.files(text)]
        print(f"not ok {name}: {'; '.join(wrong[:5])!a}" if wrong else f"ok {name}")
        return not wrong


def main():
    table = Table(*sys.argv[1:3])
    good = [table.check(*row) for row in TEXTS.items()]  # the first says how many lines there are
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
