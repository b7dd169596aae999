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


def default_type(lines):
    types = lines[0].split()
    return next((i for i, t in enumerate(types) if t.endswith("[dflt]")), len(types) - 1)


def samples(lines, chosen):
    """(value of that type, location ids leaf first, labels) of each sample."""
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


def read(path):
    with open(path) as file:
        return sections(file)


def stacks(parts, chosen):
    """The sum of that type by stack: a tuple of the process and the frames from the root."""
    sums = {}
    names = locations(parts["Locations"])
    first = parts["Mappings"][0].split()[2].rsplit("/", 1)[-1]
    for value, ids, labels in samples(parts["Samples"], chosen):
        frames = [name for i in reversed(ids) for name in reversed(names[i])]
        stack = (labels.get("comm", first), *frames)
        sums[stack] = sums.get(stack, 0) + value
    return {stack: value for stack, value in sums.items() if value > 0}


def main():
    parts = read(sys.argv[1])
    sums = stacks(parts, default_type(parts["Samples"]))
    for line, value in sorted((";".join(stack), value) for stack, value in sums.items()):
        print(line, value)


if __name__ == "__main__":
    main()
