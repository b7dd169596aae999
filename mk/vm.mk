# SPDX-License-Identifier: Apache-2.0
# Other kernels, in qemu: tests/vm/*.c are put into a virtual machine and run there, tests/vm/*.sh run
# here with a kernel's version as their argument and call tests/vm/boot.
VM_KERNELS ?= 5.10 6.1 6.12 newest
VM := $(patsubst tests/%.c,$(O)/tests/%,$(sort $(wildcard tests/vm/*.c)))

.PHONY: vm vm-programs
$(O)/tests/vm/%: tests/vm/%.c $(SKEL)
	$(call msg,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -static -MMD -MP -MF $@.d -o $@ $< $(LDLIBS)

vm-programs: $(VM) $(if $(OTHER_HERE),$(OTHER_LOAD)) ebprof targets
vm: ## tests on other kernels, VM_KERNELS="5.10 6.1 6.12 newest"
	+$(Q)$(MAKE) -k --no-print-directory vm-programs; VM_KERNELS='$(VM_KERNELS)' \
		tests/vm/run $$? $(VM) $(OTHER_LOAD) $(sort $(wildcard tests/vm/*.sh))
