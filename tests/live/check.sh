#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Is every walk right? Each sample of real programs is walked again by libdwfl (tests/oracle), from its
# registers and a copy of its stack: at least 99.9 % of 20,000 must be equal, frame by frame to the root,
# but for those on their way to a handler of an exception, of which libdwfl knows no more than the CFI.
# needs: root bpf btf perf-software perf-all-cpus python3 gcc
# timeout: 240
. tests/live/lib.sh
oracle=$BUILD/tests/oracle/oracle
totals=$OUT/totals
: > "$totals"

# One workload, and what the oracle says of it; LIMIT ends what does not end by itself.
judge() { # NAME LIMIT COMMAND...
	local name=$1 limit=$2
	shift 2
	prof cpu -q -F 2999 --unwind check --check-file "$OUT/check" -o "$OUT/x.pb.gz" --stats "$OUT/x.json" \
		-- timeout "$limit" "$@"
	"$oracle" "$OUT/check" > "$OUT/$name.oracle" 2>&1 || not_ok "$name: the oracle" "$(tail -n 1 "$OUT/$name.oracle")"
	rm -f "$OUT/check"
	sed 's/^/# /' "$OUT/$name.oracle"
	tail -n 1 "$OUT/$name.oracle" >> "$totals"
	is "$name: nothing was lost" "$(lost "$OUT/x.json")" 0
}

total() { # KEY
	python3 -c 'import json, sys
print(sum(json.loads(line)[sys.argv[2]] for line in open(sys.argv[1])))' "$totals" "$1"
}

caused() { # CAUSE: how often
	python3 -c 'import json, sys
print(sum(json.loads(line)["causes"].get(sys.argv[2], 0) for line in open(sys.argv[1])))' "$totals" "$1"
}

head -c 30000000 /dev/urandom > "$OUT/random"
judge xz 3 xz -T 1 -6 -k -c "$OUT/random"
judge python3 3 python3 -c 'import json, re
while True:
	json.loads("[1, 2, {\"a\": [3, 4]}]")
	re.sub("a+", "b", "banana" * 9)'
judge perl 3 perl -e 'while (1) { my %h = map { $_ => 1 } (1 .. 9); $s = join ",", sort keys %h; $s =~ s/[0-8]/9/g }'
judge gcc 9 bash -c 'for i in 1 2 3; do gcc -O3 -D_GNU_SOURCE -Isrc -Iinclude -c src/elf/cfi_run.c -o /dev/null; done'
judge nofp 2 "$TARGETS/nofp" 60
judge threads 2 "$TARGETS/threads" 60
judge vdso 2 "$TARGETS/vdso" 60
judge cxx 2 "$TARGETS/cxx" 60
judge throws 2 "$TARGETS/throws" 60

samples=$(total samples)
at_least "checked samples" "$samples" 20000
handler=$(caused handler)
wrong=$((samples - $(total equal) - $(total exiting) - handler))
echo "# $samples walks, $wrong not equal, $handler to a handler"
at_most "to a handler, of those that throw" "$handler" "$(($(figure "$OUT/x.json" samples) / 10))"
at_most "not equal" "$wrong" "$((samples / 1000))"
