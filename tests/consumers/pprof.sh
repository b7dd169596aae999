#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `go tool pprof` serves its users from our files with every command that it has for them.
. "$(dirname "$0")/common"
need_proto
need_pprof
make_profiles
cd "$OUT" || exit 1

check top pprof -top cpu.pb.gz
expect top '^File: w$'
expect top '^Build ID: a1b2c3d4e5f6$'
expect top '^ebprof 1.0: cpu -p 4711 10 @99Hz$'
expect top '^Type: cpu$'
expect top '^Time: (Jan 2, 2026 at 3:04am \(UTC\)|2026-01-02 03:04:05 UTC)$'
expect top '^Duration: 10s, Total samples = 1010\.10ms \(10\.10%\)$'
expect top '^Showing nodes accounting for 1010\.10ms, 100% of 1010\.10ms total$'
expect top '^      flat  flat%   sum%        cum   cum%$'
expect top '^ +808\.08ms 80\.00% 80\.00% +959\.60ms 95\.00%  step( \(inline\))?$'
expect top '^ +0 +0% +100% +959\.60ms 95\.00%  main$'
equal "a # comment is not in the header" "" "$(grep '^#' top.out)"

check top-cum pprof -top -cum cpu.pb.gz
check peek pprof -peek 'work' cpu.pb.gz
expect peek '^ +959\.60ms +100% +\|   step'
check tree pprof -tree cpu.pb.gz
expect tree 'do_syscall_64$'
check traces pprof -traces cpu.pb.gz
expect traces ' comm: +w$'
expect traces '707\.07ms   step'
check comments pprof -comments cpu.pb.gz
expect comments '^# lost samples: 3 \(ring full\)$'
check tags pprof -tags cpu.pb.gz
expect tags ' pid: Total '
expect tags ' comm: Total '
# cpu 0 has its label: nothing is missing from the total
check tags-cpu pprof -tags -sample_index=samples cpu.pb.gz
expect tags-cpu ' cpu: Total 100(\.0)?( of 100( \( *100%\))?)?$'

equal "samples of all" 100 "$(accounted cpu.pb.gz)"
equal "samples of pid 4711" 95 "$(accounted -tagfocus=pid=4711 cpu.pb.gz)"
equal "samples of pid 4712" 5 "$(accounted -tagfocus=pid=4712 cpu.pb.gz)"
equal "samples of pids 4711 to 4712" 100 "$(accounted -tagfocus=pid=4711:4712 cpu.pb.gz)"
equal "samples of comm w" 95 "$(accounted -tagfocus=comm=w cpu.pb.gz)"
equal "samples of cpu 0" 79 "$(accounted -tagfocus=cpu=0 cpu.pb.gz)"
equal "samples of cpu 1" 21 "$(accounted -tagfocus=cpu=1 cpu.pb.gz)"
equal "samples of work" 95 "$(accounted -focus='^work$' cpu.pb.gz)"

check tagroot pprof -top -cum -tagroot=comm,pid cpu.pb.gz
expect tagroot '959\.60ms 95\.00%  w$'
expect tagroot '50\.51ms  5\.00%  other$'
expect tagroot '959\.60ms 95\.00%  4711$'

check list pprof -list '^work$' list.pb.gz
expect list "^ROUTINE =+ work in $OUT/work.c\$"
expect list '959\.60ms +9:[[:space:]]+n = step\(n\);$'
equal "list has no error" "" "$(grep -E '^ Error:|no such file' list.out list.err)"

for file in cpu heap offcpu zoo odd; do
	check "raw $file" pprof -raw $file.pb.gz
	check "proto $file" pprof -proto -output "$file.again" $file.pb.gz
	equal "total of $file through -proto" "$(accounted $file.pb.gz)" "$(accounted $file.again)"
	check "raw again $file" pprof -raw $file.again
	check "$file through -proto" diff "raw $file.out" "raw again $file.out"
done

