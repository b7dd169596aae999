# SPDX-License-Identifier: Apache-2.0
"""gdb -p PID -x tests/live/stacks.py: the stacks of all threads of a process, in the form of
tests/unit/classify/stacks.h: each frame's file and linkage name, inlined ones with a '+' before them."""
import os

import gdb


def file_of(frame):
    path = gdb.solib_name(frame.pc()) or gdb.current_progspace().filename or "?"
    return os.path.basename(path)


def name_of(frame):
    function = frame.function()
    if function is not None:
        return getattr(function, "linkage_name", None) or function.name
    pc = frame.pc() - (frame.level() > 0)
    symbol = gdb.execute("info symbol %#x" % pc, to_string=True)
    if not symbol.startswith("No symbol"):
        return symbol.split(" + ")[0].split(" in section")[0].strip()
    return "[%s]" % file_of(frame) if gdb.solib_name(frame.pc()) else None


def lines_of(frame):
    """Until gdb is lost: code that nobody names has no unwind tables either."""
    while frame is not None:
        name = name_of(frame)
        if name is None:
            yield "[anon] [anon]"
            return
        inlined = frame.type() == gdb.INLINE_FRAME
        yield "%s%s %s" % ("+" if inlined else "", file_of(frame), name)
        try:
            frame = frame.older()
        except gdb.error:
            return


gdb.execute("set print demangle off")
for thread in sorted(gdb.selected_inferior().threads(), key=lambda t: t.num):
    thread.switch()
    print("== ? ? %s" % thread.name)
    for line in lines_of(gdb.newest_frame()):
        print(line)
