#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Our schema has the fields that other readers know: names, numbers, types, labels. Line.column is
# younger than Debian's copy of the format and not in it.
. "$(dirname "$0")/common"
need_proto
need python3

check "theirs compiles" protoc -I$proto_dir --descriptor_set_out="$OUT/theirs.bin" profile.proto
check "ours compiles" protoc -I"$root/src/format" --descriptor_set_out="$OUT/ours.bin" profile.proto
check "fields of theirs" python3 "$here/fields.py" "$OUT/theirs.bin"
check "fields of ours" python3 "$here/fields.py" "$OUT/ours.bin"
check "there are fields" test "$(wc -l <"$OUT/fields of theirs.out")" -ge 45
grep -vx 'Line.column = 3 optional int64' "$OUT/fields of ours.out" >"$OUT/ours.txt"
check "the schemas are the same" diff "$OUT/fields of theirs.out" "$OUT/ours.txt"
expect "fields of ours" '^Line.column = 3 optional int64$'
equal "fields of Profile end at 14" 14 \
	"$(sed -n 's/^Profile\.[^ ]* = \([0-9]*\) .*/\1/p' "$OUT/fields of ours.out" | sort -n |
		tail -n 1)"
finish
