#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Debug files from a server: used when they are the right ones, and a server that misbehaves costs some
# seconds and no more.
# needs: root bpf btf perf-software python3 debuginfod gcc
# timeout: 300
. tests/live/lib.sh
rate=999

# Nobody reads below $OUT: where the files are kept is to be a place that anyone may write to.
TMPDIR=$(mktemp -d /tmp/ebprof-test.XXXXXX)
export TMPDIR
chmod 1777 "$TMPDIR"
at_exit 'rm -rf "$TMPDIR"'

left() { # nothing of what was kept
	[[ ! $(ls "$TMPDIR") ]]
}

# Who asks removes it, and is not waited for when that takes long.
is_gone() { # CASE
	if wait_until 5 left; then ok "$1: nothing stays on disk"; else not_ok "$1" "$(ls "$TMPDIR")"; fi
}

# Two files without symbols but the library's dynamic one, in which another function is inlined.
cat > "$OUT/part.c" << 'END'
static volatile unsigned long sink;

static inline __attribute__((always_inline)) void step(unsigned long i)
{
	sink += i * i;
}

void part(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++)
		step(i);
}
END
cat > "$OUT/prog.c" << 'END'
#include <time.h>

static volatile unsigned long ticks;

static inline __attribute__((always_inline)) void tick(void)
{
	ticks++;
}

void part(unsigned long n);

__attribute__((noinline)) static void whole(void)
{
	for (int i = 0; i < 1000000; i++)
		tick();
	part(1000000);
}

int main(void)
{
	struct timespec now, end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	for (end.tv_sec++; !clock_gettime(CLOCK_MONOTONIC, &now) &&
			   (now.tv_sec < end.tv_sec || now.tv_nsec < end.tv_nsec);)
		whole();
}
END
mkdir "$OUT/served" "$OUT/kept" "$OUT/bare"
(cd "$OUT" && gcc -O1 -g -shared -fPIC -o kept/libpart.so part.c &&
	gcc -O1 -g -o kept/prog prog.c -Lkept -lpart -Wl,-rpath,'$ORIGIN' && for name in prog libpart.so; do
		objcopy --only-keep-debug kept/$name served/$name.debug
		strip -o bare/$name kept/$name
	done)

# The port that a server says that it listens on.
serve() { # PROGRAM ARGUMENT...
	rm -f "$OUT/port"
	"$@" > "$OUT/port" 2> "$OUT/server.err" &
	lib_pids+=($!)
	wait_until 10 test -s "$OUT/port"
	port=$(< "$OUT/port")
}

cpu() { # NAME ARGUMENT...
	local name=$1 from
	shift
	from=$(date +%s%N)
	prof cpu -F $rate -o "$OUT/$name.pb.gz" --stats "$OUT/$name.json" "$@" -- "$OUT/bare/prog"
	took_ms=$((($(date +%s%N) - from) / 1000000))
	echo "# it took $took_ms ms, of them until the first sample $(figure "$OUT/$name.json" own.start_ns) ns," \
		"from the last one to the file $(figure "$OUT/$name.json" own.finish_ns)"
}

is_nameless() { # NAME
	at_least "$1: the program's addresses" "$(share "$OUT/$1.pb.gz" '[prog]' -cum)" 50
	is "$1: functions that only the debug files know" "$(names "$OUT/$1.pb.gz" | grep -cE '^(step|whole)$')" 0
}

cpu none
none_ms=$took_ms
is_nameless none
is "not asked: nothing is lost" "$(figure "$OUT/none.json" lost.debuginfod_missing)" 0

