#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Code that programs make gets the names that they give it in /tmp/perf-PID.map, and no others'.
# needs: root bpf btf perf-software python3 go pidns mountns setpriv
# timeout: 240
. tests/live/lib.sh
rate=1999
code=300000000000

# Names for the code of targets/jit, as if it had written them.
map_text() { # PREFIX
	printf '%x 40 %s\n' 0x$code "$1_a" $((0x$code + 0x1000)) "$1_b" $((0x$code + 0x2000)) "$1_c"
}

# A target that makes code and does not name it: $pid, and its map $map is removed in the end.
start_nameless() {
	start jit 30 f none
	map=/tmp/perf-$pid.map
	at_exit "rm -f $map $map.*"
}

# The map of a nameless target is refused, and counted; its code has no names.
refused() { # CASE
	local name
	name=$OUT/refused_$(tr -c 'a-z\n' _ <<< "$1")
	prof cpu -F $rate -p "$pid" -o "$name.pb.gz" --stats "$name.json" 0.5
	is "$1: exit status" "$status" 0
	is "$1: no names of it" "$(names "$name.pb.gz" | grep -c '^evil')" 0
	at_least "$1: a frame without a name" "$(share "$name.pb.gz" '[anon]')" 75
	is "$1: counted" "$(figure "$name.json" lost.unusable_map)" 1
	rm -rf "$map"
	kill "$pid"
}

# Of the command itself, which removes its map before it ends.
prof cpu -F $rate -o "$OUT/command.pb.gz" --stats "$OUT/command.json" -- "$TARGETS/jit" 0.8
shares_are "a command" "$OUT/command.pb.gz"
is "a command: nothing was refused" "$(figure "$OUT/command.json" lost.unusable_map)" 0
has "a command: callers of the code" "$(names "$OUT/command.pb.gz")" $'(^|\n)run_part($|\n)'
has "a command: its functions have no file" "$(raw "$OUT/command.pb.gz")" ' f_a :0'

# Two processes with other code at the same addresses.
start jit 30 one
one=$pid
at_exit "rm -f /tmp/perf-$pid.map"
start jit 30 two
two=$pid
at_exit "rm -f /tmp/perf-$pid.map"
prof cpu -F $rate -p "$one,$two" -o "$OUT/two.pb.gz" 1
for name in one two; do
	is "two programs: $name has none of the other's names" \
		"$(samples "$OUT/two.pb.gz" -focus="^${name}_[abc]\$" -tagignore="pid=${!name}")" 0
	near "two programs: ${name}_a" "$(share "$OUT/two.pb.gz" "${name}_a" -relative_percentages -tagfocus="pid=${!name}")" \
		50 "$(tolerance 50 "$(samples "$OUT/two.pb.gz" -tagfocus="pid=${!name}")")"
done
prof cpu -F $rate -a -o "$OUT/all.pb.gz" 0.5
at_least "-a: names of both" "$(names "$OUT/all.pb.gz" | grep -cE '^(one|two)_a$')" 2
kill "$one" "$two"

# The map comes late: while the process is profiled, or it ends before the capture does.
start_nameless
prof_start cpu -F $rate -p "$pid" -o "$OUT/late.pb.gz" 1.5
sleep 0.7
map_text f > "$map"
prof_wait
shares_are "a map that comes late" "$OUT/late.pb.gz"
kill "$pid"
start_nameless
map_text g > "$map"
prof_start cpu -F $rate -p "$pid" -o "$OUT/grown.pb.gz" 10
sleep 0.6
map_text f >> "$map"
sleep 0.2
kill "$pid"
prof_wait
shares_are "a map that grows, of a process that ends: the last lines count" "$OUT/grown.pb.gz"

# With 0x before the numbers; names that are none, or too much of one.
start_nameless
{
	python3 -c 'print("300000000000 3000 " + "x" * 1000000)'
	map_text f | sed 's/^/0x/; s/ 40/ 0x40/'
	printf 'nonsense\n\n300000000000\n300000001000 40\n%s40 40 \033[31mred\n' $code
} > "$map"
prof cpu -F $rate -p "$pid" -o "$OUT/odd.pb.gz" -o "$OUT/odd.folded" 0.8
shares_are "an odd map" "$OUT/odd.pb.gz"
kill "$pid"
start_nameless
python3 -c 'print("300000000000 3000 a@b;\x1b[31m\u202e " + "x" * 1000000)' > "$map"
prof cpu -F $rate -p "$pid" -o "$OUT/long.pb.gz" -o "$OUT/long.folded" 0.5
has "a name of a megabyte begins as it did" "$(names "$OUT/long.pb.gz" | head -c 200)" 'a@b;'
at_most "a name of a megabyte is cut" "$(wc -L < "$OUT/long.folded")" 300000
is "a name of a megabyte: no control characters" "$(grep -c $'\033' "$OUT/long.folded")" 0
kill "$pid"

# What is not the process's own.
start_nameless
map_text evil > "$map.other"
ln -s "$map.other" "$map"
refused "a symbolic link"
start_nameless
mkfifo "$map"
refused "a pipe"
start_nameless
mkdir "$map"
refused "a directory"
start_nameless
map_text evil > "$map"
chown 65534 "$map"
refused "a map of another user"
start_nameless
map_text evil > "$map"
touch -d '1 hour ago' "$map"
refused "a map that is older than the process"

