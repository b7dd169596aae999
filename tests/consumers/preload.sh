#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The library that a launched command gets: what it needs of others, what it says of allocations, before several
# allocators, and that a program does not see it.
. "$(dirname "$0")/common"
need nm readelf objdump python3 perl
library=$BUILD/preload.so
events=$BUILD/tests/consumers/preload_events
libs=/usr/lib/x86_64-linux-gnu
[ -f "$library" ] && [ -x "$events" ] || {
	not_ok preload "not built"
	finish
}

equal "libraries that it needs" "" "$(readelf -d "$library" | grep NEEDED)"
equal "symbols that must be there" "" "$(nm -D --undefined-only "$library" | grep -v ' w ')"
equal "versions that must be there" "" "$(readelf -V "$library" | grep 'Version needs')"
[ "$(stat -c %s "$library")" -le 65536 ] && ok "at most 64 KiB" || not_ok "at most 64 KiB" "$(stat -c %s "$library")"
# A call of the function that the probe sits on, in place of a jump, would put frames before the caller's.
equal "functions that do not jump to preload_event" "free_known move" \
	"$(objdump -d --no-show-raw-insn "$library" | awk '/^[0-9a-f]+ </ { name = $2; gsub(/[<>:]/, "", name) }
		/call.*<preload_event>/ { print name }' | sort -u | tr '\n' ' ' | sed 's/ $//')"
equal "functions that do not jump to heap_allocated" "" \
	"$(objdump -d --no-show-raw-insn "$library" | grep 'call.*<heap_allocated>')"

"$events" make "$library" 4096 "$OUT/preload-4096.so" || not_ok "a library with another rate" "not made"
for behind in "" libjemalloc.so.2 libtcmalloc.so.4 libmimalloc.so.2; do
	echo "# ${behind:-glibc}"
	LD_PRELOAD="$OUT/preload-4096.so${behind:+:$libs/$behind}" "$events" run >"$OUT/events" 2>&1
	status=$?
	sed "s/^\(ok\|not ok\) /&${behind:-glibc}: /" "$OUT/events"
	equal "${behind:-glibc}: exit status" 0 $status
	grep -q '^not ok' "$OUT/events" && failed=1
done

# What a program says is the same with and without it: handed over as ebprof does, and by a path.
program() { # NAME COMMAND...
	local name=$1
	shift
	"$@" >"$OUT/without" 2>&1
	LD_PRELOAD=/proc/self/fd/9 "$@" >"$OUT/with" 2>&1 9<"$OUT/preload-4096.so"
	cmp "$OUT/without" "$OUT/with" >"$OUT/differs" 2>&1 && ok "$name says the same" ||
		not_ok "$name says the same" "$(diff "$OUT/without" "$OUT/with" | head -n 3 | tr '\n' '|')"
}

program env env
# shellcheck disable=SC2016
program "descriptors" bash -c 'ls /proc/$$/fd'
program "children" bash -c 'env | sort; (env); exec env'
program python3 python3 -c 'import json, os, subprocess, threading
print(sorted(os.environ), sorted(os.listdir("/proc/self/fd")))
threads = [threading.Thread(target=lambda: json.loads(json.dumps([{"a": i} for i in range(9999)]))) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print(subprocess.check_output(["env"]), subprocess.run(["/nowhere"]) if 0 else "")
pid = os.fork()
if not pid: os.execvp("env", ["env"])
os.waitpid(pid, 0)
os.spawnvp(os.P_WAIT, "env", ["env"])
os.posix_spawn("/usr/bin/env", ["env"], {"A": "1"})
os.wait()'
# shellcheck disable=SC2016
program perl perl -e '$SIG{ALRM} = sub { my @a = map { "x" x $_ } 1 .. 100; }; use Time::HiRes "setitimer";
setitimer(0, 0.001, 0.001); my %h; $h{$_ % 5000} .= "y" x ($_ % 100) for 1 .. 300000; setitimer(0, 0); print length join "", values %h'
program "a command that is not there" bash -c '/nowhere; nowhere; echo $?'
program "sort of 10 MB" bash -c 'seq 1000000 | sort -r | md5sum'
finish
