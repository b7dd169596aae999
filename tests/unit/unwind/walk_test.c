// SPDX-License-Identifier: Apache-2.0
/* Walks of real stacks, of code that keeps no frame pointer: plain, deep, of signals, in stubs. */
#pragma GCC optimize("omit-frame-pointer", "no-optimize-sibling-calls")
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <cmocka.h>

#include "elf/elf.h"
#include "unwind/capture.h"

static void test_plain(void **state)
{
	capture(stack_end());
	check_walk();
	assert_true(want_cnt > 4);
}

static int levels;

static int compare(const void *a, const void *b)
{
	char pair[2] = { 1, 0 };
	volatile int keep = 1;

	if (--levels <= 0) {
		if (!levels)
			capture(stack_end());
		return keep - 1;
	}
	qsort(pair, 2, 1, compare);
	return keep - 1;
}

static void recurse(int n)
{
	char pair[2] = { 1, 0 };

	levels = n;
	qsort(pair, 2, 1, compare);
}

static void test_qsort(void **state)
{
	recurse(1);
	check_walk();
	recurse(20);
	check_walk();
	assert_true(want_cnt > 40);
}

static __attribute__((noinline)) int deep(int n)
{
	volatile int keep = n;

	if (n)
		deep(n - 1);
	else
		capture(stack_end());
	return keep;
}

static void test_deep(void **state)
{
	deep(900);
	check_walk();
	assert_true(want_cnt > 900);
}

static void test_too_deep(void **state)
{
	uint32_t i, cnt;

	deep(2000);
	cnt = walk(&stop);
	assert_in_range(want_cnt, FRAMES, FRAMES + 1);
	assert_int_equal(cnt, FRAMES);
	assert_int_equal(end, END_TRUNCATED);
	check_frames(cnt, 1);
	for (i = 0; i < 3; i++) {
		cnt = unwind_walk(u, &self->image, &stop.in, frames, i, &end);
		assert_int_equal(cnt, i);
		assert_int_equal(end, END_TRUNCATED);
	}
}

static void handler_nested(int sig)
{
	raise(SIGUSR2);
}

/* backtrace() counts the same frames, __restore_rt among them. */
static void test_signal(void **state)
{
	handler_end = stack_end();
	handle(SIGUSR1, handler, 0);
	raise(SIGUSR1);
	check_walk();
}

static void test_nested_signals(void **state)
{
	handler_end = stack_end();
	handle(SIGUSR1, handler_nested, 0);
	handle(SIGUSR2, handler, 0);
	raise(SIGUSR1);
	check_walk();
}

enum { ALT_BYTES = 128 << 10, THREAD_BYTES = 256 << 10 };

/* A thread whose stack lies above the one for signals, so that one copy holds both. */
static void *thread(void *arg)
{
	stack_t alt = { .ss_sp = arg, .ss_size = ALT_BYTES };

	handler_end = (uint64_t)arg + ALT_BYTES + THREAD_BYTES;
	assert_int_equal(sigaltstack(&alt, NULL), 0);
	handle(SIGUSR1, handler, SA_ONSTACK);
	pthread_kill(pthread_self(), SIGUSR1);
	return NULL;
}

static void test_alternate_stack(void **state)
{
	size_t size = ALT_BYTES + THREAD_BYTES;
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, (char *)at + ALT_BYTES, THREAD_BYTES);
	assert_int_equal(pthread_create(&t, &attr, thread, at), 0);
	pthread_join(t, NULL);
	pthread_attr_destroy(&attr);
	munmap(at, size);
	assert_true(stop.in.sp < (uint64_t)at + ALT_BYTES);
	check_walk();
	assert_true(want_cnt > 5);
}

struct wanted {
	const char *name;
	uint64_t address;
	bool plt;
};

static int each_symbol(void *arg, const struct elf_symbol *sym)
{
	struct wanted *w = arg;

	if (sym->plt == w->plt && !strcmp(sym->name, w->name))
		w->address = sym->address;
	return 0;
}

/* The code of a symbol in the file that is mapped at 'in', NULL = it has none of that name. */
static const char *symbol(const void *in, const char *name, bool plt)
{
	const struct mapping *m = self_mapping(self, in);
	struct wanted w = { .name = name, .plt = plt };
	struct elf_file *f = elf_open(m->file->fd);
	uint64_t at;

	assert_non_null(f);
	elf_symbols(f, each_symbol, &w);
	assert_int_equal(elf_vaddr(f, m->offset, &at), 0);
	elf_close(f);
	return w.address ? (const char *)(m->start + (w.address - at)) : NULL;
}

/* In a stub: before and after it has pushed its number. */
static void test_plt(void **state)
{
	const char *stub = symbol(test_plain, "raise", true);
	uint64_t words[2] = { 3 };

	if (!stub || (uint64_t)stub & 15)
		skip();
	capture(stack_end());
	words[1] = stop.in.pc;
	check_called(stopped_push(&stop, stub, words + 1, 1), 1);
	check_called(stopped_push(&stop, stub + 6, words + 1, 1), 1);
	check_called(stopped_push(&stop, stub + 11, words, 2), 1);
}

static void test_vdso(void **state)
{
	const char *vdso = (const char *)getauxval(AT_SYSINFO_EHDR);
	const char *fn = vdso ? symbol(vdso, "__vdso_clock_gettime", false) : NULL;

	if (!fn)
		skip();
	capture(stack_end());
	check_called(stopped_push(&stop, fn, &stop.in.pc, 1), 1);
	assert_string_equal(unwind_file(u, FRAME_FILE_NUMBER(frames[0]))->path, "[vdso]");
}

/* What vfork() does between its two system calls. */
static void test_vfork(void **state)
{
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	const char *fn = (const char *)dlsym(libc, "vfork");
	struct stopped s;
	int i;

	assert_non_null(fn);
	dlclose(libc);

	capture(stack_end());
	for (i = 0; i < 32 && (unsigned char)fn[i] != 0x5f; i++)
		; /* pop %rdi */
	if (i == 32)
		skip();
	s = stopped_push(&stop, fn + i + 1, NULL, 0);
	s.in.regs[5] = stop.in.pc;
	check_called(s, 1);
}

/* Tables that were not made: addresses, by frame pointer; nothing depends on what is shown. */
static void test_not_prepared(void **state)
{
	struct unwind *bare = self_engine(0);
	uint64_t frame;

	capture(stack_end());
	assert_true(unwind_walk(bare, &self->image, &stop.in, &frame, 1, &end) == 1);
	assert_int_equal(frame, stop.in.pc);
	unwind_prepare(bare, NULL, &self->image);
	assert_int_equal(unwind_stats(bare)->processes, 0);
	assert_int_equal(unwind_walk(bare, &self->image, &stop.in, frames, FRAMES, &end), want_cnt);
	assert_int_equal(end, END_NONE);
	unwind_free(bare);
}

#define T(name) cmocka_unit_test(test_##name)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(plain),          T(qsort),           T(deep), T(too_deep), T(signal),
		T(nested_signals), T(alternate_stack), T(plt),  T(vdso),     T(vfork),
		T(not_prepared),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
