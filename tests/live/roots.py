# SPDX-License-Identifier: Apache-2.0
"""roots.py [FROM] < RAW: where the user stacks of a profile end, by what `go tool pprof -raw` prints.

Prints a line "KIND SAMPLES WHAT" for each end, the most frequent first. The kinds:
  root  the last frame is where a stack begins. Names are not asked, for programs may have none: the
        frame lies behind the entry point of its file, or behind a call in front of which rbp is
        cleared, as the psABI asks of the outermost frame and libc's clone and clone3 do. Go's own
        roots are known by their names, which all Go programs have.
  end   an [end: ...] frame says why there are no more
  odd   neither of these: a frame is missing, or wrong, and nothing says so
Samples of kernel threads and of tasks that have no address space any more are left out; with FROM also
those with a label slice of less than so many milliseconds.
"""
import collections
import re
import struct
import sys

GO_ROOTS = re.compile(r"(runtime\.(goexit|mstart|mcall|morestack|rt0_go)|_rt0_\w+)(\.abi\d)?$")
LOCATION = re.compile(r"\s+(\d+): 0x([0-9a-f]+) (?:M=(\d+) )?(?:\[F\] )?(.*?) ?\S*:\d+:\d+ s=\d+")
MAPPING = re.compile(r"(\d+): 0x([0-9a-f]+)/0x([0-9a-f]+)/0x([0-9a-f]+) (\S*)")
SAMPLE = re.compile(r"\s*(\d+) +\d+: ([\d ]+)$")
SLICE = re.compile(r"(?:.*\s)?slice:\[(\d+) milliseconds\]")
ENTRY_MAX = 64  # bytes from a program's entry point to its only call
CLEAR_MAX = 24  # bytes from where rbp is cleared to the call


class File:
    """What of an ELF file tells its roots; empty if it cannot be read."""

    def __init__(self, path):
        self.entries = []
        try:
            with open(path, "rb") as file:
                self.data = file.read()
            self.read_entry()
        except (OSError, struct.error):
            self.data = b""

    def read_entry(self):
        if self.data[:5] != b"\x7fELF\x02":
            return
        entry, phoff = struct.unpack_from("<QQ", self.data, 24)
        size, cnt = struct.unpack_from("<HH", self.data, 54)
        for i in range(cnt):
            kind, _, offset, address, _, filesz = struct.unpack_from("<IIQQQQ", self.data, phoff + i * size)
            if kind == 1 and address <= entry < address + filesz:
                self.entries.append(entry - address + offset)

    def is_root(self, offset):
        if any(0 <= offset - entry < ENTRY_MAX for entry in self.entries):
            return "_start"
        call = self.data[max(offset - 1, 0) : offset + 1]
        before = self.data[max(offset - CLEAR_MAX, 0) : offset]
        if len(call) == 2 and call[0] == 0xFF and call[1] & 0xF8 == 0xD0 and b"\x31\xed" in before:
            return "clone"
        return None


class Profile:
    def __init__(self, lines):
        self.files = {}
        self.locations = {}
        self.mappings = {}
        self.samples = []
        part = None
        for line in lines:
            line = line.rstrip("\n")
            if line in ("Samples:", "Locations", "Mappings"):
                part = line
            elif part == "Samples:" and (m := SAMPLE.match(line)):
                self.samples.append([int(m[1]), [int(word) for word in m[2].split()], 0])
            elif part == "Samples:" and (m := SLICE.match(line)):
                self.samples[-1][2] = int(m[1])
            elif part == "Locations" and (m := LOCATION.match(line)):
                self.locations.setdefault(int(m[1]), (int(m[2], 16), int(m[3] or 0), m[4]))
            elif part == "Mappings" and (m := MAPPING.match(line)):
                self.mappings[int(m[1])] = (int(m[2], 16), int(m[4], 16), m[5])

    def root_of(self, address, mapping, name):
        if GO_ROOTS.match(name):
            return name
        start, offset, path = self.mappings.get(mapping, (0, 0, ""))
        if path not in self.files:
            self.files[path] = File(path)
        return self.files[path].is_root(address - start + offset)

    def end_of(self, stack):
        address, mapping, name = self.locations[stack[-1]]
        if address >> 63 or name == "[end: exiting]":
            return None
        if name.startswith("[end: "):
            return "end", name
        root = self.root_of(address, mapping, name)
        if root:
            return "root", root
        return "odd", f"{name} in {self.mappings.get(mapping, (0, 0, 'nothing'))[2]} at {address:#x}"


def main():
    profile = Profile(sys.stdin)
    ends = collections.Counter()
    start = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    for cnt, stack, slice_ms in profile.samples:
        end = profile.end_of(stack)
        if end and slice_ms >= start:
            ends[end] += cnt
    for (kind, what), cnt in ends.most_common():
        print(kind, cnt, what)


main()
