#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Files that take more than any machine has, and files that take longer than anyone waits.
. "$(dirname "$0")/common"
need python3
ebprof=${EBPROF:-$root/ebprof}
cd "$OUT" || exit 1
python3 "$here/report_bombs.py" "$ebprof" . || failed=1
rm -f bomb.pb.gz
finish