# Debian's own server; a port that is free now.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(cd "$OUT/served" && exec debuginfod -F -d :memory: -p "$port" . > "$OUT/debuginfod.log" 2>&1) &
debuginfod=$!
lib_pids+=($debuginfod)
real=http://127.0.0.1:$port
id=$(readelf -n "$OUT/bare/libpart.so" | sed -n 's/^ *Build ID: //p')
wait_until 20 curl -sf -o /dev/null "$real/buildid/$id/debuginfo" || not_ok debuginfod "does not serve"
cpu real "--debuginfod=$real"
list=$($PPROF -list '^(part|step|whole)$' "$OUT/real.pb.gz" 2> /dev/null)
has "served: the line of a call in a function" "$list" '[1-9][0-9.]*m?s +15:[^:]*tick\(\)'
has "served: the line of an inlined function" "$list" '[1-9][0-9.]*m?s +5:[^:]*sink \+= i \* i'
has "served: the line of its call" "$list" '[1-9][0-9.]*m?s +11:[^:]*step\(i\)'
has "served: it is marked inlined" "$($PPROF -traces "$OUT/real.pb.gz" 2> /dev/null)" 'step \(inline\)[^a-z]+part[^a-z]+whole'
is "served: nothing is refused" "$(figure "$OUT/real.json" lost.debuginfod_refused)" 0
is "served: it answers" "$(figure "$OUT/real.json" lost.debuginfod_silent)" 0
is_gone served
cp "$OUT/none.pb.gz" "$OUT/later.pb.gz"
said=$("$EBPROF" symbolize "--debuginfod=$real" "$OUT/later.pb.gz" 2>&1)
is "later, by ebprof symbolize: done" $? 0
has "later: functions that only the debug files know" "$(names "$OUT/later.pb.gz")" $'(^|\n)whole($|\n)'
lacks "later: nothing is refused" "$said" 'debuginfod_(refused|silent)'
DEBUGINFOD_URLS="$real http://127.0.0.1:1" cpu variable --debuginfod
has "DEBUGINFOD_URLS: its first server" "$(names "$OUT/variable.pb.gz")" $'(^|\n)whole($|\n)'

# What several debug files share is asked for as well: only with it the inlined function has a name.
if skip_unless dwz "what debug files share"; then
	(cd "$OUT/served" && cp prog.debug twin.debug && dwz -m common.debug -M common.debug prog.debug twin.debug &&
		rm twin.debug) 2> "$OUT/dwz.err" || not_ok dwz "$(< "$OUT/dwz.err")"
	has "dwz: the debug file refers to another" "$(readelf -SW "$OUT/served/prog.debug")" gnu_debugaltlink
	kill -USR1 $debuginfod # it looks at its folder again
	id=$(readelf -n "$OUT/served/common.debug" | sed -n 's/^ *Build ID: //p')
	wait_until 20 curl -sf -o /dev/null "$real/buildid/$id/debuginfo" || not_ok dwz "is not served"
	cpu shared "--debuginfod=$real"
	list=$($PPROF -list '^(whole|tick)$' "$OUT/shared.pb.gz" 2> /dev/null)
	has "dwz: the line of an inlined function" "$list" '[1-9][0-9.]*m?s +7:[^:]*ticks\+\+'
fi

unset DEBUGINFOD_URLS
prof cpu --debuginfod -a 1
is "no server: refused" $status 2
has "no server: said" "$(< "$OUT/prof.err")" 'debuginfod needs a server'
prof cpu --debuginfod=gopher://x -a 1
is "no URL: refused" $status 2
lacks "ebprof itself needs no such library" "$(ldd "$EBPROF")" '(curl|debuginfod)'

serve python3 tests/live/debuginfod_server.py "$OUT/served/prog.debug"
bad=http://127.0.0.1:$port
cpu missing "--debuginfod=$bad/none"
is_nameless missing
at_least "a server that has nothing: counted" "$(figure "$OUT/missing.json" lost.debuginfod_missing)" 2
is "a server that has nothing: it answers" "$(figure "$OUT/missing.json" lost.debuginfod_silent)" 0

silent() { # NAME
	is_nameless "$1"
	at_most "$1: ms more than without" $((took_ms - none_ms)) 5000
	at_least "$1: counted" "$(figure "$OUT/$1.json" lost.debuginfod_silent)" 2
	is "$1: said once" "$(grep -c 'debuginfod did not answer' "$OUT/prof.err")" 1
	is "$1: the profile is written" $status 0
	is_gone "$1"
}
cpu hang "--debuginfod=$bad/hang"
silent hang
cpu half "--debuginfod=$bad/half"
silent half
cpu gone "--debuginfod=http://127.0.0.1:1"
silent gone
at_most "gone: at once" $((took_ms - none_ms)) 1500

