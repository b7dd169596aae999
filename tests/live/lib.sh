# SPDX-License-Identifier: Apache-2.0
# For live tests: `. tests/live/lib.sh`. The working directory is the repository's; OUT is an empty
# directory of the test's own, BUILD what was built, TARGETS the target programs.
#
#   start NAME [ARGUMENT...]   a target in the background, waits until it says "ready": $pid, $OUT/NAME.out
#   finish [PID]               waits for it (the last one started)
#   at_exit COMMAND            when the test ends, however it ends; the last one first
#   prof ARGUMENT...           ./ebprof under a time limit: $status, $OUT/prof.out, $OUT/prof.err
#                              and how long the hypervisor took CPUs away meanwhile, $stolen_ns: a thread
#                              has the CPU then, but its CPU clock stands still (CONFIG_PARAVIRT_TIME_ACCOUNTING)
#   unless_stolen PERCENT NS   a tolerance for such clocks: PERCENT of NS, and all that was stolen
#   prof_start ARGUMENT...     the same in the background: $prof_pid; prof_wait waits: $status
#   findings FILE EXPRESSION   of what ebprof doctor says (Python): 'd', and by(LIST, NAME) is a finding or {}
#   figure FILE KEY[.KEY]      one of --stats; lost FILE: how many whole samples it says are lost
#   share FILE FUNCTION [-cum] [pprof option...]   percentage of a function, by go tool pprof
#   cum FILE TYPE FUNCTION [pprof option...]   a function and what it called, of that sample type: ns, or a count
#   names FILE                 all functions
#   raw FILE                   all of it, by go tool pprof
#   samples FILE [pprof option...]   how many samples the profile holds
#   folded_share FILE REGEX   of folded stacks, percentage of the samples whose line matches
#   deep_share FILE FRAMES REGEX   the same of the target deep's samples, with so many frames of its recursion
#   roots FILE [MS]        where its user stacks end: lines "root|end|odd SAMPLES WHAT" (roots.py), of
#                          the slices from MS on
#   roots_share FILE REGEX [MS]   percentage of these samples whose line matches
#   tag_share FILE KEY=VALUE   percentage of the samples with that label
#   state_ns FILE STATE [KEY VALUE]   of a wall profile, ns in that state, of the samples with that label
#   waits_near CASE PREFIX FUNCTION WANT TOLERANCE   is what PREFIX.pb.gz has of a function of the target
#                              waits so much percent of what it says in PREFIX.out? As much less as were lost
#   lost_percent PREFIX        whole samples, by PREFIX.json and PREFIX.err
#   percent PART WHOLE
#   tolerance SHARE SAMPLES    3 standard errors of a share, plus 1 point
#   pproftags FILE             its labels
# Each assertion is one case: ok, not_ok, is, has, lacks, near, at_least, at_most, share_is, shares_are.
set -u
. tests/live/probes.sh
PPROF=${PPROF:-${GO:-go} tool pprof}
EBPROF=${EBPROF:-$PWD/ebprof}
PROF_TIMEOUT=${PROF_TIMEOUT:-60}
export PPROF_TMPDIR=$OUT
# What else this machine has to do is not what is tested.
renice -n -10 -p $$ > /dev/null 2>&1
lib_pids=()
lib_at_exit=()
lib_failed=0
lib_cases=0

# Nothing that a test started outlives it.
lib_exit() {
	local status=$? pid i
	for pid in ${lib_pids[@]+"${lib_pids[@]}"}; do
		kill -KILL "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	for ((i = ${#lib_at_exit[@]} - 1; i >= 0; i--)); do
		(eval "${lib_at_exit[i]}")
	done
	[[ $status == 0 ]] || exit "$status"
	exit $((lib_failed > 0 || lib_cases == 0))
}
trap lib_exit EXIT

at_exit() { # COMMAND
	lib_at_exit+=("$1")
}

ok() { # CASE
	lib_cases=$((lib_cases + 1))
	echo "ok $1"
}

