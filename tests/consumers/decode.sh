#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Another implementation, with another's schema, reads all fields of what we write.
. "$(dirname "$0")/common"
need_proto
make_profiles

for name in cpu heap offcpu zoo odd; do
	check "decode $name" decode "$OUT/$name.pb.gz"
	equal "$name has no unknown field" "" \
		"$(grep -m1 -E '^ *[0-9]+(:| \{)' "$OUT/decode $name.out")"
	check "gzip -t $name" gzip -t "$OUT/$name.pb.gz"
	equal "$name has one gzip header without a time" 1f8b080000000000 \
		"$(od -An -tx1 -N8 "$OUT/$name.pb.gz" | tr -d ' \n')"
done
expect "decode cpu" '^time_nanos: 1767323045000000000$'
expect "decode cpu" '^string_table: ""$'
equal "the first string is empty" 'string_table: ""' \
	"$(grep -m1 string_table "$OUT/decode cpu.out")"
finish
