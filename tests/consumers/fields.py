# SPDX-License-Identifier: Apache-2.0
"""fields.py FILE: the fields of a protobuf descriptor set, one a line, sorted.

The descriptor of a descriptor is not looked up anywhere: the field numbers of FileDescriptorSet,
FileDescriptorProto, DescriptorProto and FieldDescriptorProto are below.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/bench.d"))
from wire import fields  # noqa: E402

LABELS = {1: "optional", 2: "required", 3: "repeated"}
TYPES = {3: "int64", 4: "uint64", 8: "bool", 9: "string", 11: "message"}


def all_of(data, number):
    return [value for n, value in fields(data) if n == number]


def one_of(data, number, default=b""):
    return (all_of(data, number) or [default])[-1]


def describe(message, field):
    name = one_of(field, 1).decode()
    kind = TYPES.get(one_of(field, 5, 0), str(one_of(field, 5, 0)))
    kind += " " + one_of(field, 6).decode() if kind == "message" else ""
    return f"{message}.{name} = {one_of(field, 3)} {LABELS[one_of(field, 4)]} {kind}"


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    lines = []
    for proto in all_of(data, 1):
        lines.append("package " + one_of(proto, 2).decode())
        lines.append("syntax " + one_of(proto, 12).decode())
        for message in all_of(proto, 4):
            name = one_of(message, 1).decode()
            lines += [describe(name, field) for field in all_of(message, 2)]
    print("\n".join(sorted(lines)))


main()