not_ok() { # CASE WHY
	lib_cases=$((lib_cases + 1))
	lib_failed=$((lib_failed + 1))
	echo "not ok $1: $2"
}

# For a case that needs more than its test does.
skip_unless() { # CAPABILITY CASE: false when this machine lacks it, and the case is skipped
	if ! probe_exists "$1"; then
		not_ok "$2" "unknown capability '$1'"
		return 1
	fi
	have "$1" && return 0
	lib_cases=$((lib_cases + 1))
	echo "skip $2: this machine has no $1"
	return 1
}

is() { # CASE GOT WANT
	if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1" "got '$2', want '$3'"; fi
}

has() { # CASE TEXT REGEX
	if [[ $2 =~ $3 ]]; then ok "$1"; else not_ok "$1" "no /$3/ in '$(head -c 300 <<< "$2" | tr '\n' '|')'"; fi
}

lacks() { # CASE TEXT REGEX
	if [[ ! $2 =~ $3 ]]; then ok "$1"; else not_ok "$1" "/$3/ is in '$(head -c 300 <<< "$2" | tr '\n' '|')'"; fi
}

lib_true() { # EXPRESSION: of numbers, empty ones count as wrong
	[[ $1 =~ [0-9] ]] && awk "BEGIN { exit !($1) }" < /dev/null 2>/dev/null
}

near() { # CASE GOT WANT TOLERANCE
	local text="got $2, want $3 ± $4"
	if [[ $2 ]] && lib_true "($2) - ($3) <= $4 && ($3) - ($2) <= $4"; then ok "$1 ($text)"; else not_ok "$1" "$text"; fi
}

at_least() { # CASE GOT WANT
	if [[ $2 ]] && lib_true "($2) >= ($3)"; then ok "$1 ($2 ≥ $3)"; else not_ok "$1" "got '$2', want at least $3"; fi
}

at_most() { # CASE GOT WANT
	if [[ $2 ]] && lib_true "($2) <= ($3)"; then ok "$1 ($2 ≤ $3)"; else not_ok "$1" "got '$2', want at most $3"; fi
}

# Waits until a command succeeds; false after SECONDS.
wait_until() { # SECONDS COMMAND...
	local tries=$(($1 * 20))
	shift
	while ! "$@"; do
		[[ $tries -gt 0 ]] || return 1
		tries=$((tries - 1))
		sleep 0.05
	done
}

start() { # NAME ARGUMENT...
	local name=$1
	shift
	: > "$OUT/$name.out"
	"$TARGETS/$name" "$@" > "$OUT/$name.out" 2>&1 < /dev/null &
	pid=$!
	lib_pids+=("$pid")
	wait_until 10 grep -q '^ready' "$OUT/$name.out" || not_ok "start $name" "did not say ready"
}

finish() { # [PID]
	wait "${1:-$pid}"
}

lib_stolen_ns() {
	awk '$1 == "cpu" { printf "%.0f\n", $9 * 1e7 }' /proc/stat
}

prof() { # ARGUMENT...
	stolen_ns=$(lib_stolen_ns)
	timeout -k 5 "$PROF_TIMEOUT" "$EBPROF" "$@" > "$OUT/prof.out" 2> "$OUT/prof.err" < /dev/null
	status=$?
	stolen_ns=$(($(lib_stolen_ns) - stolen_ns))
	prof_say "$@"
	return $status
}

prof_say() { # ARGUMENT...
	echo "# ebprof $*: exit status $status"
	sed 's/^/# /' "$OUT/prof.err"
}

# Signals for it are sent to $prof_pid. Without the default, bash would have SIGINT ignored there.
prof_start() { # ARGUMENT...
	: > "$OUT/prof.out" # before anybody waits for what it prints
	env --default-signal=INT "$EBPROF" "$@" > "$OUT/prof.out" 2> "$OUT/prof.err" < /dev/null &
	prof_pid=$!
	lib_pids+=("$prof_pid")
	prof_started=$*
}

prof_wait() {
	wait "$prof_pid"
	status=$?
	prof_say "$prof_started"
	return $status
}

