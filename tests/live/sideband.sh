#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# needs: root perf-software perf-all-cpus mountns gcc
# The process view by itself: perf's records and /proc, idle and while processes come and go.
. tests/live/lib.sh

for load in "" load; do
	while IFS= read -r line; do
		case $line in
		"ok "*) ok "${line#ok }${load:+ under load}" ;;
		"not ok "*) not_ok "${line#not ok }${load:+ under load}" "see above" ;;
		*) echo "# $line" ;;
		esac
	done < <("$BUILD/tests/live/live_sideband" $load 2>&1 || echo "not ok sideband ends well")
done
