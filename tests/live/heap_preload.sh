#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# heap of a launched command, by the sampler inside of it: is what it allocates, and what of it is in use,
# what the program itself says? With children, threads' allocators and programs that cannot have it.
# needs: root bpf btf uprobe go python3 x86_64
# timeout: 300
. tests/live/lib.sh
. tests/live/heap_compare.sh
rate=65536
libs=/usr/lib/x86_64-linux-gnu

check() { # CASE PROFILE TARGET-OUTPUT ROWS
	compare "$2" "$3" > "$OUT/compared"
	sed 's/^/# /' "$OUT/compared"
	is "$1: rows" "$(wc -l < "$OUT/compared")" "$4"
	at_most "$1: largest error, standard deviations" "$(largest)" 4.5
}

inside() { # CASE: no probe met a call
	is "$1: the sampler is inside" "$(figure "$OUT/heap.json" heap.preload)" True
	is "$1: calls that probes met" "$(figure "$OUT/heap.json" heap.allocations)" 0
}

probed() { # CASE: probes did
	at_least "$1: calls that probes met" "$(figure "$OUT/heap.json" heap.allocations)" 1000
}

# What the command prints is the target's output.
run() { # CASE ROWS OPTION... -- COMMAND...
	local name=$1 rows=$2
	shift 2
	PROF_TIMEOUT=100 prof heap --rate $rate -o "$OUT/heap.pb.gz" --stats "$OUT/heap.json" "$@"
	is "$name: exit status" "$status" 0
	is "$name: lost" "$(lost "$OUT/heap.json")" 0
	check "$name" "$OUT/heap.pb.gz" "$OUT/prof.out" "$rows"
}

run glibc 18 -- "$TARGETS/heap" 20
inside glibc
is "glibc: the leaf is who asks" "$(names "$OUT/heap.pb.gz" -sample_index=alloc_space | grep -cE 'preload|^(malloc|calloc|heap_)')" 0
for behind in libjemalloc.so.2 libtcmalloc.so.4 libmimalloc.so.2; do
	run "$behind" 18 -- env LD_PRELOAD=$libs/$behind "$TARGETS/heap" 20
	inside "$behind"
done
LD_PRELOAD=$libs/libjemalloc.so.2 run "jemalloc, of ebprof too" 18 -- "$TARGETS/heap" 20
musl-gcc -O1 -fno-inline -fno-optimize-sibling-calls -g -o "$OUT/musl" tests/targets/heap.c
run musl 18 -- "$OUT/musl" 20
inside musl
run "--no-preload" 18 --no-preload -- "$TARGETS/heap" 20
probed "--no-preload"
run "--as" 18 --as nobody -- "$TARGETS/heap" 20
inside "--as"

# Children: of a shell, which executes each, and of a shell's child that another user becomes.
sum() { # FILE...: of several targets, which have ended
	awk 'NF == 5 { for (i = 2; i <= 3; i++) sum[$1, i] += $i; name[$1] }
		END { for (n in name) print n, sum[n, 2], sum[n, 3], 0, 0 }' "$@"
}

children() { # CASE COMMAND...: they write to $OUT/child.*
	local name=$1
	shift
	rm -f "$OUT"/child.*
	PROF_TIMEOUT=60 prof heap --rate $rate -o "$OUT/heap.pb.gz" --stats "$OUT/heap.json" -- "$@"
	is "$name: exit status" "$status" 0
	is "$name: lost" "$(lost "$OUT/heap.json")" 0
	sum "$OUT"/child.* > "$OUT/children.out"
	check "$name" "$OUT/heap.pb.gz" "$OUT/children.out" 16
}

# shellcheck disable=SC2016
children "of a shell" bash -c 'for i in 1 2; do "$1" 5 > "$2.$i"; done; (exec env "$1" 5 > "$2.3")' - \
	"$TARGETS/heap" "$OUT/child"
inside "of a shell"
# shellcheck disable=SC2016
children "of python" python3 -c 'import os, subprocess, sys
target, out = sys.argv[1:]
with open(out + ".1", "w") as f: subprocess.run([target, "5"], stdout=f, check=True)
with open(out + ".2", "w") as f: subprocess.run([target, "5"], stdout=f, check=True, close_fds=False)
os.posix_spawn(target, [target, "5"], {}, file_actions=[(os.POSIX_SPAWN_OPEN, 1, out + ".3", 65, 384)])
os.wait()' "$TARGETS/heap" "$OUT/child"
inside "of python"

# A child of a process that has met the probe meets it too: a kernel must not have left half of it there.
# shellcheck disable=SC2016
prof heap --rate 1 -o "$OUT/forks.pb.gz" -- bash -c \
	'for i in 1 2 3 4 5 6 7 8 9; do (x=$(echo $i$i)) || exit; done; exec python3 -c "import os
for i in range(9):
    if not os.fork(): os._exit(len([str(n) for n in range(1000)]) != 1000)
    if os.wait()[1]: os._exit(1)"'
is "children that meet the probe: exit status" "$status" 0

# Programs that cannot have it get probes, and ebprof says so of the command.
gcc -O1 -fno-inline -fno-optimize-sibling-calls -static -o "$OUT/static" tests/targets/heap.c
run static 18 -- "$OUT/static" 5 1
probed static
has "static: said" "$(< "$OUT/prof.err")" "'$OUT/static' is static: no sampler goes into it"
children "static, of a shell" bash -c '"$1" 5 1 > "$2.1"' - "$OUT/static" "$OUT/child"
probed "static, of a shell"
cp "$TARGETS/heap" "$OUT/setuid"
chmod 4755 "$OUT/setuid"
run setuid 18 -- "$OUT/setuid" 5 1
has "setuid: said" "$(< "$OUT/prof.err")" "runs as another user"
gcc -O1 -fno-inline -fno-optimize-sibling-calls -fsanitize=address -o "$OUT/sanitized" tests/targets/heap.c
ASAN_OPTIONS=detect_leaks=0 prof heap --rate $rate -o "$OUT/heap.pb.gz" -- "$OUT/sanitized" 1 1
is "sanitized: exit status" "$status" 0
has "sanitized: said" "$(< "$OUT/prof.err")" "has a sanitizer"
has "sanitized: it runs" "$(< "$OUT/prof.out")" done

# The command sees nothing of it: environment, descriptors, messages of the loader; nor does what outlives ebprof.
# shellcheck disable=SC2016
look='env | sort; ls /proc/self/fd; ls /proc/$$/fd'
env -i PATH="$PATH" bash -c "$look" > "$OUT/without" 2>&1 < /dev/null
env -i PATH="$PATH" "$EBPROF" heap -q -o "$OUT/look.pb.gz" -- bash -c "$look" > "$OUT/with" 2>&1 < /dev/null
is "what a command sees" "$(diff "$OUT/without" "$OUT/with")" ""
# A daemon executes programs before ebprof has ended, and after it.
# shellcheck disable=SC2016
"$EBPROF" heap -q -o "$OUT/look.pb.gz" -- bash -c \
	'(env; while [[ ! -e $1/over ]]; do sleep 0.1; done; env; echo end) > "$1/later" 2>&1 &' - "$OUT" \
	> "$OUT/with" 2>&1 < /dev/null
touch "$OUT/over"
wait_until 10 grep -q '^end' "$OUT/later"
is "what a daemon's programs say after ebprof" "$(cat "$OUT/with"; grep -ciE '^LD_PRELOAD=|ld.so|cannot' "$OUT/later")" 0
is "programs that the daemon executed" "$(grep -c ^PATH= "$OUT/later")" 2