findings() { # FILE EXPRESSION
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
def by(part, name):
    return next((f for f in part if f["name"] == name), {})
print(eval(sys.argv[2]))' "$1" "$2"
}

figure() { # FILE KEY[.KEY]
	python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2].split("."):
    value = value[key]
print(value)' "$1" "$2"
}

lost() { # FILE
	python3 -c 'import json, sys
lost = json.load(open(sys.argv[1]))["lost"]
parts = """no_stack_body unknown_process unmapped_frame remapped_frame targets_full sideband_records
    unreadable_file mismatched_file failed_worker missing_dwo large_dwarf unusable_map no_unwind_table ring_check
    ring_related unknown_waker
    debuginfod_missing debuginfod_refused debuginfod_silent walls_full""".split()
print(sum(lost[name] for name in lost if name not in parts))' "$1"
}

# The same question about the same file is answered once.
top() { # FILE [pprof option...]
	local file=$1 answer
	shift
	answer=$OUT/top.$(printf '%s\n' "$file" "$(stat -c %i.%s.%z "$file" 2>/dev/null)" "$@" | cksum | tr ' ' .)
	if [[ ! -e $answer ]]; then
		$PPROF -top -nodefraction=0 -edgefraction=0 -nodecount=0 "$@" "$file" \
			> "$answer.part" 2> "$OUT/pprof.err" || return
		mv "$answer.part" "$answer"
	fi
	cat "$answer"
}

# 0 when the function is not in the profile; its own share, with -cum also what it called.
share() { # FILE FUNCTION [-cum] [pprof option...]
	local file=$1 function=$2 column=2 table
	shift 2
	[[ ${1:-} != -cum ]] || column=5
	table=$(top "$file" "$@") || { sed 's/^/# /' "$OUT/pprof.err" >&2; return 1; }
	awk -v want="$function" -v column="$column" '
	body {
		line = $0; sub(/^ *[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +/, "", line); sub(/ \(inline\)$/, "", line)
		if (line == want) { gsub(/%/, "", $column); sum += $column }
	}
	/^ *flat +flat%/ { body = 1 }
	END { printf "%.2f\n", sum }' <<< "$table"
}

# Nanoseconds (or the count) of a function and what it called, in one value of the profile.
cum() { # FILE TYPE FUNCTION [pprof option...]
	local file=$1 type=$2 function=$3
	shift 3
	top "$file" -cum -unit=ns -sample_index="$type" "$@" | awk -v want="$function" '
	{ line = $0; sub(/^ *[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +/, "", line); sub(/ \(inline\)$/, "", line) }
	line == want { sub(/ns$/, "", $4); sum += $4 }
	END { printf "%.0f\n", sum }'
}

names() { # FILE [pprof option...]
	top "$@" | sed -E '1,/^ *flat +flat%/d; s/^ *([^ ]+ +){5}//; s/ \(inline\)$//'
}

raw() { # FILE
	$PPROF -raw "$1" 2> "$OUT/pprof.err"
}

# What the matching lines of folded stacks weigh, in percent.
folded_share() { # FILE REGEX
	awk -v regex="$2" '{ all += $NF } $0 ~ regex { part += $NF }
	END { printf "%.2f\n", all ? 100 * part / all : 0 }' "$1"
}

# Of the samples of deep.c in f_bottom: those with so many f_deep whose line matches.
deep_share() { # FILE FRAMES REGEX
	awk -v frames="$2" -v regex="$3" '/;f_bottom/ { all += $NF }
	/;f_bottom/ && $0 ~ regex && gsub(/;f_deep/, "") == frames { part += $NF }
	END { printf "%.2f\n", all ? 100 * part / all : 0 }' "$1"
}

roots() { # FILE [MS]
	local answer=$1.roots${2:-}
	[[ $answer -nt $1 ]] || raw "$1" | python3 tests/live/roots.py ${2:+"$2"} > "$answer"
	cat "$answer"
}

roots_share() { # FILE REGEX [MS]
	roots "$1" ${3:+"$3"} | awk -v regex="$2" '{ all += $2 } $0 ~ regex { part += $2 }
	END { printf "%.2f\n", all ? 100 * part / all : 0 }'
}

# The sum of the sample type "samples", which counts them; after a filter, of what it leaves.
samples() { # FILE [pprof option...]
	local file=$1
	shift
	top "$file" -sample_index=samples -relative_percentages "$@" |
		sed -nE 's/.* of ([0-9]+)( samples?)? total.*/\1/p' | head -n 1
}

tag_share() { # FILE KEY=VALUE
	awk -v part="$(samples "$1" -tagfocus="$2")" -v all="$(samples "$1")" \
		'BEGIN { printf "%.2f\n", (all > 0 ? 100 * part / all : 0) }'
}

state_ns() { # FILE STATE [KEY VALUE]
	$PPROF -tags -unit=ns -tagfocus="state=^$2\$" "$1" 2>/dev/null | awk -v key="${3:-state}" -v value="${4:-$2}" '
	/^ *[a-z_]+: Total/ { on = $1 == key ":" }
	on && /%\): / { name = $0; sub(/.*%\): /, "", name); sub(/ns$/, "", name) # which pprof gives numbers
		if (name == value) { sub(/ns$/, "", $1); print $1 } }' | grep . || echo 0
}

