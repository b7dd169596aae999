#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A command under ebprof: its status is ours, and it notices nothing.
# needs: root bpf btf perf-software python3 go
# timeout: 180
. tests/live/lib.sh
out=$OUT/x.pb.gz

status_is() { # CASE WANT ARGUMENT...
	local case=$1 want=$2
	shift 2
	prof cpu -o "$out" "$@"
	is "$case" "$status" "$want"
}

# Exit statuses.
status_is "exit status 0, and no sample: fine for a command" 0 -- true
has "no sample: a word" "$(< "$OUT/prof.err")" 'no samples'
status_is "its own status" 7 -- sh -c 'exit 7'
status_is "its own status, 255" 255 -- sh -c 'exit 255'
status_is "killed by SIGKILL" 137 -- sh -c 'kill -KILL $$'
status_is "killed by SIGTERM" 143 -- sh -c 'kill -TERM $$'
status_is "killed by SIGSEGV" 139 -- sh -c 'ulimit -c 0; kill -SEGV $$'
status_is "no such command" 127 -- "$OUT/nothing"
has "no such command: a word" "$(< "$OUT/prof.err")" "^ebprof: cannot run '$OUT/nothing': No such file"
is "no such command: one line" "$(wc -l < "$OUT/prof.err")" 1
status_is "no such command in PATH" 127 -- ebprof-has-no-such-command
: > "$OUT/data"
status_is "not executable" 126 -- "$OUT/data"
status_is "a directory" 126 -- "$OUT"
printf '#!/nowhere/interpreter\n' > "$OUT/script"
chmod +x "$OUT/script"
status_is "an interpreter that is not there" 127 -- "$OUT/script"
prof cpu -o "$OUT/no/such/folder/x.pb.gz" -- touch "$OUT/ran"
is "ebprof fails before: 125" "$status" 125
is "ebprof fails before: the command does not run" "$(ls "$OUT/ran" 2> /dev/null)" ""
prof cpu -o "$out" -e cycles -F 0 -- touch "$OUT/ran"
is "a wrong command line: 2" "$status" 2
prof cpu --comm '[' -o "$out" -- touch "$OUT/ran"
is "ebprof fails at attaching: 125" "$status" 125
is "ebprof fails at attaching: the command does not run" "$(ls "$OUT/ran" 2> /dev/null)" ""
# Killed while it gets ready, stopped before so that it is known not to have let the command run.
early=0
ran=0
for ((i = 0; i < 10; i++)); do
	rm -f "$OUT/ran"
	prof_start cpu -o "$out" -- touch "$OUT/ran"
	wait_until 5 pgrep -P "$prof_pid" > /dev/null
	kill -STOP "$prof_pid"
	waits=$(pgrep -P "$prof_pid" | head -n 1)
	[[ $(cat "/proc/${waits:-self}/comm" 2> /dev/null) == ebprof && ! -e $OUT/ran ]] && is_early=1 || is_early=0
	kill -KILL "$prof_pid"
	wait "$prof_pid" 2> /dev/null
	sleep 0.1
	early=$((early + is_early))
	[[ $is_early == 0 || ! -e $OUT/ran ]] || ran=$((ran + 1))
done
at_least "ebprof is killed before: tries" "$early" 8
is "ebprof is killed before: the command does not run" "$ran" 0
rm -f "$OUT/ran"
prof cpu --
is "no command behind --: 2" "$status" 2
prof cpu -F 99 -o /dev/full --format pprof -- sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done; exit 3'
is "the result cannot be written: 125" "$status" 125

# With and without ebprof: streams, environment, limits, signals, descriptors.
cat > "$OUT/look.sh" << 'END'
cat
printf 'error\n' >&2
pwd; umask; ulimit -a; env | grep -v '^_='; id; nice
grep -E '^(Sig(Blk|Ign|Cgt)|NoNewPrivs|Seccomp|Cap|Cpus_allowed_list)' /proc/self/status
ls -1 /proc/self/fd | wc -l
ls -l /proc/self/fd/[0-2] | sed 's/.* \([0-9] ->\)/\1/'
cat /proc/self/oom_score_adj /proc/self/timerslack_ns
ps -o pgid=,sid=,tty= $$ | sed "s/\<$$\>/own/"
END
head -c 1000000 /dev/urandom > "$OUT/input"
python3 - "$OUT/look.sh" "$OUT/input" "$EBPROF" "$out" << 'END' > "$OUT/differences"
# Both runs as the same session, so that they are comparable; each stream is a pipe of its own.
import subprocess, sys
script, data, ebprof, out = sys.argv[1:]
def run(prefix):
    with open(data, "rb") as file:
        done = subprocess.run(prefix + ["bash", script], stdin=file, capture_output=True, restore_signals=True)
    return done
bare = run([])
under = run([ebprof, "cpu", "-q", "-F", "999", "-o", out, "--"])
for name, one, two in (("stdout", bare.stdout, under.stdout), ("stderr", bare.stderr, under.stderr)):
    tail = lambda text: [l for l in text[-8000:].decode(errors="replace").splitlines() if "pipe:[" not in l]
    if name == "stdout" and one[:1000000] != two[:1000000]:
        print("stdout: the binary part differs")
    for a, b in zip(tail(one), tail(two)):
        if a != b:
            print(f"{name}: {a!r} became {b!r}")
    if len(tail(one)) != len(tail(two)):
        print(f"{name}: {len(tail(one))} lines became {len(tail(two))}")
