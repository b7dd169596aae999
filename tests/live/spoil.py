# SPDX-License-Identifier: Apache-2.0
"""spoil.py HOW FROM TO: a copy of a program that runs as before, with its .eh_frame spoilt.

  noise     random bytes          ones, zeros   nothing but these
  huge      the first record is said to be larger than the table
  short     each record's size is cut to half
  back      each FDE says that its CIE is itself
  flips     one bit in forty bytes is another
  headless  the section headers are gone, and .eh_frame_hdr says that the table is elsewhere
"""
import os
import random
import struct
import sys


def section(data, name):
    (shoff,) = struct.unpack_from("<Q", data, 40)
    size, cnt, names = struct.unpack_from("<HHH", data, 58)
    headers = [struct.unpack_from("<IIQQQQ", data, shoff + i * size) for i in range(cnt)]
    strings = headers[names][4]
    for number, _, _, _, offset, length in headers:
        at = strings + number
        if data[at : data.index(b"\0", at)] == name:
            return offset, length
    sys.exit(f"no section {name}")


def records(data, at, end):
    """Where the records of the table are: their offset, size, and whether they are a CIE."""
    while at + 8 <= end:
        size, owner = struct.unpack_from("<II", data, at)
        if not size:
            return
        yield at, size, not owner
        at += 4 + size


def spoil(data, how):
    start, size = section(data, b".eh_frame")
    end = start + size
    dice = random.Random(42)
    if how == "noise":
        data[start:end] = dice.randbytes(size)
    elif how in ("ones", "zeros"):
        data[start:end] = (b"\xff" if how == "ones" else b"\0") * size
    elif how == "huge":
        struct.pack_into("<I", data, start, 0x7FFFFFF0)
    elif how == "short":
        for at, length, _ in list(records(data, start, end)):
            struct.pack_into("<I", data, at, length // 2)
    elif how == "back":
        for at, _, cie in list(records(data, start, end)):
            if not cie:
                struct.pack_into("<I", data, at + 4, 4)
    elif how == "flips":
        for at in range(start, end):
            if dice.random() < 1 / 40:
                data[at] ^= 1 << dice.randrange(8)
    elif how == "headless":
        at = section(data, b".eh_frame_hdr")[0]
        struct.pack_into("<i", data, at + 4, 0x7FFFFFF0)
        struct.pack_into("<Q", data, 40, 0)
        struct.pack_into("<HH", data, 60, 0, 0)
    else:
        sys.exit(f"unknown: {how}")


def main():
    how, source, target = sys.argv[1:]
    with open(source, "rb") as file:
        data = bytearray(file.read())
    spoil(data, how)
    with open(target, "wb") as file:
        file.write(data)
    os.chmod(target, 0o755)


main()
