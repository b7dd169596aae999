// SPDX-License-Identifier: Apache-2.0
/*
 * snapshot MODE FILE: writes a check file (session/check.h) of this very process; its frames are those
 * that glibc's backtrace() finds, which knows nothing of ebprof or libdwfl. MODE is
 *   equal     two stacks with a recursion, qsort() and a signal frame, one of a thread, and many of a
 *             sort that a timer interrupts anywhere
 *   altered   one stack, and a frame of it is one byte off
 *   ended     one that ended early, as the sample says
 *   early     one that ended early, though the sample says that it is complete
 *   gone      one, with this program under a name that does not exist
 *   deep      one that is deeper than its copy
 *   elsewhere one whose signal handler runs on another stack
 */
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "abi.h"
#include "session/check.h"

enum {
	FRAMES_MAX = 4096,
	STACK_MAX = 1 << 16,
	NUMBERS = 40,
	SORTED = 20000,
	INTERRUPTS = 300,
	DEPTH = 30,
	DEPTH_DEEP = 3000,
};

static struct {
	const char *mode;
	int out;
	uint64_t stack_end; /* of this thread */
	int depth;
	volatile int interrupts; /* that were written */
	uint64_t trampoline;     /* the return address of signal handlers */
	bool failed;
	int numbers[SORTED];
	void *found[FRAMES_MAX];
	uint64_t frames[FRAMES_MAX];
	ucontext_t context;
} t;

static const int register_of[16] = { REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
	                             REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
	                             REG_R12, REG_R13, REG_R14, REG_R15 };

static bool is_mode(const char *mode)
{
	return !strcmp(t.mode, mode);
}

/* write(), for a signal handler uses it. */
static void put(const void *data, size_t size)
{
	if (write(t.out, data, size) != (ssize_t)size)
		t.failed = true;
}

/* A sample of that context; the frames above the leaf are those from found[first] on. */
static void put_sample(const ucontext_t *c, int first, int cnt)
{
	uint64_t sp = (uint64_t)c->uc_mcontext.gregs[REG_RSP], left = t.stack_end - sp;
	struct check_sample s = { .head.type = CHECK_SAMPLE,
		                  .image = 1,
		                  .tid = (uint32_t)getpid() };
	int i;

	s.pc = t.frames[0] = (uint64_t)c->uc_mcontext.gregs[REG_RIP];
	for (i = 0; i < 16; i++)
		s.regs[i] = (uint64_t)c->uc_mcontext.gregs[register_of[i]];
	s.frame_cnt = 1;
	for (i = first; i < cnt; i++) {
		uint64_t frame = (uint64_t)t.found[i];
		bool interrupted = i > 0 && (uint64_t)t.found[i - 1] == t.trampoline;

		t.frames[s.frame_cnt++] = frame + interrupted;
	}
	if (is_mode("altered"))
		t.frames[s.frame_cnt / 2]++;
	if (is_mode("ended") || is_mode("early"))
		s.frame_cnt /= 2;
	s.end = is_mode("ended") ? END_FAULT : END_NONE;
	s.stack_sz = (uint32_t)(left < STACK_MAX ? left & ~7ull : STACK_MAX);
	s.head.size = (uint32_t)(sizeof(s) + s.frame_cnt * 8 + s.stack_sz);
	put(&s, sizeof(s));
	put(t.frames, s.frame_cnt * 8);
	put((const void *)sp, s.stack_sz);
}

static void __attribute__((noinline)) take(void)
{
	int cnt;

	getcontext(&t.context);
	cnt = backtrace(t.found, FRAMES_MAX);
	put_sample(&t.context, 1, cnt);
}

static void __attribute__((noinline)) recurse(int depth);

static void on_signal(int number, siginfo_t *info, void *context)
{
	t.trampoline = (uint64_t)__builtin_return_address(0);
	if (number == SIGUSR2)
		recurse(DEPTH);
	else
		take();
	t.failed |= !info;
}

/* The stack that was interrupted, wherever it was: what lies above the signal's frame. */
static void on_timer(int number, siginfo_t *info, void *context)
{
	int cnt, i;

	t.trampoline = (uint64_t)__builtin_return_address(0);
	if (t.interrupts >= INTERRUPTS)
		return;
	cnt = backtrace(t.found, FRAMES_MAX);
	for (i = 0; i < cnt && (uint64_t)t.found[i] != t.trampoline; i++)
		;
	put_sample(context, i + 2, cnt);
	t.interrupts++;
}

static int compare_and_signal(const void *a, const void *b)
{
	if (t.depth++ == NUMBERS)
		raise(is_mode("equal") ? SIGUSR2 : SIGUSR1);
	return *(const int *)a - *(const int *)b;
}