percent() { # PART WHOLE
	awk -v part="$1" -v whole="$2" 'BEGIN { printf "%.2f\n", (whole > 0 ? 100 * part / whole : -1) }'
}

waits_near() { # CASE PREFIX FUNCTION WANT TOLERANCE
	local got=0 type lost
	for type in delay runnable; do
		got=$((got + $(top "$2.pb.gz" -cum -unit=ns -sample_index=$type |
			awk -v name="$3" '$6 == name { sub(/ns$/, "", $4); n = $4 } END { printf "%.0f\n", n }')))
	done
	got=$(percent "$got" "$(awk -v name="$3" '$1 == name { print $3 }' "$2.out")")
	lost=$(lost_percent "$2")
	at_least "$1: $3, percent" "$got" "$(awk "BEGIN { print $4 - $5 - $lost }")"
	at_most "$1: $3, percent" "$got" $(($4 + $5))
}

lost_percent() { # PREFIX
	awk -v lost="$(lost "$1.json")" -v kept="$(sed -nE 's/^ebprof: [a-z]+: ([0-9]+) .*/\1/p' "$1.err")" 'BEGIN {
		printf "%.1f\n", 100 * lost / (lost + kept + !kept) }'
}

unless_stolen() { # PERCENT NS
	awk -v base="$1" -v ns="$2" -v stolen="${stolen_ns:-0}" 'BEGIN {
		printf "%.2f\n", base + (ns > 0 ? 100 * stolen / ns : 0) }'
}

tolerance() { # SHARE SAMPLES: both shares in percent
	awk -v p="$1" -v n="$2" 'BEGIN { p /= 100; printf "%.2f\n", (n > 0 ? 300 * sqrt(p * (1 - p) / n) + 1 : 0) }'
}

share_is() { # CASE FILE FUNCTION WANT [-cum]
	local cnt
	cnt=$(samples "$2")
	near "$1" "$(share "$2" "$3" ${5:+"$5"})" "$4" "$(tolerance "$4" "${cnt:-0}")"
}

# Of the samples that a filter leaves f_a has 50 %, f_b 30 and f_c 20: the programs made of shares.c.
shares_are() { # CASE FILE [pprof option...]
	local case=$1 file=$2 cnt row
	shift 2
	cnt=$(samples "$file" "$@")
	at_least "$case: samples" "$cnt" 200
	for row in f_a:50 f_b:30 f_c:20; do
		near "$case: ${row%:*}" "$(share "$file" "${row%:*}" -cum -relative_percentages "$@")" \
			"${row#*:}" "$(tolerance "${row#*:}" "${cnt:-0}")"
	done
}

pproftags() { # FILE
	$PPROF -tags "$1" 2> "$OUT/pprof.err"
}