print("status", bare.returncode, under.returncode)
END
sed 's/^/# /' "$OUT/differences"
is "the command sees no difference" "$(< "$OUT/differences")" "status 0 0"
printf 'abc' | "$EBPROF" cpu -q -o "$out" -- cat > "$OUT/cat.out" 2> "$OUT/cat.err"
is "standard input is the command's" "$(< "$OUT/cat.out")" abc
is "-q: standard error is the command's alone" "$(< "$OUT/cat.err")" ""
"$EBPROF" cpu -o "$out" -- sh -c 'cat <&3' 3<<< "three" > "$OUT/three.out" 2> /dev/null
is "further descriptors are the command's" "$(< "$OUT/three.out")" three
for i in 1 2; do
	"$TARGETS/deep" 0.3 50 > "$OUT/deep$i.out"
	[[ $i == 1 ]] || "$EBPROF" cpu -q -F 9999 -o "$out" -- "$TARGETS/deep" 0.3 50 > "$OUT/deep2.out"
	sed -i 's/^ready.*/ready/' "$OUT/deep$i.out"
done
is "output is the same to the bit" "$(cksum < "$OUT/deep1.out")" "$(cksum < "$OUT/deep2.out")"

# As another user.
prof cpu -o "$out" --as nobody -- id
has "--as: user and group" "$(< "$OUT/prof.out")" 'uid=65534\(nobody\) gid=65534\(nogroup\) groups=65534\(nogroup\)$'
prof cpu -o "$out" --as 65534 -- id -u
is "--as by number" "$(< "$OUT/prof.out")" 65534
prof cpu -o "$out" --as nobody -- sh -c "echo try > '$OUT/as-root'"
at_least "--as: it has lost root's rights" "$status" 1
cp "$TARGETS/shares" "/tmp/shares.$$"
at_exit 'rm -f /tmp/shares.$$'
prof cpu -F 1999 -o "$OUT/as.pb.gz" --as nobody -- /tmp/shares.$$ 0.8
shares_are "--as: profiled" "$OUT/as.pb.gz"
prof cpu -o "$out" --as nobody-at-all -- true
is "--as nobody known: 2" "$status" 2

# Time: the capture ends, the command goes on.
rm -f "$OUT/ran"
prof cpu -F 999 -o "$out" --stats "$OUT/time.json" 0.5 -- sh -c "'$TARGETS/shares' 1; sleep 0.5; touch '$OUT/ran'; exit 9"
is "a time and a command: its status" "$status" 9
is "a time and a command: it goes on" "$(ls "$OUT/ran")" "$OUT/ran"
near "a time and a command: the capture's length, ms" "$(($(figure "$OUT/time.json" duration_ns) / 1000000))" 500 250
begin=$SECONDS
prof cpu -o "$out" -- sh -c 'sleep 30 & echo $!'
at_most "a command that leaves a child behind does not keep us" $((SECONDS - begin)) 15
kill "$(< "$OUT/prof.out")"

# Signals.
for signal in TERM INT HUP; do
	[[ $signal == HUP ]] && target=(sh -c 'trap "echo signal 1; exit 7" HUP; echo ready; while :; do sleep 0.05; done') ||
		target=("$TARGETS/sigburn" 20 7)
	prof_start cpu -F 999 -o "$OUT/$signal.pb.gz" -- "${target[@]}"
	wait_until 10 grep -q ready "$OUT/prof.out"
	sleep 0.3
	kill -$signal $prof_pid
	prof_wait
	is "SIG$signal: the command's own status" "$status" 7
	has "SIG$signal: the command got it" "$(< "$OUT/prof.out")" "signal $(kill -l $signal)\$"
	is "SIG$signal: the profile is kept" "$($PPROF -raw "$OUT/$signal.pb.gz" 2>&1 | grep -c '^Samples:')" 1
done
prof_start cpu -F 999 -o "$out" -- sh -c 'trap "" TERM; echo ready; sleep 1; exit 5'
wait_until 10 grep -q ready "$OUT/prof.out"
kill -TERM $prof_pid
prof_wait
is "a command that ignores the signal: its status all the same" "$status" 5

# The terminal's Ctrl-C goes to the whole group: the command has it once, from the terminal.
cat > "$OUT/terminal.py" << 'END'
import os, pty, sys, time
pid, master = pty.fork()
if not pid:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
while b"ready" not in seen:
    seen += os.read(master, 4096)
time.sleep(0.3)
os.write(master, b"\x03")
while True:
    try:
        data = os.read(master, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
print(seen.decode(errors="replace"), "status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
terminal=$(timeout 30 python3 "$OUT/terminal.py" "$EBPROF" cpu -o "$out" -- bash -c \
	'n=0; trap "n=\$((n + 1))" INT; echo ready; for i in $(seq 20); do sleep 0.05; done; echo times $n; exit 6')
has "Ctrl-C: the command has it once" "$terminal" $'times 1[\r\n]'
has "Ctrl-C: its status" "$terminal" 'status 6$'
