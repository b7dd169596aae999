# SPDX-License-Identifier: Apache-2.0
# What `ebprof list` makes of the tables of commands and options: the man page and the completions, in
# $(O)/manual, and README's tables.
MANUAL := $(addprefix $(O)/manual/,man bash zsh fish)

.PHONY: manual readme install-manual
all: manual
manual: $(MANUAL) ## the man page and the completions of bash, zsh and fish
$(O)/manual/%: ebprof
	$(call msg,MANUAL,$@)
	$(Q)mkdir -p $(@D) && ./ebprof list $* > $@

readme: ebprof ## README's tables as the program has them
	$(Q)tools/readme ./ebprof README.md > $(O)/README.md && \
		{ cmp -s $(O)/README.md README.md || cp $(O)/README.md README.md; }

install: install-manual
install-manual: manual
	install -D -m 644 $(O)/manual/man $(DESTDIR)$(PREFIX)/share/man/man1/ebprof.1
	install -D -m 644 $(O)/manual/bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/ebprof
	install -D -m 644 $(O)/manual/zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_ebprof
	install -D -m 644 $(O)/manual/fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ebprof.fish
