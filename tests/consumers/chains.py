#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""chains.py OURS A [B]: the inline chains that dwarf_dump wrote against those of addr2line -a -i -f and
llvm-symbolizer -a -i, at the same addresses. Each is to be as long as the deeper of theirs, and each
function, file and line as either gives it: both err, differently. Line 0 is excused, and so is an
address of which neither knows a line. With one file it is dwarf_dump's too, and all must be equal."""
import os
import re
import sys

# What makes copies of a function puts behind its symbol's name; DWARF has the name alone.
CLONE = re.compile(r"\.(constprop|part|isra|cold|lto_priv|llvm|localalias)(\.[0-9]+)*$|@@?[A-Z].*$")


def plain(name):
    while CLONE.search(name):
        name = CLONE.sub("", name)
    return name


def read(path, ours):
    """address -> [(function, file, line)]"""
    chains, function = {}, None
    with open(path, encoding="utf-8", errors="replace") as lines:
        for text in lines:
            text = text.rstrip("\n")
            if re.fullmatch(r"0x[0-9a-fA-F]+", text):
                chain = chains.setdefault(int(text, 16), [])
                if chain:
                    chain.clear()
                function = None
            elif not text:
                continue
            elif ours:
                name, place, start = text.split("\t")
                file, line = place.rsplit(":", 1)
                chain.append((name, file, int(line), int(start)))
            elif function is None:
                function = text
            else:
                place = re.sub(r" \(discriminator [0-9]+\)$", "", text)
                match = re.match(r"(.*?):([0-9?]+)(:[0-9]+)?$", place)
                line = match.group(2)
                chain.append((function, match.group(1), int(line) if line != "?" else 0))
                function = None
    return chains


def known(chain):
    return any(frame[2] for frame in chain)


def same_file(have, want):
    return os.path.normpath(have) == os.path.normpath(want)


def fits(have, theirs, at):
    """The frame number 'at' as either tool gives it, in the chains that are as long."""
    frames = [chain[at] for chain in theirs if at < len(chain)]
    if not any(plain(have[0]) == plain(frame[0]) for frame in frames):
        return "function"
    if have[2] == 0 or any(frame[2] == 0 for frame in frames):
        return None
    if not any(same_file(have[1], frame[1]) for frame in frames):
        return "file"
    if not any(have[2] == frame[2] for frame in frames):
        return "line"
    return None


def judge(have, theirs):
    theirs = [chain for chain in theirs if known(chain)]
    if not theirs:
        return "alone" if known(have) else "nobody"
    deeper = max(len(chain) for chain in theirs)
    if len(have) != deeper:
        return "depth"
    full = [chain for chain in theirs if len(chain) == deeper]
    for at, frame in enumerate(have):
        why = fits(frame, full, at) and fits(frame, theirs, at)
        if why:
            return why
    return None


def main():
    ours = read(sys.argv[1], True)
    others = [read(path, len(sys.argv) == 3) for path in sys.argv[2:]]
    counts, shown, inlined = {}, 0, 0
    for address, have in ours.items():
        theirs = [other.get(address, []) for other in others]
        if len(sys.argv) == 3:
            why = None if have == theirs[0] else "unequal"
        else:
            why = judge(have, theirs)
        counts[why] = counts.get(why, 0) + 1
        inlined += len(have) > 1
        if why not in (None, "nobody") and shown < int(os.environ.get("SHOWN", "3")):
            shown += 1
            print(f"{address:#x} {why}: {have}")
            for chain in theirs:
                print(f"    {chain}")
    bad = sum(n for why, n in counts.items() if why not in (None, "nobody"))
    print(f"{len(ours)} addresses, {inlined} with inlined functions, {counts.get('nobody', 0)} that "
          f"nobody knows, {bad} unequal {({w: n for w, n in counts.items() if w not in (None, 'nobody')})}")
    sys.exit(bad != 0 or not counts.get(None))


main()
