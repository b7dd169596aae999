// SPDX-License-Identifier: Apache-2.0
#include "lang/lang.h"

const struct lang lang_jit = {
	.name = "jit",
	.help = "code that a program makes as it runs (Java, Node, .NET, Erlang, LuaJIT): frame "
		"pointers; perf-PID.map, jit-PID.dump",
};
