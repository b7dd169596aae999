// SPDX-License-Identifier: Apache-2.0
#include "cmd/runtimes.h"

#include <stddef.h>
#include <string.h>

#include "elf/elf.h"
#include "elf/gopclntab.h"

#define INTERPRETED "functions show as the interpreter's frames"
#define COMPILED    "code that it makes has the names of a map, when it writes one"

/* Go first; of the others the first one in the table that has its symbol counts. */
static const struct runtime runtimes[] = {
	{ "Go", NULL, "goroutines' waits for each other and Go's own heap do not reach the kernel",
	  "net/http/pprof for these" },
	{ "JVM", "JNI_CreateJavaVM", COMPILED,
	  "java -XX:+PreserveFramePointer, and jcmd PID Compiler.perfmap (17 and newer)" },
	{ "Node or V8", "_ZN2v82V810GetVersionEv", COMPILED, "node --perf-basic-prof" },
	{ ".NET", "coreclr_initialize", COMPILED, "DOTNET_PerfMapEnabled=1" },
	{ "CPython", "_PyEval_EvalFrameDefault", INTERPRETED, "python -X perf (3.12 and newer)" },
	{ "Ruby", "ruby_run_node", INTERPRETED, "ruby --yjit --yjit-perf (3.3 and newer)" },
	{ "PHP", "php_execute_script", INTERPRETED,
	  "opcache.jit_debug=16, for code that it makes" },
	{ "Perl", "perl_run", INTERPRETED, NULL },
	{ "LuaJIT", "luaJIT_setmode", COMPILED, "LuaJIT that was built with LUAJIT_USE_PERFTOOLS" },
	{ "Lua", "lua_newstate", INTERPRETED, NULL },
	{ "Erlang", "enif_make_atom", COMPILED, "erl +JPperf true" },
};

#define RUNTIME_CNT (sizeof(runtimes) / sizeof(*runtimes))

static int on_symbol(void *arg, const struct elf_symbol *sym)
{
	const struct runtime **found = arg;
	size_t i, end = *found ? (size_t)(*found - runtimes) : RUNTIME_CNT;

	for (i = 1; !sym->plt && i < end; i++)
		if (!strcmp(sym->name, runtimes[i].symbol))
			*found = &runtimes[i];
	return 0;
}

const struct runtime *runtime_find(int file)
{
	struct elf_file *f = elf_open(file);
	const struct runtime *found = NULL;
	struct go_table go;

	if (!f)
		return NULL;
	if (go_find(f, &go))
		found = &runtimes[0];
	else
		elf_symbols(f, on_symbol, &found);
	elf_close(f);
	return found;
}
