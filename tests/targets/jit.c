// SPDX-License-Identifier: Apache-2.0
/*
 * jit [SECONDS [PREFIX [none]]]: makes code in memory, always at the same address, and names it as a
 * JIT compiler does: PREFIX_a (50 % of the time), PREFIX_b (30), PREFIX_c (20) in /tmp/perf-PID.map,
 * which it removes at its end. none: somebody else may write the map.
 */
#include <string.h>
#include <sys/mman.h>

#include "target.h"

#define BASE ((char *)0x300000000000)

enum { STEP = 0x1000, SIZE = 0x40, PARTS = 3 };

/* void f(long n): counts down to 0, in a frame of its own. */
#ifdef __x86_64__
static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0xff,
	                              0xcf, 0x75, 0xfb, 0x5d, 0xc3 };
#else
static const unsigned char code[] = { 0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91,
	                              0x00, 0x04, 0x00, 0xf1, 0xe1, 0xff, 0xff, 0x54,
	                              0xfd, 0x7b, 0xc1, 0xa8, 0xc0, 0x03, 0x5f, 0xd6 };
#endif

static const struct {
	char name;
	int ms;
} parts[PARTS] = { { 'a', 5 }, { 'b', 3 }, { 'c', 2 } };

static char *make_code(void)
{
	char *at = mmap(BASE, PARTS * STEP, PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (at != BASE)
		return NULL;
	for (int i = 0; i < PARTS; i++)
		memcpy(at + i * STEP, code, sizeof(code));
	__builtin___clear_cache(at, at + PARTS * STEP);
	return mprotect(at, PARTS * STEP, PROT_READ | PROT_EXEC) ? NULL : at;
}

static int write_map(const char *path, const char *prefix)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -1;
	for (int i = 0; i < PARTS; i++)
		fprintf(f, "%lx %x %s_%c\n", (unsigned long)BASE + i * STEP, SIZE, prefix,
		        parts[i].name);
	return fclose(f);
}

static NOINLINE void run_part(char *at, int i, uint64_t *ns)
{
	uint64_t begin = target_cpu_ns(), now;

	do {
		((void (*)(long))(at + i * STEP))(40000);
		now = target_cpu_ns();
	} while (now < begin + parts[i].ms * MS);
	*ns += now - begin;
}

int main(int argc, char **argv)
{
	const char *prefix = argc > 2 ? argv[2] : "f";
	uint64_t ns[PARTS] = { 0 }, end;
	char path[40], *at = make_code();
	int named = argc <= 3 || strcmp(argv[3], "none");

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	if (!at || (named && write_map(path, prefix)))
		return 1;
	end = target_begin(argc, argv);
	while (!target_over(end))
		for (int i = 0; i < PARTS; i++)
			run_part(at, i, &ns[i]);
	if (named)
		remove(path);
	for (int i = 0; i < PARTS; i++)
		target_report(i == 0   ? "f_a"
		              : i == 1 ? "f_b"
		                       : "f_c",
		              ns[i], ns[0] + ns[1] + ns[2]);
	return 0;
}
