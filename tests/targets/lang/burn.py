# SPDX-License-Identifier: Apache-2.0
"""burn.py [SECONDS]: Python that calls C that calls Python again, by turns with plain C work."""
import hashlib
import json
import re
import sys
import time


def key_of(item):
    return json.dumps({"item": item, "rest": [item % 7, str(item)]})


def deep(depth):
    if depth:
        return max([depth], key=lambda _: deep(depth - 1))
    return sorted(range(300, 0, -1), key=key_of)[0]


def words(text):
    return re.sub(r"(\w)(\w*)", lambda m: m.group(2) + m.group(1), text)


def main():
    end = time.monotonic() + float(sys.argv[1] if len(sys.argv) > 1 else 5)
    print("ready", flush=True)
    turns = 0
    while time.monotonic() < end:
        deep(10)
        words("the quick brown fox jumps over the lazy dog " * 20)
        hashlib.sha256(b"x" * 20000).hexdigest()
        sum(x * x for x in range(3000))
        turns += 1
    print("turns", turns)


main()
