# SPDX-License-Identifier: Apache-2.0
# The library that a launched command gets by LD_PRELOAD: src/preload/, one file, which is put into ebprof by
# .incbin. It knows no C library: what it calls of one is weak, and its probe is a function's first instruction.
PRELOAD_SRC := $(sort $(wildcard src/preload/*.c)) src/base/program.c
PRELOAD_FLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -Isrc -Iinclude $(WARN) -fPIC -fvisibility=hidden -ffreestanding \
	-fno-stack-protector -fcf-protection=none -mgeneral-regs-only
PRELOAD_LDFLAGS := -shared -nostdlib -Wl,-soname,libebprof-heap.so -Wl,-z,defs -Wl,-z,now -Wl,-z,relro \
	-Wl,-z,noexecstack -Wl,--hash-style=gnu -Wl,--build-id

$(O)/preload.so: $(PRELOAD_SRC) $(wildcard src/preload/*.h src/base/*.h include/*.h)
	$(call msg,PRELOAD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(PRELOAD_FLAGS) $(PRELOAD_LDFLAGS) -o $@ $(PRELOAD_SRC)

$(O)/src/collect/preload.o: $(O)/preload.so
