# SPDX-License-Identifier: Apache-2.0
# Another unwinder's word on ours: tests/oracle/*.c make one program, which walks each sample of
# `ebprof cpu --unwind check` by elfutils' libdwfl. snapshot.c, which tests it, is a program of its own.
ORACLE_SRC := $(filter-out tests/oracle/snapshot.c,$(sort $(wildcard tests/oracle/*.c)))
ORACLE := $(addprefix $(O)/tests/oracle/,oracle snapshot)

.PHONY: oracle
oracle: $(ORACLE) ## what judges unwinding: .output/tests/oracle/oracle FILE
	@:

$(O)/tests/oracle/%.o: tests/oracle/%.c
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/tests/oracle/oracle: $(ORACLE_SRC:%.c=$(O)/%.o)
	$(call msg,TEST,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ldw -lelf

# Its stacks are to be walked by tables alone.
$(O)/tests/oracle/snapshot: tests/oracle/snapshot.c
	$(call msg,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -O2 -fomit-frame-pointer \
		-MMD -MP -MF $@.d -o $@ $< -pthread
