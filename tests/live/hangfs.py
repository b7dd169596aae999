#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hangfs.py DIR FILE: mounts a file system on DIR that has FILE, as "program"; from SIGUSR1 on it takes
requests and never answers them, until it is ended. The protocol is that of linux/fuse.h, 7.31."""

import ctypes
import errno
import os
import signal
import struct
import sys

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH = 1, 2, 3, 14, 15, 17, 18, 25
INIT, OPENDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET = 26, 27, 29, 36, 42

where, file = sys.argv[1:]
data = open(file, "rb").read()
libc = ctypes.CDLL(None, use_errno=True)
dev = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={dev},rootmode=40000,user_id=0,group_id=0,allow_other"
if libc.mount(b"hangfs", where.encode(), b"fuse", 0, options.encode()):
    sys.exit(os.strerror(ctypes.get_errno()))
silent = False


def fall_silent(*_):
    global silent
    silent = True


def attributes(node):
    mode, size = (0o100755, len(data)) if node == 2 else (0o40755, 0)
    return struct.pack("<6Q10I", node, size, size // 512, 1, 1, 1, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def answer(opcode, node, body):
    """What is kept is valid for no time: each use asks."""
    if opcode == INIT:
        return struct.pack("<IIIIHHIIHHI28x", 7, 31, 1 << 17, 0, 12, 9, 1 << 17, 1, 32, 0, 0)
    if opcode == LOOKUP:
        if body.rstrip(b"\0") != b"program":
            return errno.ENOENT
        return struct.pack("<QQQQII", 2, 0, 0, 0, 0, 0) + attributes(2)
    if opcode == GETATTR:
        return struct.pack("<QII", 0, 0, 0) + attributes(node)
    if opcode in (OPEN, OPENDIR):
        return struct.pack("<QII", 1, 0, 0)
    if opcode == READ:
        _, offset, size = struct.unpack_from("<QQI", body)
        return data[offset : offset + size]
    if opcode == STATFS:
        return struct.pack("<5Q4I24x", 1, 1, 1, 1, 1, 512, 255, 512, 0)
    if opcode in (FLUSH, RELEASE, RELEASEDIR):
        return b""
    return errno.ENOSYS


signal.signal(signal.SIGUSR1, fall_silent)
print("ready", flush=True)
while True:
    try:
        request = os.read(dev, 1 << 18)
    except OSError as e:
        if e.errno in (errno.EINTR, errno.ENOENT, errno.EAGAIN):
            continue
        sys.exit(0)  # unmounted
    _, opcode, unique, node = struct.unpack_from("<IIQQ", request)
    if silent or opcode in (FORGET, INTERRUPT, BATCH_FORGET):
        continue
    reply = answer(opcode, node, request[40:])
    error, reply = (-reply, b"") if isinstance(reply, int) else (0, reply)
    try:
        os.write(dev, struct.pack("<IiQ", 16 + len(reply), error, unique) + reply)
    except OSError:
        pass  # it was given up