# A process that is not root's has its own map, and not root's.
unprivileged() { # NAME
	: > "$OUT/$1.out"
	setpriv --reuid 65534 --clear-groups "$TARGETS/jit" 30 f ${2:-} > "$OUT/$1.out" 2>&1 &
	pid=$!
	lib_pids+=("$pid")
	map=/tmp/perf-$pid.map
	at_exit "rm -f $map"
	wait_until 10 grep -q '^ready' "$OUT/$1.out"
}
unprivileged nobody
prof cpu -F $rate -p "$pid" -o "$OUT/nobody.pb.gz" 0.8
shares_are "another user's process" "$OUT/nobody.pb.gz"
kill "$pid"
unprivileged nobody2 none
map_text evil > "$map"
refused "a map of root's for another user's process"

# In namespaces of its own: another number, another /tmp, which is gone before the capture ends; the
# program is opened before, for it may lie in /tmp too.
: > "$OUT/inside.out"
# shellcheck disable=SC2016
unshare -m -p -f --kill-child bash -c 'exec 9< "$1" && mount -t tmpfs none /tmp && /proc/self/fd/9 1.5' - "$TARGETS/jit" > "$OUT/inside.out" 2>&1 &
outer=$!
lib_pids+=($outer)
wait_until 10 grep -q ready "$OUT/inside.out"
is "namespaces: the process has another number there" "$(grep -cE '^ready [0-9]$' "$OUT/inside.out")" 1
prof cpu -F $rate -p $outer --tree -o "$OUT/inside.pb.gz" 3
shares_are "in namespaces of its own" "$OUT/inside.pb.gz"

cat > "$OUT/burn.js" << 'END'
function f_leaf(n) { let s = 0; for (let i = 0; i < n; i++) s = (s * 31 + i) | 0; return s; }
function f_hot(t) { let r = 0; while (Date.now() < t) r ^= f_leaf(2e6); return r; }
f_hot(Date.now() + 1500);
END
if skip_unless node "node --perf-basic-prof"; then
	# shellcheck disable=SC2016
	prof cpu -F $rate -o "$OUT/node.pb.gz" -- bash -c 'echo $$; exec node --perf-basic-prof "$@"' - \
		--interpreted-frames-native-stack --no-turbo-inlining --logfile="$OUT/v8.log" --no-logfile-per-isolate "$OUT/burn.js"
	node=$(head -n 1 "$OUT/prof.out")
	at_exit "rm -f /tmp/perf-$node.map"
	at_least "node: f_leaf" "$(top "$OUT/node.pb.gz" | awk '/JS:[*^~]f_leaf / { gsub(/%/, "", $2); n += $2 } END { print n + 0 }')" 70
	at_least "node: its callers" "$(samples "$OUT/node.pb.gz" -focus='JS:.f_hot .*burn.js')" 1000
	at_most "node: code without a name" "$(share "$OUT/node.pb.gz" '[anon]')" 1
fi

# Its dump has lines; the loops are on the first two.
if skip_unless node "node --perf-prof"; then
	# shellcheck disable=SC2016
	prof cpu -F $rate -o "$OUT/dump.pb.gz" -- bash -c 'cd "$1" && exec node --perf-prof --no-turbo-inlining burn.js' - "$OUT"
	top "$OUT/dump.pb.gz" -lines > "$OUT/dump.lines"
	at_least "node --perf-prof: f_leaf, with its file and line" "$(awk -v file="$OUT/burn.js:1" \
		'/JS:[*^~]f_leaf / && $NF == file { gsub(/%/, "", $2); n += $2 } END { print n + 0 }' "$OUT/dump.lines")" 70
	$PPROF -list 'f_leaf' "$OUT/dump.pb.gz" > "$OUT/dump.list" 2> "$OUT/list.err"
	has "node --perf-prof: pprof -list shows the source" "$(< "$OUT/dump.list")" 'function f_leaf'
	lacks "node --perf-prof: no file's name is garbage" "$(raw "$OUT/dump.pb.gz")" $'\xef\xbf\xbd'
fi

cat > "$OUT/Burn.java" << 'END'
public class Burn {
	static long leaf(long n) { long s = 1; for (long i = 0; i < n; i++) s = s * 31 + i; return s; }
	static long hot(long t) { long r = 0; while (System.currentTimeMillis() < t) r ^= leaf(200000); return r; }
	public static void main(String[] a) {
		System.out.println("ready");
		System.out.println(hot(System.currentTimeMillis() + 20000));
	}
}
END
if skip_unless jdk "java, jcmd PID Compiler.perfmap"; then
	: > "$OUT/java.out"
	java -XX:+PreserveFramePointer -Xmx64m "$OUT/Burn.java" > "$OUT/java.out" 2>&1 &
	pid=$!
	lib_pids+=($pid)
	at_exit "rm -f /tmp/perf-$pid.map"
	wait_until 20 grep -q ready "$OUT/java.out"
	sleep 0.5
	prof_start cpu -F $rate -p $pid -o "$OUT/java.pb.gz" 3
	sleep 0.5
	jcmd $pid Compiler.perfmap > /dev/null
	prof_wait
	at_least "java: leaf" "$(share "$OUT/java.pb.gz" 'long Burn.leaf(long)')" 70
	at_least "java: its callers" "$(share "$OUT/java.pb.gz" 'JavaCalls::call_helper' -cum)" 70
	kill $pid
fi
