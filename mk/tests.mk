# SPDX-License-Identifier: Apache-2.0
# Tests, found by wildcards. Each target here can be run alone; `make test` runs all and counts.
#   unit       tests/unit/ROOM/*_test.c  a cmocka program each, linked with the library
#   asan       the same under ASan and UBSan, in $(O)/asan
#   bpf-test   tests/bpf/*_test.c        bpf/ as plain C, included by the test, over the shim there
#   consumers  tests/consumers/*.sh      readers of what ebprof writes; *.c there are their helpers
#   targets    tests/targets/*           programs whose stacks are known
#   live       tests/live/*.sh           root; each says what it needs; LIVE=NAME for some
GO ?= go
TEST_STEPS ?= deps-test all check unit asan bpf-test consumers targets-test vm live fuzz
export GO
export BUILD := $(abspath $(O))

.PHONY: test unit unit-programs asan bpf-test bpf-programs consumers consumers-programs targets \
	targets-test live
test: ## all tests; the last line counts them
	+$(Q)tests/run $(TEST_STEPS)

UNIT := $(patsubst tests/%.c,$(O)/tests/%,$(sort $(wildcard tests/unit/*/*_test.c)))
$(O)/tests/unit/%: tests/unit/%.c $(O)/libebprof.a
	$(call msg,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d \
		-o $@ $< $(O)/libebprof.a $(LDLIBS) -lcmocka

unit-programs: $(UNIT)
unit: ## unit tests of the rooms
	+$(Q)$(MAKE) -k --no-print-directory unit-programs; tests/run-programs unit $$? $(UNIT)

ASAN := O=$(O)/asan OPT='-O1 -g -fno-omit-frame-pointer' \
	SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined'
asan: ## the unit tests under ASan and UBSan
	+$(Q)$(MAKE) -k --no-print-directory $(ASAN) unit-programs; \
		tests/run-programs asan $$? $(UNIT:$(O)/%=$(O)/asan/%)

# clang, because bpf/ is written in its dialect; sanitized, because a read astray is what is looked for.
BPF_TESTS := $(patsubst tests/%.c,$(O)/tests/%,$(sort $(wildcard tests/bpf/*_test.c)))
BPF_TEST_FLAGS := -std=gnu11 -O1 -g -D_GNU_SOURCE $(WARN) -Wno-unknown-attributes \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
$(O)/tests/bpf/%: tests/bpf/%.c $(O)/libebprof.a
	$(call msg,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CLANG) -Itests/bpf -Ibpf -Iinclude -Isrc -I$(O) $(BPF_TEST_FLAGS) \
		$$(sed -n 's|^// cflags:||p' $<) -MMD -MP -MF $@.d -o $@ $< $(O)/libebprof.a \
		$(LDLIBS) -lcmocka

bpf-programs: $(BPF_TESTS)
bpf-test: ## the BPF code as plain C on made-up stacks
	+$(Q)$(MAKE) -k --no-print-directory bpf-programs; tests/run-programs bpf $$? $(BPF_TESTS)

CONSUMERS := $(patsubst tests/%.c,$(O)/tests/%,$(sort $(wildcard tests/consumers/*.c)))
$(O)/tests/consumers/%: tests/consumers/%.c $(O)/libebprof.a
	$(call msg,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $< \
		$(O)/libebprof.a $(LDLIBS)

consumers-programs: $(CONSUMERS) oracle ebprof
consumers: ## do other tools read what ebprof writes?
	+$(Q)$(MAKE) -k --no-print-directory consumers-programs; \
		tests/run-programs consumers $$? $(sort $(wildcard tests/consumers/*.sh))

# Target programs are built to be unwound by frame pointers unless their comment lines say otherwise:
#   // cflags: ...    more flags, for compiling and linking
#   // post: ...      a command that gets the program's name
TARGET_FLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -fno-omit-frame-pointer -fno-optimize-sibling-calls -Wall \
	-Wextra -Werror
TARGET_CXXFLAGS := $(filter-out -std=gnu11,$(TARGET_FLAGS)) -std=gnu++17
TARGET_HEADERS := $(wildcard tests/targets/*.h)
TARGET_LIBS := $(patsubst tests/targets/lib/%.c,$(O)/targets/%.so,$(wildcard tests/targets/lib/*.c))
TARGETS := $(patsubst tests/targets/%,$(O)/targets/%,$(basename $(sort \
	$(wildcard tests/targets/*.c tests/targets/*.cc tests/targets/*.S))))
target_line = $$(sed -n 's|^// $(1):||p' $<)
target_post = post="$(call target_line,post)"; [ -z "$$post" ] || $$post $@

$(O)/targets/%: tests/targets/%.c $(TARGET_HEADERS)
	$(call msg,TARGET,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(TARGET_FLAGS) $(call target_line,cflags) -o $@ $< -pthread -ldl
	$(Q)$(target_post)

$(O)/targets/%: tests/targets/%.cc $(TARGET_HEADERS)
	$(call msg,TARGET,$@)
	$(Q)mkdir -p $(@D) && $(CXX) $(TARGET_CXXFLAGS) $(call target_line,cflags) -o $@ $< -pthread
	$(Q)$(target_post)

# Assembly is 32-bit x86: no C library of that kind is needed.
$(O)/targets/%: tests/targets/%.S
	$(call msg,TARGET,$@)
	$(Q)mkdir -p $(@D) && as --32 -o $@.o $< && ld -m elf_i386 -o $@ $@.o && rm $@.o

# Code to be mapped by hand: its entry point is the function of the same name.
$(O)/targets/%.so: tests/targets/lib/%.c
	$(call msg,TARGET,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(TARGET_FLAGS) -shared -fPIC -nostdlib -Wl,-e,f_$* -o $@ $<

targets: $(TARGETS) $(TARGET_LIBS) ## the programs that tests profile
targets-test:
	+$(Q)$(MAKE) -k --no-print-directory targets; tests/run-programs targets $$? tests/targets/test.sh

$(O)/tests/live/probe: tests/live/probe.c
	$(call msg,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -D_GNU_SOURCE -o $@ $<

LIVE_PROGRAMS := $(addprefix $(O)/tests/live/,probe storm live_sideband waits) \
	$(if $(OTHER_HERE),$(OTHER_LOAD) $(OTHER_EBPROF))
live: ## tests that need root: ebprof on running programs
	+$(Q)$(MAKE) --no-print-directory ebprof targets oracle $(LIVE_PROGRAMS) && tests/live/run $(LIVE)

# Live tests that bring BPF code of their own: linked with ebprof's sample road.
$(O)/tests/live/%.bpf.o: tests/live/%.bpf.c $(O)/ebprof.bpf.o
	$(call msg,BPF,$<)
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_FLAGS) -D__TARGET_ARCH_$(BPF_ARCH) -c -o $@ $<

$(O)/tests/live/%.skel.h: $(O)/tests/live/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen object $(@:.skel.h=.linked.o) $(O)/ebprof.bpf.o $<
	$(Q){ echo '#include "abi.h"'; $(BPFTOOL) gen skeleton $(@:.skel.h=.linked.o) name $*; } > $@

$(O)/tests/live/storm: tests/live/storm.c $(O)/tests/live/storm.skel.h $(O)/libebprof.a
	$(call msg,TEST,$@)
	$(Q)$(CC) $(CPPFLAGS) -I$(@D) $(CFLAGS) -o $@ $< $(O)/libebprof.a $(LDLIBS)

$(O)/tests/live/waits: tests/live/waits.c $(O)/libebprof.a tests/unit/classify/stacks.h
$(O)/tests/live/live_sideband: tests/unit/process/live_sideband.c $(O)/libebprof.a
$(O)/tests/live/waits $(O)/tests/live/live_sideband:
	$(call msg,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(O)/libebprof.a $(LDLIBS)
