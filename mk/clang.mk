# SPDX-License-Identifier: Apache-2.0
# Programs with another compiler's BPF object in them, NAME@COMPILER: its code is not that of the clang
# which ebprof is built with, and the verifier may take the one and not the other. Built where there is
# such a compiler.
OTHER_CLANG ?= clang-19
OTHER := $(O)/$(OTHER_CLANG)
OTHER_LOAD := $(O)/tests/vm/load@$(OTHER_CLANG)
OTHER_EBPROF := $(O)/tests/live/ebprof@$(OTHER_CLANG)
OTHER_HERE := $(shell command -v $(OTHER_CLANG))
SKEL_USERS := $(shell grep -lr '"ebprof.skel.h"' src)

$(OTHER)/ebprof.skel.h: $(SKEL)
	+$(Q)$(MAKE) --no-print-directory O=$(OTHER) CLANG=$(OTHER_CLANG) $@

$(OTHER_LOAD): tests/vm/load.c $(OTHER)/ebprof.skel.h
	$(call msg,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) -I$(OTHER) $(CPPFLAGS) $(CFLAGS) -static -o $@ $< $(LDLIBS)

# Only what knows the object is compiled again.
$(OTHER_EBPROF): $(SKEL_USERS) $(O)/src/main.o $(OTHER)/ebprof.skel.h $(O)/libebprof.a
	$(call msg,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) -I$(OTHER) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ \
		$(filter %.c %.o %.a,$^) $(LDLIBS)
