# SPDX-License-Identifier: Apache-2.0
"""folded.py FILE: makes folded stacks from what `go tool pprof -raw` printed.

Knows nothing of ebprof. Function and file names must be without blanks.
"""
import re
import sys


def sections(lines):
    """The lines of Samples, Locations and Mappings, by these names."""
    parts, part = {}, None
    for line in lines:
        if line.rstrip() in ("Samples:", "Locations", "Mappings"):
            part = parts.setdefault(line.strip().rstrip(":"), [])
        elif part is not None:
            part.append(line.rstrip("\n"))
    return parts


def samples(lines):
    """(value, location ids leaf first, labels) of each sample; the value of the [dflt] type."""
    types = lines[0].split()
    chosen = next((i for i, t in enumerate(types) if t.endswith("[dflt]")), len(types) - 1)
    found = []
    for line in lines[1:]:
        head = re.match(r"^ *(-?\d+(?: +-?\d+)*): ?([\d ]*)$", line)
        if head:
            ids = [int(n) for n in head.group(2).split()]
            found.append((int(head.group(1).split()[chosen]), ids, {}))
        else:
            found[-1][2].update(re.findall(r"(\S+):\[([^]]*)\]", line))
    return found


def locations(lines):
    """The function names of each location, innermost first."""
    names, at = {}, 0
    for line in lines:
        head = re.match(r"^ *(\d+): 0x[0-9a-f]+ (?:M=\d+ )?(.*)$", line)
        if head:
            at = int(head.group(1))
        names.setdefault(at, []).append((head.group(2) if head else line).split()[0])
    return names


def main():
    with open(sys.argv[1]) as file:
        parts = sections(file)
    stacks = {}
    names = locations(parts["Locations"])
    first = parts["Mappings"][0].split()[2].rsplit("/", 1)[-1]
    for value, ids, labels in samples(parts["Samples"]):
        frames = [name for i in reversed(ids) for name in reversed(names[i])]
        line = ";".join([labels.get("comm", first)] + frames)
        stacks[line] = stacks.get(line, 0) + value
    for line in sorted(stacks):
        if stacks[line] > 0:
            print(line, stacks[line])


main()
