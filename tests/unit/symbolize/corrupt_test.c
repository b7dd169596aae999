// SPDX-License-Identifier: Apache-2.0
/*
 * Real files, damaged in some hundred ways that are the same in each run, through the real worker. Whatever a
 * file says: ebprof lives on, in bounded time; symbols remain where the damage is in the debug information;
 * the other file of the same profile keeps all its names.
 */
#include "symbolize/corrupt.h"

/* What is damaged, and the program that is asked about: itself, or one whose debug file it is. */
struct input {
	const char *victim, *program, *command;
};

static const struct input inputs[] = {
	{ "gcc5", "gcc5", "g++ -O2 -g -gdwarf-5 -o gcc5 c.cc" },
	{ "gcc4", "gcc4", "g++ -O2 -g -gdwarf-4 -o gcc4 c.cc" },
	{ "clang5", "clang5", "clang++ -O2 -g -gdwarf-5 -o clang5 c.cc" },
	{ "gz", "gz", "g++ -O2 -g -gz -o gz c.cc" },
	{ "split.dwp", "split",
	  "clang++ -O2 -g -gdwarf-5 -gsplit-dwarf -c -o split.o c.cc && clang++ -o split split.o && "
	  "llvm-dwp -o split.dwp split.dwo && rm split.dwo" },
	{ "bare.debug", "bare",
	  "objcopy --only-keep-debug gcc5 bare.debug && strip -o bare gcc5 && mkdir -p .build-id && "
	  "I=$(readelf -n bare | sed -n 's/^ *Build ID: //p') && mkdir -p .build-id/${I%${I#??}} && "
	  "ln -s ../../bare.debug .build-id/${I%${I#??}}/${I#??}.debug" },
	{ "mini", "mini",
	  "objcopy -S --keep-symbol=main --keep-symbol=work gcc5 m && xz -k m && strip -o mini gcc5 && "
	  "objcopy --add-section .gnu_debugdata=m.xz mini" },
	{ "go", "go", "GO111MODULE=off GOFLAGS= GOTOOLCHAIN=local ${GO:-go} build -o go g.go" },
	{ "rust", "rust", "rustc -O -g -o rust r.rs" },
};
#define INPUT_CNT (sizeof(inputs) / sizeof(*inputs))

static const char cxx[] =
	"#include <algorithm>\n#include <cstdio>\n#include <string>\n#include <vector>\n"
	"static inline int deep(int x) { return x & 1 ? x * 17 : x / 3; }\n"
	"struct A { template <class T> T t(T x) const { return deep((int)x) + deep((int)x + 1); } };\n"
	"__attribute__((noinline)) int work(std::vector<int> &v)\n"
	"{ std::sort(v.begin(), v.end(), [](int a, int b) { return deep(a) < deep(b); });\n"
	"  int s = 0; for (int i : v) s += (int)A().t<long>(i); return s; }\n"
	"int main(int argc, char **)\n"
	"{ std::vector<int> v(argc + 9, argc); std::string s(std::to_string(work(v)));\n"
	"  return printf(\"%s\\n\", s.c_str()); }\n";
static const char go[] = "package main\nfunc f(x int) int { return x*3 + g(x) }\n"
			 "func g(x int) int { if x > 9 { return f(x / 2) }; return x }\n"
			 "func main() { println(f(99)) }\n";
static const char rust[] = "#[inline(never)] fn f(x: u64) -> u64 { (0..x).map(|y| y ^ x).sum() }\n"
			   "fn main() { println!(\"{}\", f(9)); }\n";

static int begin(void **state)
{
	if (!mkdtemp(tools_dir))
		return -1;
	tools_write("c.cc", cxx, sizeof(cxx) - 1);
	tools_write("g.go", go, sizeof(go) - 1);
	tools_write("r.rs", rust, sizeof(rust) - 1);
	return make_good() ? 0 : -1;
}

static struct bytes part(struct bytes whole, const char *section)
{
	struct elf_file *elf = elf_open_memory(whole.at, whole.size);
	const Elf64_Shdr *sh = elf ? elf_section_named(elf, section) : NULL;
	struct bytes b = { whole.at, 0 };

	if (sh && sh->sh_type != SHT_NOBITS)
		b = (struct bytes){ whole.at + sh->sh_offset, sh->sh_size };
	elf_close(elf);
	return b;
}

/* Nothing but debug information: what has a symbol keeps it. */
static const char *const debug_parts[] = {
	".debug_info",
	".debug_abbrev",
	".debug_line",
	".debug_str_offsets",
	".debug_rnglists",
	".debug_ranges",
	".debug_addr",
	".debug_aranges",
	".debug_str",
	".debug_line_str",
	".debug_info.dwo",
	".debug_abbrev.dwo",
	".debug_str_offsets.dwo",
	".debug_rnglists.dwo",
	".debug_cu_index",
	".debug_str.dwo",
};
static const char *const other_parts[] = { ".symtab", ".strtab",   ".gopclntab",     ".dynsym",
	                                   ".dynstr", ".shstrtab", ".gnu_debugdata", ".rela.plt" };

