# SPDX-License-Identifier: Apache-2.0
# src/ROOM/NAME.js is put into the object of src/ROOM/NAME.c by .incbin, of which the compiler says nothing.
$(patsubst src/%.js,$(O)/src/%.o,$(shell find src -name '*.js')): $(O)/src/%.o: src/%.js
