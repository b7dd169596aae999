#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `ebprof report` on a terminal: colour, lines no longer than it is wide, a pager; and nothing of that elsewhere.
. "$(dirname "$0")/common"
need python3
ebprof=${EBPROF:-$root/ebprof}
make_profiles
cd "$OUT" || exit 1
export -n NO_COLOR PAGER LESS

# on_terminal COLUMNS ARGS...: what a terminal of that width gets, in terminal.out.
on_terminal() {
	python3 - "$@" <<'END'
import fcntl, os, pty, struct, sys, termios
columns, argv = int(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if not pid:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    os.execvp(argv[0], argv)
out = b""
while True:
    try:
        got = os.read(fd, 65536)
    except OSError:
        break
    if not got:
        break
    out += got
_, status = os.waitpid(pid, 0)
open("terminal.out", "wb").write(out.replace(b"\r\n", b"\n"))
sys.exit(os.waitstatus_to_exitcode(status))
END
}
plain() {
	sed 's/\x1b\[[0-9;]*m//g' terminal.out
}

"$ebprof" report cpu.pb.gz >file.out
equal "no colour in a file" "" "$(grep -n "$(printf '\033')" file.out)"
export TERM=xterm
on_terminal 200 "$ebprof" report -no-pager cpu.pb.gz || not_ok "a terminal" "exit status $?"
equal "colour on a terminal" 1 "$(grep -c "^$(printf '\033')\[1mShowing nodes" terminal.out)"
equal "beside that the same" "$(cat file.out)" "$(plain)"
NO_COLOR=1 on_terminal 200 "$ebprof" report -no-pager cpu.pb.gz
equal "NO_COLOR" "$(cat file.out)" "$(cat terminal.out)"
TERM=dumb on_terminal 200 "$ebprof" report -no-pager cpu.pb.gz
equal "a terminal without colour" "$(cat file.out)" "$(cat terminal.out)"
on_terminal 40 "$ebprof" report -no-pager cpu.pb.gz
equal "the terminal's width" "$(cut -c1-40 file.out)" "$(plain)"
"$ebprof" report odd.pb.gz >odd.out
on_terminal 40 "$ebprof" report -no-pager odd.pb.gz
equal "hostile names" "$(python3 -c 'for l in open("odd.out"): print(l[:-1][:40])')" "$(plain)"
equal "they move nothing" "" "$(plain | LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]')"
PAGER='sed s/^/p:/' on_terminal 40 "$ebprof" report cpu.pb.gz
equal "a pager gets whole lines" "$(sed 's/^/p:/' file.out)" "$(plain)"
PAGER='head -n 1' on_terminal 80 "$ebprof" report -traces cpu.pb.gz
equal "a pager that is left early is no error" 0 $?
PAGER='no-such-pager-here' on_terminal 80 "$ebprof" report cpu.pb.gz
grep -q "no-such-pager-here" terminal.out && ok "a pager that is not there says so" || not_ok "no pager" "$(cat terminal.out)"
PAGER='sed s/^/p:/' "$ebprof" report cpu.pb.gz >paged.out
equal "no pager for a file" "$(cat file.out)" "$(cat paged.out)"
finish