# The program's own file whatever is asked for: it is right for one of them alone.
cpu other "--debuginfod=$bad/file"
has "another's file: right for the program" "$(names "$OUT/other.pb.gz")" $'(^|\n)whole($|\n)'
is "another's file: not used" "$(names "$OUT/other.pb.gz" | grep -c '^step$')" 0
at_least "another's file: counted" "$(figure "$OUT/other.json" lost.debuginfod_refused)" 1

# Too large: a limit of the process is one of what it asks for too.
ulimit_was=$(ulimit -S -f)
ulimit -S -f 32768
for how in huge endless zeros; do
	cpu $how "--debuginfod=$bad/$how"
	is_nameless $how
	at_most "$how: ms more than without" $((took_ms - none_ms)) 5000
	refused=$(figure "$OUT/$how.json" lost.debuginfod_refused)
	if [[ $how == zeros ]]; then # compressed, it may come too slowly as well
		refused=$((refused + $(figure "$OUT/$how.json" lost.debuginfod_silent)))
	fi
	at_least "$how: counted" "$refused" 2
	is_gone $how
done
ulimit -S -f "$ulimit_was"

# Six seconds are no reason to give up when something comes.
head -c 4000000 /dev/urandom > "$OUT/pad"
objcopy --add-section .pad="$OUT/pad" "$OUT/served/prog.debug" "$OUT/padded.debug"
serve python3 tests/live/debuginfod_server.py "$OUT/padded.debug"
cpu slow "--debuginfod=http://127.0.0.1:$port/slow"
at_least "slow: ms more than without" $((took_ms - none_ms)) 5000
has "slow: waited for" "$(names "$OUT/slow.pb.gz")" $'(^|\n)whole($|\n)'

# Who asks has no rights, and is gone with ebprof.
fetchers() {
	grep -lsx ebprof-fetch /proc/[0-9]*/comm | sed 's/comm$/status/'
}
prof_start cpu -F $rate -o "$OUT/int.pb.gz" "--debuginfod=$bad/hang" -- "$OUT/bare/prog"
wait_until 10 eval '[[ $(fetchers | wc -l) == 2 ]]'
# shellcheck disable=SC2046
is "who asks: its user" "$(cat $(fetchers) | awk '/^Uid:/ { print $2, $3, $4, $5 }' | sort -u)" "65534 65534 65534 65534"
# shellcheck disable=SC2046
is "who asks: its capabilities" "$(cat $(fetchers) | awk '/^Cap(Prm|Eff|Inh):/ { print $2 }' | sort -u)" 0000000000000000
wait_until 10 eval '! left'
sleep 0.3
kill -INT "$prof_pid"
prof_wait
is "Ctrl-C: the profile is written" "$(names "$OUT/int.pb.gz" | grep -cF '[prog]')" 1
is_gone Ctrl-C
prof_start cpu -F $rate -o "$OUT/kill.pb.gz" "--debuginfod=$bad/hang" -- "$OUT/bare/prog"
wait_until 10 eval 'ls "$TMPDIR"/*/*' > /dev/null 2>&1
kill -KILL "$prof_pid"
wait "$prof_pid" 2> /dev/null
is_gone killed
if wait_until 3 eval '[[ ! $(fetchers) ]]'; then ok "killed: nobody asks on"; else not_ok "killed" "$(fetchers)"; fi

if skip_unless mountns "without the library"; then
	library=$(ldconfig -p | awk '/libdebuginfod.so.1 / { print $NF; exit }')
	# shellcheck disable=SC2016
	unshare -m bash -c 'mount --bind /dev/null "$1" && shift && exec "$@"' - "$library" \
		"$EBPROF" cpu --debuginfod="$real" -a 1 2> "$OUT/prof.err"
	is "without the library: status" $? 1
	has "without the library: said" "$(< "$OUT/prof.err")" 'install the package libdebuginfod1'
fi
