#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each option of `ebprof report` that `go tool pprof` has, alone: both print the same, and not what they print
# without it. What they do together is left to chance: report_random.py.
. "$(dirname "$0")/common"
. "$(dirname "$0")/report_common"
pprof -proto -output less.pb.gz -base cpu2.pb.gz cpu.pb.gz 2>>pprof.err
shown="Showing nodes"
begin() { # VIEW: the first line that is compared
	case $1 in
	-traces) echo "-----------+" ;;
	-tags) ;;
	*) echo "$shown" ;;
	esac
}

# option NAME VIEW FILE OPTION...: it makes a difference, and the same one.
option() {
	local name=$1 view=$2 file=$3
	shift 3
	same "$name" "$(begin "$view")" "$view" "$@" "$file"
	"$pprof" "$view" "$file" >without 2>/dev/null
	from "$(begin "$view")" without >without.part
	cmp -s without.part theirs.part && not_ok "$name" "it makes no difference: choose another profile"
}
while read -r view file options; do
	# shellcheck disable=SC2086
	option "$options" "$view" "$file.pb.gz" $options
	# shellcheck disable=SC2086
	same "-$options" "$(begin "$view")" "$view" ${options/#-/--} "$file.pb.gz"
done <<'END'
-top cpu -cum
-top cpu -lines
-top cpu -files
-top cpu -filefunctions
-top cpu -addresses
-top cpu -noinlines
-tree cpu -noinlines
-traces cpu -noinlines
-traces cpu -lines
-top cpu -nodecount=2
-tree cpu -nodecount=2
-top cpu -nodefraction=0.2
-tree cpu -edgefraction=0.2
-top cpu -focus=memcpy
-top cpu -focus=(?i)MEMCPY
-top cpu -focus=libc
-top cpu -ignore=memcpy
-top cpu -ignore=\.c$
-tree cpu -hide=work
-tree cpu -show=main|memcpy
-tree cpu -show_from=work
-tree cpu -prune_from=work
-top cpu -tagfocus=comm=other
-top cpu -tagfocus=pid=4712
-top cpu -tagfocus=pid=4712:
-top cpu -tagfocus=other
-top cpu -tagignore=comm=other
-top heap -tagfocus=bytes=1kb
-top heap -tagfocus=1mb:
-traces cpu -tagshow=pid
-tags cpu -tagshow=pid
-traces cpu -taghide=pid|cpu
-tags cpu -taghide=pid
-top cpu -cum -tagroot=comm,pid
-tree cpu -tagroot=comm
-traces cpu -tagroot=comm,cpu
-top cpu -tagleaf=comm
-tree cpu -tagleaf=cpu,pid
-traces heap -tagleaf=bytes
-top cpu -sample_index=samples
-top heap -sample_index=0
-top heap -sample_index=alloc_space
-top heap -mean -sample_index=alloc_space
-top gocpu -mean
-traces heap -mean
-top offcpu -sample_index=contentions
-top heap -inuse_objects
-top heap -alloc_space
-top heap -alloc_objects
-top offcpu -contentions
-top offcpu -mean_delay
-top cpu -unit=us
-top heap -unit=gb
-tags cpu -unit=us
-top cpu -divide_by=3
-top cpu -relative_percentages -focus=memcpy
-top less -drop_negative
-top cpu -diff_base=cpu2.pb.gz
-top cpu -base=cpu2.pb.gz
-top cpu -diff_base=cpu2.pb.gz -normalize
-top cpu2 -base=cpu.pb.gz -normalize
-traces cpu -diff_base=cpu2.pb.gz
-tags cpu -base=cpu2.pb.gz
-top gocpu -addresses -showcolumns
END
same "-total_delay" "$shown" -top -total_delay offcpu.pb.gz # the default
same "-inuse_space" "$shown" -top -inuse_space heap.pb.gz
same "-trim=false" "$shown" -tree -trim=false -nodefraction=0.9 cpu.pb.gz
same "-flat" "$shown" -top -flat cpu.pb.gz
same "-functions" "$shown" -top -functions cpu.pb.gz
same "-compact_labels" "" -top -compact_labels cpu.pb.gz
same "-trim_path" "Total" -list '^work$' -trim_path="$OUT" -source_path="$OUT" list.pb.gz
finish
