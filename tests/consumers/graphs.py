# SPDX-License-Identifier: Apache-2.0
"""Flame graphs and speedscope files, read by others' code and compared with what `go tool pprof -raw` says.

    graphs.py pprof RAW SVG JSON      both have the stacks and the sums
    graphs.py imported RAW OUT        so does what speedscope's own code made of the file (speedscope.js)
    graphs.py frames OUT JSON         and it has the same frames
    graphs.py hostile PB SVG JSON     every name is there, and harmless
    graphs.py make-big PB COUNT       a profile of so many stacks
    graphs.py big PB SVG JSON         what is not drawn of it is said

Knows nothing of ebprof but how its pictures are laid out.
"""
import bisect
import codecs
import collections
import gzip
import json
import random
import re
import sys
import unicodedata
import xml.etree.ElementTree as ElementTree

import folded
from report_random import data, number, varint
from wire import fields

SVG = "{http://www.w3.org/2000/svg}"
ROW, WIDTH = 17, 1180  # pixels: of a row, of everything
NEAR = 2e-4  # places are rounded to 1e-4
LEAST = 1e-4  # of everything: what is narrower is not drawn
KINDS = {"w": 0, "main": 1, "step": 2, "do_syscall_64": 3}

Box = collections.namedtuple("Box", "name amount x y width kind label")


def read_svg(path):
    """All boxes, and the other texts."""
    root = ElementTree.parse(path).getroot()
    assert root.tag == SVG + "svg", root.tag
    frames = root.find(f".//{SVG}g[@id='frames']")
    boxes = []
    for group in frames:
        rect, label = group.find(SVG + "rect"), group.find(SVG + "text")
        name, amount = re.fullmatch(r"(.*) \((.*)\)", group.find(SVG + "title").text, re.DOTALL).groups()
        x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        assert height < ROW and width > 0
        boxes.append(Box(name, amount, x, y, width, int(group.get("class")[1]), label.text if label is not None else ""))
    return boxes, [text.text or "" for text in root.findall(SVG + "text")]


def by_path(boxes):
    """The boxes by their place: the names from the root, found by what stands above."""
    rows = {}
    for box in boxes:
        rows.setdefault(round(box.y), []).append(box)
    found, above = {}, []
    for y in sorted(rows):
        row = sorted(rows[y], key=lambda box: box.x)
        starts = [path_box[1].x for path_box in above]
        here = []
        for box in row:
            path = ()
            if above:
                path, caller = above[bisect.bisect_right(starts, box.x + box.width / 2) - 1]
                assert caller.y == box.y - ROW and box.x >= caller.x - NEAR, box
                assert box.x + box.width <= caller.x + caller.width + NEAR, box
                path = (*path, box.name)
            assert path not in found, path
            found[path] = box
            here.append((path, box))
        for left, right in zip(row, row[1:]):
            assert left.x + left.width <= right.x + NEAR, (left, right)
        above = here
    return found


def prefixes(stacks):
    sums = collections.Counter()
    for stack, value in stacks.items():
        for depth in range(len(stack) + 1):
            sums[stack[:depth]] += value
    return sums


def check_boxes(found, sums):
    """The boxes are those that must be drawn, as wide as they must be."""
    total = sums[()]
    want = {path for path, value in sums.items() if value >= total * LEAST}
    assert set(found) == want, sorted(set(found) ^ want)[:3]
    for path, box in found.items():
        assert abs(box.width - sums[path] / total * WIDTH) < NEAR, (path, box, sums[path])


def check_pprof(raw, svg, file):
    parts = folded.read(raw)
    types = [t.removesuffix("[dflt]").split("/") for t in parts["Samples"][0].split()]
    chosen = folded.default_type(parts["Samples"])
    found = by_path(read_svg(svg)[0])
    check_boxes(found, prefixes(folded.stacks(parts, chosen)))
    for path, box in found.items():
        assert box.kind == KINDS.get(box.name, box.kind), box
    scope = read_json(file)
    assert scope["activeProfileIndex"] == chosen
    want = [(name, unit, folded.stacks(parts, i)) for i, (name, unit) in enumerate(types)]
    if len({stack[0] for _, _, stacks in want for stack in stacks}) > 1:
        want += [(f"{process} {name}", unit, of_process)
                 for name, unit, stacks in list(want) for process, of_process in by_process(stacks)]
    got = [(p["name"], p["unit"], stacks_of(scope, p)) for p in scope["profiles"]]
    assert got[:len(types)] == [as_units(row) for row in want[:len(types)]]
    assert sorted(got, key=str) == sorted(map(as_units, want), key=str)


def as_units(row):
    name, unit, stacks = row
    return name, "none" if unit == "count" else unit, stacks


def by_process(stacks):
    """(process, its stacks) for each."""
    found = {}
    for stack, value in stacks.items():
        found.setdefault(stack[0], {})[stack] = value
    return found.items()


