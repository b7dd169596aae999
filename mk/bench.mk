# SPDX-License-Identifier: Apache-2.0
# Is ebprof as cheap as it says? tools/bench measures it against its bars, tools/bench.d/ holds what it
# needs: programs to profile (*.c), other profilers to compare with (*.bpf.c: stackid, the least that there
# can be, and peer, with others' look-ups) and the bars (bar_*.py). A line "// cflags: ..." in a program
# names more flags.
#   BENCH=NAME,NAME    some of them, `tools/bench --list` names them; names is run only so
#   BENCH_PAIRS=N      fewer runs, for a try: then the verdicts say so
#   BENCH_SECONDS=X    shorter ones
BENCH_PROGRAMS := $(patsubst tools/bench.d/%.c,$(O)/bench/%,$(filter-out %.bpf.c,$(wildcard tools/bench.d/*.c)))
BENCH_FLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -fno-optimize-sibling-calls \
	-Wall -Wextra -Wno-unused-parameter -Werror

.PHONY: bench bench-programs
.SECONDARY: $(O)/bench/stackid.bpf.o $(O)/bench/peer.bpf.o $(O)/bench/atswitch.bpf.o
bench-programs: $(BENCH_PROGRAMS)
	@:
bench: deps-bench ## what ebprof costs, against its bars; BENCH=NAME,NAME for some
	+$(Q)$(MAKE) --no-print-directory ebprof bench-programs $(O)/targets/locks
	$(Q)BENCH='$(BENCH)' BENCH_PAIRS='$(BENCH_PAIRS)' BENCH_SECONDS='$(BENCH_SECONDS)' tools/bench

$(O)/bench/%.bpf.o: tools/bench.d/%.bpf.c $(wildcard tools/bench.d/*.h include/*.h)
	$(call msg,BPF,$<)
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_FLAGS) -D__TARGET_ARCH_$(BPF_ARCH) -c -o $@ $<

$(O)/bench/%.skel.h: $(O)/bench/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@

$(O)/bench/common.a: $(patsubst tools/bench.d/%.c,$(O)/bench/%.o,$(wildcard tools/bench.d/common/*.c))
	$(Q)rm -f $@ && ar rcs $@ $^

$(O)/bench/common/%.o: tools/bench.d/common/%.c
	$(call msg,BENCH,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(BENCH_FLAGS) -MMD -MP -c -o $@ $<

$(O)/bench/stackid: $(O)/bench/stackid.skel.h $(O)/bench/common.a
$(O)/bench/atswitch: $(O)/bench/atswitch.skel.h
$(O)/bench/peer: $(O)/bench/peer.skel.h $(O)/bench/common.a $(O)/libebprof.a
$(O)/bench/tables $(O)/bench/synthetic $(O)/bench/naming $(O)/bench/inflate $(O)/bench/lookup: $(O)/libebprof.a
$(O)/bench/synthetic $(O)/bench/lookup: $(O)/bench/common.a
$(O)/bench/%: tools/bench.d/%.c
	$(call msg,BENCH,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) -Itools/bench.d -I$(@D) $(BENCH_FLAGS) $(call target_line,cflags) \
		-MMD -MP -MF $@.d -o $@ $< $(filter %.a,$^) -pthread -Wl,--as-needed $(LDLIBS)