/* Saves and restores all the registers that it must: it is often interrupted where it does. */
static int __attribute__((noinline)) compare(const void *a, const void *b)
{
	asm volatile("" ::: "rbx", "rbp", "r12", "r13", "r14", "r15");
	return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

static void fill(int cnt)
{
	int i;

	for (i = 0; i < cnt; i++)
		t.numbers[i] = (int)((unsigned int)i * 2654435761u >> 8) % 100000;
}

/* At its end a sort that a signal interrupts, and below that signal only a snapshot. */
static void __attribute__((noinline)) recurse(int depth)
{
	volatile char frame[24];

	frame[0] = (char)depth;
	if (depth)
		recurse(depth - 1);
	else if (t.depth || is_mode("deep"))
		take();
	else
		qsort(t.numbers, NUMBERS, sizeof(t.numbers[0]), compare_and_signal);
	frame[1] = frame[0];
}

static void set_handler(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction a = { .sa_sigaction = handler,
		               .sa_flags = SA_SIGINFO | SA_RESTART | flags };

	if (sigaction(number, &a, NULL))
		t.failed = true;
}

static void use_other_stack(void)
{
	static char other[1 << 16];
	stack_t stack = { .ss_sp = other, .ss_size = sizeof(other) };

	if (sigaltstack(&stack, NULL))
		t.failed = true;
	t.stack_end = (uint64_t)other + sizeof(other);
}

/* A frame of unknown size is found by the frame pointer, which the library's code uses otherwise. */
static void __attribute__((noinline)) sort_numbers(size_t size)
{
	volatile char frame[size];
	int i;

	frame[0] = 0;
	fill(SORTED);
	qsort(t.numbers, SORTED, sizeof(t.numbers[0]), compare);
	for (i = 0; i < 10 * SORTED; i++)
		t.failed |= compare(&t.numbers[i % SORTED], &t.numbers[SORTED - 1]) > 0;
	frame[size - 1] = frame[0];
}

static void sort_interrupted(void)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { 0 };

	set_handler(SIGALRM, on_timer, 0);
	setitimer(ITIMER_REAL, &often, NULL);
	while (t.interrupts < INTERRUPTS && !t.failed)
		sort_numbers((size_t)t.interrupts % 64 + 1);
	setitimer(ITIMER_REAL, &never, NULL);
}

static void *run_thread(void *arg)
{
	pthread_attr_t attr;
	void *stack;
	size_t size;

	if (pthread_getattr_np(pthread_self(), &attr) ||
	    pthread_attr_getstack(&attr, &stack, &size))
		return NULL;
	t.stack_end = (uint64_t)stack + size;
	recurse(3);
	return arg;
}

static void take_thread(void)
{
	pthread_t thread;
	void *done = NULL;

	if (pthread_create(&thread, NULL, run_thread, &t) || pthread_join(thread, &done) || !done)
		t.failed = true;
}

/* A line of /proc/self/maps: an executable mapping is put into the record. */
static bool add_mapping(const char *line, const char *self, char *record, size_t *size)
{
	struct check_mapping m;
	unsigned long start, end, offset;
	char flags[5], path[512] = "";

	if (sscanf(line, "%lx-%lx %4s %lx %*s %*s %499[^\n]", &start, &end, flags, &offset, path) <
	    4)
		return false;
	if (!strcmp(path, "[stack]"))
		t.stack_end = end;
	if (flags[2] != 'x')
		return false;
	if (is_mode("gone") && !strcmp(path, self))
		snprintf(path + strlen(path), sizeof(path) - strlen(path), " (deleted)");
	m = (struct check_mapping){ .start = start, .end = end, .offset = offset };
	m.path_len = (uint32_t)strlen(path);
	memcpy(record + *size, &m, sizeof(m));
	memcpy(record + *size + sizeof(m), path, m.path_len);
	*size += sizeof(m) + (m.path_len + 7) / 8 * 8;
	return true;
}

static void put_image(void)
{
	static union {
		struct check_image image;
		char bytes[1 << 16];
	} record;
	char line[1024], self[512] = "";
	size_t size = sizeof(record.image);
	FILE *maps = fopen("/proc/self/maps", "re");

	record.image = (struct check_image){ .head.type = CHECK_IMAGE, .image = 1 };
	record.image.pid = (uint32_t)getpid();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		t.failed = true;
	while (maps && size < sizeof(record) - sizeof(line) && fgets(line, sizeof(line), maps))
		record.image.mapping_cnt += add_mapping(line, self, record.bytes, &size);
	t.failed |= !maps;
	if (maps)
		fclose(maps);
	record.image.head.size = (uint32_t)size;
	put(&record, size);
}

static void take_all(void)
{
	if (is_mode("elsewhere"))
		use_other_stack();
	set_handler(SIGUSR1, on_signal, is_mode("elsewhere") ? SA_ONSTACK : 0);
	set_handler(SIGUSR2, on_signal, 0);
	fill(NUMBERS);
	recurse(is_mode("deep") ? DEPTH_DEEP : DEPTH);
	if (!is_mode("equal"))
		return;
	sort_interrupted();
	take_thread();
}

int main(int argc, char **argv)
{
	uint64_t magic = CHECK_MAGIC;

	if (argc != 3) {
		fprintf(stderr, "usage: snapshot MODE FILE\n");
		return 2;
	}
	t.mode = argv[1];
	t.out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	/* It loads its library at its first call. */
	if (t.out < 0 || backtrace(t.found, FRAMES_MAX) < 2) {
		fprintf(stderr, "snapshot: cannot begin '%s': %m\n", argv[2]);
		return 1;
	}
	put(&magic, sizeof(magic));
	put_image();
	take_all();
	if (close(t.out) || t.failed) {
		fprintf(stderr, "snapshot: cannot write '%s'\n", argv[2]);
		return 1;
	}
	return 0;
}
