# SPDX-License-Identifier: Apache-2.0
"""located.py BIAS < TEXT: what a pprof file, decoded by protoc, says of each location, as dwarf_dump
does: a line with the address less BIAS, then for each frame FUNCTION<tab>FILE:LINE<tab>START."""
import re
import sys


def blocks(lines):
    """(name, [(key, value)], [nested block]) of each message; strings as they are."""
    stack = [("", [], [])]
    for line in lines:
        line = line.strip()
        if line.endswith("{"):
            stack.append((line[:-1].strip(), [], []))
        elif line == "}":
            done = stack.pop()
            stack[-1][2].append(done)
        elif line:
            key, value = line.split(": ", 1)
            stack[-1][1].append((key, value))
    return stack[0]


def number(block, key):
    return int(dict(block[1]).get(key, 0))


top = blocks(sys.stdin)
strings = [eval("b" + v).decode() for k, v in top[1] if k == "string_table"]
functions = {number(b, "id"): b for b in top[2] if b[0] == "function"}
bias = int(sys.argv[1], 16)
for location in (b for b in top[2] if b[0] == "location"):
    print(hex(number(location, "address") - bias))
    for line in (b for b in location[2] if b[0] == "line"):
        function = functions[number(line, "function_id")]
        name = strings[number(function, "system_name")]
        path = strings[number(function, "filename")] or "??"
        if not re.fullmatch(r"\[.*\]", name):
            print(f"{name}\t{path}:{number(line, 'line')}\t{number(function, 'start_line')}")
