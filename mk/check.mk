# SPDX-License-Identifier: Apache-2.0
# What a reader would otherwise have to point out.
OWN_C = $(shell find src bpf include tests -name '*.[ch]' -o -name '*.cc' | sort)

.PHONY: check format
check: ## layers, style and formatting
	+$(Q)tests/run-checks

format: ## apply the formatter
	$(Q)clang-format -i $(OWN_C)
