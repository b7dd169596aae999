# SPDX-License-Identifier: Apache-2.0
# tests/fuzz/NAME_fuzz.c: a libFuzzer target for one parser of foreign bytes, linked with the library
# built by clang under its sanitizers; tests/fuzz/seeds/NAME/ are its seeds. What is found goes to
# $(O)/fuzz/found.
FUZZ_SECONDS ?= 5
FUZZ_NAMES := $(patsubst tests/fuzz/%_fuzz.c,%,$(sort $(wildcard tests/fuzz/*_fuzz.c)))
FUZZ := $(FUZZ_NAMES:%=$(O)/tests/fuzz/%_fuzz)
FUZZ_BUILD := O=$(O)/fuzz CC=$(CLANG) WARN=-w OPT='-O1 -g -fno-omit-frame-pointer' \
	SAN='-fsanitize=address,undefined -fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined'

.PHONY: fuzz fuzz-programs
$(O)/tests/fuzz/%: tests/fuzz/%.c $(O)/libebprof.a
	$(call msg,FUZZ,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -fsanitize=fuzzer -MMD -MP -MF $@.d \
		-o $@ $< $(O)/libebprof.a $(LDLIBS)

fuzz-programs: $(FUZZ)
fuzz: ## every parser on its seeds, then FUZZ_SECONDS=5 of mutations each
	+$(Q)status=0; [ -z '$(FUZZ_NAMES)' ] || $(MAKE) -k --no-print-directory $(FUZZ_BUILD) fuzz-programs || \
		status=$$?; tests/run-fuzz $$status $(FUZZ_SECONDS) $(O)/fuzz $(FUZZ_NAMES)