def read_json(path):
    def unique(pairs):
        assert len(dict(pairs)) == len(pairs), pairs
        return dict(pairs)

    with open(path, encoding="utf-8") as f:
        scope = json.load(f, object_pairs_hook=unique)
    assert scope["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    for profile in scope["profiles"]:
        assert profile["type"] == "sampled" and profile["startValue"] == 0
        assert all(weight > 0 for weight in profile["weights"])
        assert profile["endValue"] == sum(profile["weights"])
    return scope


def stacks_of(scope, profile):
    frames, stacks = scope["shared"]["frames"], {}
    for sample, weight in zip(profile["samples"], profile["weights"], strict=True):
        stack = tuple(frames[i]["name"] for i in sample)
        stacks[stack] = stacks.get(stack, 0) + weight
    return stacks


def check_imported(raw, out):
    """For each type the total, and each function's own weight and that with its callees."""
    parts = folded.read(raw)
    with open(out, encoding="utf-8") as f:
        got = json.load(f)
    assert got["index"] == folded.default_type(parts["Samples"])
    cnt = len(parts["Samples"][0].split())
    assert all(" " in profile["name"] for profile in got["profiles"][cnt:])  # those of processes
    for i, profile in enumerate(got["profiles"][:cnt]):
        own, total = collections.Counter(), collections.Counter()
        stacks = folded.stacks(parts, i)
        for stack, value in stacks.items():
            own[stack[-1]] += value
            total.update(dict.fromkeys(stack, value))
        assert profile["total"] == sum(stacks.values()), profile
        assert {f["name"]: f["self"] for f in profile["frames"] if f["self"]} == dict(own)
        assert {f["name"]: f["total"] for f in profile["frames"] if f["total"]} == dict(total)


def check_frames(out, file):
    def known(frames):
        return sorted((f["name"], f.get("file", ""), f.get("line", 0)) for f in frames)

    with open(out, encoding="utf-8") as f:
        got = json.load(f)
    want = known(read_json(file)["shared"]["frames"])
    assert len(want) > 1 and known(got["profiles"][0]["frames"]) == want


codecs.register_error("each", lambda e: ("\ufffd" * (e.end - e.start), e.end))


def shown(name):
    """A name of any bytes as it may be shown."""
    out = ""
    for c in name.decode("utf-8", "each"):
        if unicodedata.category(c) in ("Cc", "Zl", "Zp"):
            c = " "
        elif unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"):
            c = "\ufffd"
        elif c in "\u200e\u200f\u061c\ufffe\uffff":
            c = "\ufffd"
        out += c
    return out


def check_hostile(pb, svg, file):
    with gzip.open(pb) as f:
        top = list(fields(f.read()))
    strings = [value for field, value in top if field == 6]
    names = [strings[dict(fields(value))[2]] for field, value in top if field == 5]
    assert len(names) > 10
    boxes, texts = read_svg(svg)
    want = sorted(shown(name) for name in names)
    have = sorted(box.name for box in boxes if box.kind == 1 and not box.name.startswith("["))
    assert len(have) == len(want)
    for a, b in zip(have, want):
        assert a == b or (a.endswith("..") and b.startswith(a[:-2]) and len(a) < 2002 < len(b)), (a, b)
    assert "lost <b>& [0m</text>: 1" in texts, texts
    with open(svg, "rb") as f:
        text = f.read()
    assert text.count(b"<script") == 1 == text.count(b"]]>") and len(text) < 100000
    for box in boxes:
        assert len(box.label) * 6.7 <= box.width, box
    scope = read_json(file)
    have = {frame["name"] for frame in scope["shared"]["frames"]}
    for name in want:
        assert name in have or name[:2000] + ".." in have, name
    assert {frame.get("file", "")[:2000] for frame in scope["shared"]["frames"]} >= {name[:2000] for name in want}
    with open(file, "rb") as f:
        assert b"<" not in f.read()


def make_big(pb, cnt):
    """Stacks of 30 frames of 4,000 functions, of which the outer 10 are few; values from 1 to 50,000."""
    r = random.Random(1)
    strings = ["", "samples", "count", *(f"function_{i}" for i in range(4000))]
    out = [data(1, number(1, 1) + number(2, 2))]
    for i in range(4000):
        out.append(data(5, number(1, i + 1) + number(2, i + 3)) + data(4, number(1, i + 1) + data(4, number(1, i + 1))))
    ids = [varint(i + 1) for i in range(4000)]
    roots = [r.choices(ids, k=10) for _ in range(50)]
    for _ in range(cnt):
        stack = b"".join(r.choices(ids, k=20) + r.choice(roots))
        out.append(data(2, data(1, stack) + data(2, varint(int(r.paretovariate(0.7)) % 50000 + 1))))
    out += [data(6, s.encode()) for s in strings]
    with gzip.open(pb, "wb", 1) as f:
        f.write(b"".join(out))


def check_big(pb, svg, file):
    with gzip.open(pb) as f:
        top = list(fields(f.read()))
    stacks = collections.Counter()
    for body in (value for field, value in top if field == 2):
        sample = dict(fields(body))
        ids = [n for _, n in fields(b"".join(b"\x08" + part for part in re.findall(rb"[\x80-\xff]*[\0-\x7f]", sample[1])))]
        value = next(fields(b"\x08" + sample[2]))[1]
        stacks[("[unknown]", *(f"function_{i - 1}" for i in reversed(ids)))] += value
    sums = prefixes(stacks)
    boxes, texts = read_svg(svg)
    check_boxes(by_path(boxes), sums)
    least = sums[()] * LEAST
    lost = [(path, value) for path, value in sums.items() if value < least]
    widest = sum(value for path, value in lost if sums[path[:-1]] >= least)
    said = [text for text in texts if text.startswith("not drawn: ")]
    assert len(said) == 1 and said[0].startswith(f"not drawn: {len(lost)} frames of less than 0.01 %"), (said, len(lost))
    assert f" with {widest}, " in said[0], (said, widest)
    scope = read_json(file)
    assert stacks_of(scope, scope["profiles"][0]) == stacks


COMMANDS = {"pprof": check_pprof, "imported": check_imported, "frames": check_frames,
            "hostile": check_hostile, "big": check_big, "make-big": lambda pb, cnt: make_big(pb, int(cnt))}
COMMANDS[sys.argv[1]](*sys.argv[2:])
