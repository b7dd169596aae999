#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Ten million increments while the counts are drained: none is lost (storm.c says more).
# needs: root bpf btf raw_tp
# timeout: 240
. tests/live/lib.sh

while IFS= read -r line; do
	case $line in
	"ok "*) ok "${line#ok }" ;;
	"not ok "*) not_ok "$(sed -E 's/^not ok //; s/: .*//' <<< "$line")" "${line#*: }" ;;
	*) echo "$line" ;;
	esac
done < <("$BUILD/tests/live/storm" 2>&1)
