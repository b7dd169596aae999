#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Our unwind rows of every executable and shared library under /usr are those that readelf shows. What
# is unequal must be listed in tests/rows.allow, by class. At most ROWS_MB=4000 megabytes of files, the
# smallest first; ROWS=all: all of them.
. "$(dirname "$0")/common"
need readelf awk
dump=$BUILD/tests/consumers/rows_dump
[ -x "$dump" ] || {
	not_ok rows_dump "not built"
	finish
}

# The files, smallest first, and how many there are in all.
[ "${ROWS:-}" != all ] || ROWS_MB=1000000
find /usr -xdev -type f -size +0 ! -name '*.o' -printf '%s %p\n' 2>/dev/null | sort -n |
	"$dump" --select >"$OUT/all"
awk -v max="${ROWS_MB:-4000}" '(sum += $1) <= max * 1e6' "$OUT/all" | cut -d' ' -f2- >"$OUT/list"
split -n r/2 "$OUT/list" "$OUT/part."
for part in aa ab; do
	"$dump" --compare "$OUT/log.$part" <"$OUT/part.$part" >"$OUT/sums.$part" &
done
wait
cat "$OUT"/log.* >"$OUT/unequal"
awk '{ n = NF; name = $1; if (n == 3) name = $1 " " $2; sum[name] += $n }
	END { for (name in sum) print name, sum[name] }' "$OUT"/sums.* | sort >"$OUT/sums"
value() {
	awk -v name="$1" '$0 ~ "^" name " [0-9]+$" { print $NF }' "$OUT/sums"
}

cat "$OUT/sums"
files=$(value files)
[ "${files:-0}" -gt 0 ] && ok "$files of $(wc -l <"$OUT/all") files compared" || not_ok "files compared" "there are none"
equal "files that have no rows by us" 0 "$(value broken)"

# Each class within what is allowed, and all of them within 0.05 %.
while read -r _ class cnt; do
	may=$(awk -v class="$class" '$1 == class { print $2 }' "$root/tests/rows.allow")
	if [ "$cnt" -le "${may:-0}" ]; then
		ok "$class: $cnt rows unequal"
	else
		not_ok "$class: $cnt rows unequal" "at most ${may:-0}; $(grep -m1 "^$class " "$OUT/unequal")"
	fi
done < <(grep '^unequal ' "$OUT/sums")
awk '/^(row|unequal) / { all += $3 } /^unequal / { bad += $3 }
	END { printf "%d of %d rows are unequal\n", bad, all; exit !(all && bad * 2000 <= all) }' \
	"$OUT/sums" >"$OUT/share" && ok "$(cat "$OUT/share")" || not_ok "unequal rows" "$(cat "$OUT/share")"

# Speed: of the tables of C and C++, by processor time.
awk '{ v[$1] = $NF } END {
	printf "%.0f MB/s of tables, %.0f times faster than readelf\n",
		v["table_bytes"] * 1e3 / v["table_ns"], v["table_readelf_ns"] / v["table_ns"]
	exit v["table_readelf_ns"] < 30 * v["table_ns"] }' "$OUT/sums" >"$OUT/speed" &&
	ok "$(cat "$OUT/speed")" || not_ok "30 times faster than readelf" "$(cat "$OUT/speed")"
finish