/* The section headers of ELF64: sizes, offsets, flags, links that no linker writes. */
static void headers(struct bytes b)
{
	static const uint64_t values[] = { 0, 1, UINT64_MAX, 1ull << 40, 1ull << 62, SHF_COMPRESSED,
		                           64 };
	Elf64_Ehdr *eh = (Elf64_Ehdr *)b.at;
	Elf64_Shdr *sh = (Elf64_Shdr *)(b.at + eh->e_shoff);
	uint64_t cnt = 1 + draw(6), shnum = eh->e_shnum, *words;

	if (draw(4) == 0)
		eh->e_shnum = (uint16_t)draw(UINT16_MAX);
	if (draw(4) == 0)
		eh->e_shstrndx = (uint16_t)draw(64);
	while (cnt--) {
		words = (uint64_t *)&sh[draw(shnum)];
		words[1 + draw(7)] = draw(3) ? values[draw(7)] : draw(b.size);
	}
}

/* --- */

static size_t variants, failed;

/* About the program, when its file or that of its debug information has those bytes. */
static struct outcome ask_again(const struct input *in, struct bytes b, struct subject *s)
{
	tools_write(in->victim, b.at, b.size);
	if (!strcmp(in->victim, in->program)) {
		close(s->file.fd);
		s->file = file_named(in->program);
	}
	return ask(s);
}

static void damage_one(const struct input *in, const char *section, struct bytes from, uint64_t way,
                       struct subject *s, size_t symbols, size_t good)
{
	struct bytes b = { malloc(from.size), from.size };
	struct outcome o;

	memcpy(b.at, from.at, from.size);
	if (section)
		ways[way % WAY_CNT](part(b, section));
	else if (way % 3 == 0)
		b.size = draw(b.size);
	else if (way % 3 == 1)
		headers(b);
	else
		flip_bits((struct bytes){ b.at, 1024 < b.size ? 1024 : b.size });
	o = ask_again(in, b, s);
	free(b.at);
	variants++;
	failed += o.counters.failed_workers;
	assert_in_range(o.counters.failed_workers, 0, 1);
	assert_int_equal(o.good, good);
	if (section && !strncmp(section, ".debug", 6))
		assert_in_range(o.named, symbols, s->cnt);
}

/* How many locations have a name when there is no debug information. */
static size_t without_debug(const struct input *in, struct bytes from, struct subject *s)
{
	struct bytes b = { malloc(from.size), from.size }, info;
	size_t named;

	memcpy(b.at, from.at, from.size);
	info = part(b, ".debug_info");
	memset(info.at, 0, info.size);
	named = ask_again(in, b, s).named;
	free(b.at);
	return named;
}

/* Each part that the file has, in each way; then the file as such. */
static void damage(const struct input *in)
{
	struct subject s = { .file = file_named(in->program),
		             .good = file_named("good"),
		             .jit = { { -1, -1 } } };
	struct bytes whole;
	struct outcome o;
	size_t i, k, symbols;

	offsets_set(&s);
	o = ask(&s);
	assert_in_range(o.named, 5, OFFSETS);
	assert_in_range(o.good, 5, 64);
	assert_int_equal(o.counters.failed_workers, 0);
	whole.at = tools_load(in->victim, &whole.size);
	symbols = without_debug(in, whole, &s);
	for (i = 0; i < 16; i++)
		for (k = 0; part(whole, debug_parts[i]).size && k < ROUNDS * WAY_CNT; k++)
			damage_one(in, debug_parts[i], whole, k, &s, symbols, o.good);
	for (i = 0; i < 8; i++)
		for (k = 0; part(whole, other_parts[i]).size && k < ROUNDS * WAY_CNT; k++)
			damage_one(in, other_parts[i], whole, k, &s, 0, o.good);
	for (k = 0; k < ROUNDS * 15; k++)
		damage_one(in, NULL, whole, k, &s, 0, o.good);
	tools_write(in->victim, whole.at, whole.size); /* others are made of it */
	free(whole.at);
	close(s.file.fd);
	close(s.good.fd);
}

static double cpu_seconds(void)
{
	struct rusage own, children;

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &children);
	return (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec + children.ru_utime.tv_sec +
	                children.ru_stime.tv_sec) +
	       (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec + children.ru_utime.tv_usec +
	                children.ru_stime.tv_usec) /
	               1e6;
}

static void programs(void **state)
{
	double before;
	size_t i;

	for (i = 0; i < INPUT_CNT; i++) {
		seed = 0x9e3779b97f4a7c15 + i;
		if (!tools_run(inputs[i].command)) {
			print_message("no compiler for %s\n", inputs[i].victim);
			assert_true(i >= 7); /* gcc and clang are needed */
			continue;
		}
		before = cpu_seconds();
		damage(&inputs[i]);
		print_message("%s: %zu variants so far, %.1f s, %zu workers failed\n",
		              inputs[i].victim, variants, cpu_seconds() - before, failed);
	}
	assert_true(variants >= 1000);
	assert_int_equal(failed, 0); /* nothing that is known kills or hangs one */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs),
	};

	return cmocka_run_group_tests(tests, begin, tools_end);
}
