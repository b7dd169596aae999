// SPDX-License-Identifier: Apache-2.0
#include "lang/lang.h"

const struct lang lang_native = {
	.name = "native",
	.help = "C, C++, Rust, Go, D and what else is compiled: unwind tables or frame pointers; "
		"DWARF, .gopclntab, symbols",
};
