# SPDX-License-Identifier: Apache-2.0
# ebprof: `make help`. No source file is named here: rooms are found by wildcards, and each activity
# (bpf, tests, vm…) is a fragment in mk/.
O := .output
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PROTOC_C ?= protoc-c
PREFIX ?= /usr/local
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

ifeq ($(V),1)
Q :=
msg :=
else
Q := @
msg = @printf '  %-8s %s\n' '$(1)' '$(2)';
endif

OPT ?= -O2 -g
WARN := -Wall -Wextra -Wno-unused-parameter -Werror
CPPFLAGS += -Isrc -Iinclude -I$(O) -D_GNU_SOURCE
CFLAGS += -std=gnu11 $(OPT) $(WARN) $(SAN)
LDLIBS := -lbpf -lelf -lz -llzma -lzstd -lseccomp -lprotobuf-c -lpcre2-8 -lm -l:libiberty.a
LIB_SRC := $(filter-out src/main.c,$(shell find src -name '*.c' ! -path 'src/preload/*' | sort))
LIB_OBJ := $(LIB_SRC:src/%.c=$(O)/src/%.o) $(O)/profile.pb-c.o

.DELETE_ON_ERROR:
.PHONY: all help run clean install static
all: ebprof

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | sort | expand -t16

run: deps ## install what is missing, build, and profile this machine for 30 seconds
	$(Q)$(MAKE) --no-print-directory ebprof
	./ebprof cpu -a 30

include mk/bpf.mk $(filter-out mk/bpf.mk,$(sort $(wildcard mk/*.mk)))

ebprof: $(O)/src/main.o $(O)/libebprof.a $(O)/layers.ok ## the program
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(O)/src/main.o $(O)/libebprof.a $(LDLIBS)

$(O)/libebprof.a: $(LIB_OBJ)
	$(call msg,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(O)/src/%.o: src/%.c $(SKEL) $(O)/profile.pb-c.h $(O)/version.h
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/profile.pb-c.c $(O)/profile.pb-c.h &: src/format/profile.proto
	$(call msg,PROTO,$<)
	$(Q)mkdir -p $(O) && $(PROTOC_C) --c_out=$(O) -Isrc/format $<

$(O)/profile.pb-c.o: $(O)/profile.pb-c.c
	$(Q)$(CC) $(CPPFLAGS) $(filter-out $(WARN),$(CFLAGS)) -c -o $@ $<

# Written only when it changes, so that a commit does not rebuild everything.
$(O)/version.h: FORCE
	$(Q)mkdir -p $(O); printf '#define EBPROF_VERSION "%s"\n' '$(VERSION)' | cmp -s - $@ || \
		printf '#define EBPROF_VERSION "%s"\n' '$(VERSION)' > $@
.PHONY: FORCE
FORCE:

# The layers of the rooms are part of the build (tools/check-layers says who may include whom).
$(O)/layers.ok: tools/check-layers $(shell find src include bpf -name '*.[ch]')
	$(call msg,LAYERS,src include bpf)
	$(Q)tools/check-layers && mkdir -p $(O) && touch $@

# Built apart: names of users come from files there (name services are shared libraries).
static: ## one file that runs on another machine: ebprof.static
	$(Q)$(MAKE) --no-print-directory O=$(O)/static CPPFLAGS='$(CPPFLAGS) -DEBPROF_STATIC' ebprof.static
ebprof.static: $(O)/src/main.o $(O)/libebprof.a FORCE
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $(O)/src/main.o $(O)/libebprof.a $(LDLIBS)

install: ebprof ## the program, its manual and completions; DESTDIR= PREFIX=/usr/local
	install -D -m 755 ebprof $(DESTDIR)$(PREFIX)/bin/ebprof
	install -D -m 644 README.md $(DESTDIR)$(PREFIX)/share/doc/ebprof/README.md

clean: ## remove what was built
	rm -rf $(O) ebprof ebprof.static

-include $(shell find $(O) -path $(O)/bench/packages -prune -o -type f -name '*.d' -print 2>/dev/null)
