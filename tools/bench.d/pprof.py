# SPDX-License-Identifier: Apache-2.0
"""Reads a pprof file: who was sampled, where, and how each stack ended."""
import collections
import gzip
import os

from wire import fields, numbers, single


MARKS = "[ebprof]"  # the mapping of ebprof's own words
# A frame: the name of its function, and the file or [pseudo file] that holds it.
Frame = collections.namedtuple("Frame", "name file")
# count: of its events; frames: the leaf first, locations: their numbers; comm: "" when no label says it; labels: texts.
Sample = collections.namedtuple("Sample", "count frames comm locations labels")


class Profile:
    """When it began (UTC seconds), how long it lasted, its samples."""

    def __init__(self, path):
        self.begin = self.seconds = 0.0
        self.texts = []
        locations, mappings, functions, samples = {}, {}, {}, []
        with gzip.open(path) as f:
            data = f.read()
        for number, value in fields(data):
            if number == 2:
                samples.append(value)
            elif number == 3:
                m = single(value)
                mappings[m[1]] = m[5]
            elif number == 4:
                m = single(value)
                locations[m[1]] = m[2], single(m[4] or b"")[1]
            elif number == 5:
                m = single(value)
                functions[m[1]] = m[2]
            elif number == 6:
                self.texts.append(value.decode(errors="replace"))
            elif number == 9:
                self.begin = value / 1e9
            elif number == 10:
                self.seconds = value / 1e9
        self.frames = {
            n: Frame(self.texts[functions.get(function, 0)], self.texts[mappings.get(mapping, 0)])
            for n, (mapping, function) in locations.items()
        }
        self.samples = [self.sample(data) for data in samples]

    def sample(self, data):
        at, values, labels = [], [], {}
        for number, value in fields(data):
            if number == 1:
                at += numbers(value)
            elif number == 2:
                values += numbers(value)
            elif number == 3:
                label = single(value)
                labels[self.texts[label[1]]] = self.texts[label[2]]
        return Sample(values[0], tuple(self.frames[n] for n in at), labels.get("comm", ""), tuple(at), labels)

    def count(self, which=lambda sample: True):
        return sum(s.count for s in self.samples if which(s))

    def depths(self):
        """Samples by number of frames, a mark among them."""
        found = collections.Counter()
        for s in self.samples:
            found[len(s.frames)] += s.count
        return found

    def usual_depth(self):
        """The number of frames that most samples have, and their share."""
        depths = self.depths()
        depth, cnt = depths.most_common(1)[0]
        return depth, cnt / depths.total()

    def frame_mean(self):
        """Frames of a sample, without marks."""
        return sum(s.count * sum(f.file != MARKS for f in s.frames) for s in self.samples) / self.count()

    def ends(self, top=6):
        """The marks as text, the most frequent first: what it says, and the file of the last frame before it."""
        found = collections.Counter()
        for s in self.samples:
            if mark(s):
                found[mark(s), last_file(s)] += s.count
        return ", ".join(f"{why} {file} {cnt}" for (why, file), cnt in found.most_common(top)) or "none"


def mark(sample):
    """What ebprof says of a stack that is not all there, "" when it is: [end: ...], [unmapped]..."""
    return next((f.name for f in sample.frames if f.file == MARKS), "")


def last_file(sample):
    return os.path.basename(next((f.file for f in reversed(sample.frames) if f.file != MARKS), ""))