check diff_base pprof -top -diff_base cpu.pb.gz cpu2.pb.gz
expect diff_base '^ +707\.07ms 70\.00% 70\.00% +707\.07ms 70\.00%  step'
check base pprof -top -base cpu.pb.gz cpu2.pb.gz
equal "samples above the base" 70 "$(accounted -base cpu.pb.gz cpu2.pb.gz)"
equal "samples of two files" 270 "$(accounted cpu.pb.gz cpu2.pb.gz)"
equal "a file less itself" "" "$(accounted -base cpu.pb.gz cpu.pb.gz | grep -v '^0$')"
check merge-proto pprof -proto -output merged cpu.pb.gz cpu2.pb.gz
check merge-raw pprof -raw merged
equal "mappings of two files" 4 "$(sed -n '/^Mappings/,$p' merge-raw.out | grep -c '^[0-9]*:')"

check heap pprof -top heap.pb.gz
expect heap '^Type: inuse_space$'
expect heap '^ +1(024kB|MB) 94\.12%'
check heap-alloc_space pprof -top -alloc_space heap.pb.gz
expect heap-alloc_space '^ +3072kB 96\.00%.* read_file$'
check heap-alloc_objects pprof -top -alloc_objects heap.pb.gz
expect heap-alloc_objects '^ +128 97\.71%.* node_new$'
check heap-inuse_objects pprof -top -inuse_objects heap.pb.gz
check heap-mean pprof -top -mean -alloc_space heap.pb.gz
check heap-tags pprof -tags heap.pb.gz
expect heap-tags '(1MB|1\.0MB|1024kB|1\.00MB)'

check offcpu pprof -top offcpu.pb.gz
expect offcpu '^Type: delay$'
expect offcpu '^Duration: 2s, Total samples = 1\.50s \(75\.00%\)$'
check contentions pprof -top -contentions offcpu.pb.gz
expect contentions '^ +7 +100% .* lock$'
check total_delay pprof -top -total_delay offcpu.pb.gz
expect total_delay '^ +1\.50s +100% .* lock$'
check mean_delay pprof -top -mean_delay offcpu.pb.gz
expect mean_delay '^ +214\.29ms +100% .* lock$'
check runnable pprof -top -sample_index=runnable offcpu.pb.gz
expect runnable '^ +(20us|0\.02ms) +100% .* lock$'

# Two programs of the same addresses are not mixed. The expression of disasm also has to match what
# is shown, which is more than the name. Go 1.19 finds no program that was moved.
need readelf nm
make_real_profile
check disasm pprof -disasm 'work\b' -sample_index=samples real.pb.gz
expect disasm '^ +100 +100 \(flat, cum\) 99\.01% of Total$'
expect disasm '^ +100 +100 +401[0-9a-f]+: .*;'
case $("$go" env GOVERSION) in
go1.19*) ;;
*)
	check disasm-moved pprof -disasm 'work2' -sample_index=samples real.pb.gz
	expect disasm-moved '^ +1 +1 \(flat, cum\)  ?0\.99% of Total$'
	check weblist pprof -weblist '^work$' -output work.html -sample_index=samples real.pb.gz
	cp work.html weblist.out
	expect weblist 'n = step\(n\);'
	expect weblist '99\.0'
	;;
esac

# The names of each language stay as they are.
names='<module>
<lambda>
pkg.mod.Class.method
<alloc::vec::Vec<T> as core::iter::Extend>::extend
std::map<int, std::string>::operator[]
ns::run<int>
com.foo.Bar.<init>
com.foo.Bar.baz(int, java.util.List<String>)
main.Map[go.shape.int]
main.(*T).Do.func1
(anonymous)
[libnoname.so.1]
main'
# Go 1.19 cannot print a name that is a prefix of another's; the columns before are numbers.
top_names() {
	pprof -top "$@" zoo.pb.gz 2>>pprof.err | sed -n '/flat%/,$p' | tail -n +2 |
		sed -E 's/^ *[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+  //'
}
equal "the name zoo" "$names" "$(top_names)"
interpreted='^(<module>|<lambda>|pkg\.|com\.|\(anon|\[lib|main)'
equal "the name zoo, demangled again" "$(echo "$names" | grep -E "$interpreted")" \
	"$(top_names -symbolize=demangle=full | grep -E "$interpreted")"
equal "no name is empty" "" "$(top_names -symbolize=demangle=full | grep -E '^ *$')"
finish
