#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Names that move a cursor, forge a line or never end are harmless in every view, in every format and in messages.
. "$(dirname "$0")/common"
need python3 gzip
ebprof=${EBPROF:-$root/ebprof}
cd "$OUT" || exit 1
python3 "$here/report_names.py" "$ebprof" . || failed=1
finish
