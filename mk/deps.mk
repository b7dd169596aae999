# SPDX-License-Identifier: Apache-2.0
# The packages of a fresh Debian 12.
.PHONY: deps deps-test deps-bench
deps: ## install what the build needs (Debian, as root)
	$(Q)tools/deps build

deps-test: ## install what the tests need too
	$(Q)tools/deps test

deps-bench: ## install what the bench needs too
	$(Q)tools/deps bench
