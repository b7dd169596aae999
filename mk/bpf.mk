# SPDX-License-Identifier: Apache-2.0
# The kernel side: every bpf/**/*.bpf.c → one object → one skeleton. Also compiled for arm64 (not
# linked into anything): its build fails where an x86 name leaks out of bpf/arch.h.
BPF_SRC := $(shell find bpf -name '*.bpf.c' | sort)
BPF_ARCH ?= $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
BPF_OBJ := $(BPF_SRC:bpf/%.bpf.c=$(O)/bpf/%.bpf.o)
BPF_OBJ_ARM64 := $(BPF_SRC:bpf/%.bpf.c=$(O)/bpf-arm64/%.bpf.o)
BPF_INC := $(shell $(CC) -print-multiarch 2>/dev/null)
BPF_FLAGS := -g -O2 -target bpf -mcpu=v2 -Wall -Wextra -Werror -Wno-unused-parameter -Iinclude -Ibpf \
	-isystem /usr/include/$(BPF_INC) -fno-stack-protector
SKEL := $(O)/ebprof.skel.h

$(O)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h bpf/*/*.h include/*.h)
	$(call msg,BPF,$<)
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_FLAGS) -D__TARGET_ARCH_$(BPF_ARCH) -c -o $@ $<

$(O)/bpf-arm64/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h bpf/*/*.h include/*.h)
	$(call msg,BPF-ARM,$<)
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_FLAGS) -D__TARGET_ARCH_arm64 -c -o $@ $<

$(O)/ebprof.bpf.o: $(BPF_OBJ)
	$(call msg,BPF-LD,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(SKEL): $(O)/ebprof.bpf.o $(BPF_OBJ_ARM64)
	$(call msg,SKEL,$@)
	$(Q){ echo '#include "abi.h"'; $(BPFTOOL) gen skeleton $< name ebprof_bpf; } > $@
