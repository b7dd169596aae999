#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Are the target programs what the live tests take them for? Each runs for a second.
set -u
pids=() names=()

case_is() { # NAME CONDITION WHY
	if eval "$2"; then echo "ok $1"; else echo "not ok $1: $3"; fi
}

value() { # PROGRAM WORD: the number after it in what the program printed
	awk -v want="$2" '{ for (i = 1; i < NF; i++) if ($i == want) { print $(i + 1); exit } }' "$OUT/$1.out"
}

near() { # PROGRAM WORD WANT: within a point, for these programs measure their own CPU time
	local got
	got=$(value "$1" "$2")
	case_is "$1 $2 has $3 %" "awk 'BEGIN { d = 0${got} - $3; exit !(d < 1 && d > -1) }' < /dev/null" "has '$got'"
}

# Those that were started have ended: how?
ended() {
	local i status
	for i in "${!pids[@]}"; do
		wait "${pids[i]}"
		status=$?
		case_is "${names[i]} ends well" "[[ $status == 0 ]]" "exit status $status"
		case_is "${names[i]} says ready" "grep -q '^ready' '$OUT/${names[i]}.out'" "printed '$(head -c 100 "$OUT/${names[i]}.out")'"
	done
	pids=() names=()
}

# Ten at a time: more would get too little of their second.
for program in "$TARGETS"/*; do
	name=${program##*/}
	[[ $name == *.so || $name == *.o ]] && continue
	"$program" 1 > "$OUT/$name.out" 2>&1 < /dev/null &
	pids+=($!)
	names+=("$name")
	[[ ${#pids[@]} -lt 10 ]] || ended
done
ended
for name in shares nopie stripped nofp notables staticpie; do
	near $name f_a 50
	near $name f_b 30
	near $name f_c 20
done
near kernshare f_user 60
near kernshare f_kern 40
near threads one 40
near threads four 10
near threadsnofp one 40
near remap f_remap_a 50
near cxx app::burn 40
for name in deep deepnofp; do
	case_is "$name is deep" "[[ $(value $name depth) == 100 ]]" "depth $(value $name depth)"
done
case_is "throws threw" "[[ $(value throws thrown) -gt 100 ]]" "$(value throws thrown)"
case_is "handlers: a signal on the same stack" "[[ $(value handlers handled) -gt 1 ]]" "$(value handlers handled)"
case_is "handlers: a signal on another stack" "[[ $(value handlers alternated) -gt 0 ]]" "$(value handlers alternated)"
case_is "forkstorm had children" "[[ $(value forkstorm children) -gt 3 ]]" "$(value forkstorm children)"
case_is "shortlived had children" "[[ $(value shortlived children) -gt 3 ]]" "$(value shortlived children)"
case_is "stripped has no symbols" "! nm '$TARGETS/stripped' 2>/dev/null | grep -q f_a" "nm shows f_a"
case_is "nopie is at a fixed address" "readelf -h '$TARGETS/nopie' | grep -q 'EXEC (Executable'" "another ELF type"
case_is "spin32 is a 32-bit program" "readelf -h '$TARGETS/spin32' | grep -q ELF32" "another ELF class"
case_is "replaced removed its copy" "! ls /tmp/replaced-* > /dev/null 2>&1" "there are files /tmp/replaced-*"
case_is "deleted removed its copy" "! ls /tmp/deleted-* > /dev/null 2>&1" "there are files /tmp/deleted-*"
"$TARGETS/sigburn" 10 7 > "$OUT/sigburn.out" &
pid=$!
for ((i = 0; i < 100; i++)); do grep -q ready "$OUT/sigburn.out" && break; sleep 0.05; done
kill -TERM $pid
wait $pid
status=$?
case_is "sigburn ends with its status" "[[ $status == 7 && $(value sigburn signal) == 15 ]]" "exit status $status"
