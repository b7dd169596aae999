# SPDX-License-Identifier: Apache-2.0
# The one form of a result: a line `ok NAME`, `not ok NAME: WHY` or `skip NAME: WHY`, on standard
# output and at the end of the file $RESULTS, where tests/run counts them. Sourced by every runner;
# LOGS is the directory for what the tests print.

tap_failed=0 # `not ok` lines of this shell
export BUILD
BUILD=$(realpath -m "${BUILD:-.output}") # what was built
LOGS=${LOGS:-$BUILD/tests/logs}
mkdir -p "$LOGS"

tap_line() {
	printf '%s\n' "$1"
	[[ -z ${RESULTS:-} ]] || printf '%s\n' "$1" >> "$RESULTS"
}

tap_ok() { # NAME
	tap_line "ok $1"
}

tap_not_ok() { # NAME WHY
	tap_failed=$((tap_failed + 1))
	tap_line "not ok $1: $2"
}

tap_skip() { # NAME WHY
	tap_line "skip $1: $2"
}

# A program's output as our lines, under its name. Understands cmocka's TAP ("not ok 3 - case", "ok 3
# # SKIP case", plans "1..3") and our own form. A program that ends badly without saying which case
# failed has crashed; one that says nothing has tested nothing.
tap_translate() { # NAME LOG STATUS
	LC_ALL=C awk -v name="$1" -v status="$3" '
	function out(kind, text) { print kind " " text; seen++; if (kind == "not ok") failed++ }
	{ sub(/\r$/, ""); sub(/^[ \t]+/, "") }
	/^1\.\.[0-9]+$/ { planned += substr($0, 4); next }
	/^(not )?ok [0-9]+ # SKIP/ { sub(/^.*# SKIP */, ""); out("skip", name " - " $0 ": skipped"); next }
	/^ok [0-9]+ - / { sub(/^ok [0-9]+ - /, ""); out("ok", name " - " $0); next }
	/^not ok [0-9]+ - / { sub(/^not ok [0-9]+ - /, ""); out("not ok", name " - " $0 ": failed"); next }
	/^ok [^ ]/ { sub(/^ok /, ""); out("ok", name " - " $0); next }
	/^not ok [^ ]/ { sub(/^not ok /, ""); out("not ok", name " - " $0 (/: / ? "" : ": failed")); next }
	/^skip [^ ]/ { sub(/^skip /, ""); out("skip", name " - " $0); next }
	END {
		if (status == 124 || status == 137) out("not ok", name ": timed out or was killed")
		else if (status == 77 && !failed) out("not ok", name ": skipped itself, although all that it needs is here")
		else if (status && !failed) out("not ok", name ": exit status " status " with no failed case")
		else if (planned > seen) out("not ok", name ": " planned " cases planned, " seen + 0 " ran")
		else if (!seen) out("not ok", name ": printed no result")
	}' "$2"
}

# Runs a command under a time limit and reports its cases; on failure shows the end of what it printed.
# tap_status is the command's exit status.
tap_run() { # NAME COMMAND...
	local name=$1 log line before=$tap_failed
	shift
	log=$LOGS/${name//\//_}.log
	tap_status=0
	timeout -k 5 "${TEST_TIMEOUT:-120}" "$@" > "$log" 2>&1 < /dev/null || tap_status=$?
	while IFS= read -r line; do
		case $line in
		ok\ *) tap_ok "${line#ok }" ;;
		skip\ *) tap_line "$line" ;;
		*) tap_failed=$((tap_failed + 1)) && tap_line "$line" ;;
		esac
	done < <(tap_translate "$name" "$log" "$tap_status")
	[[ $tap_failed == "$before" ]] || tail -n "${TAP_TAIL:-60}" "$log" | sed 's/^/    | /'
}

# Calls a function with each of the words, as many at once as there are CPUs.
tap_together() { # FUNCTION WORD...
	local call=$1 word running=0
	shift
	for word; do
		if [[ $running -ge $(nproc) ]]; then
			wait -n || tap_failed=$((tap_failed + 1))
			running=$((running - 1))
		fi
		(
			tap_failed=0
			"$call" "$word"
			[[ $tap_failed == 0 ]]
		) &
		running=$((running + 1))
	done
	for ((; running; running--)); do
		wait -n || tap_failed=$((tap_failed + 1))
	done
}

# The runner's own exit status: did all pass?
tap_end() {
	[[ $tap_failed == 0 ]]
	exit
}
