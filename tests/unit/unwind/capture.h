/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk of the test's own stack, copied with the registers, against what glibc's backtrace() finds in
 * the same place.
 */
#ifndef EBPROF_TEST_CAPTURE_H
#define EBPROF_TEST_CAPTURE_H

#include <execinfo.h>
#include <signal.h>

#include "unwind/self.h"

enum { FRAMES = ABI_USER_FRAMES };

/* What was captured last, and what backtrace() said in the same place. */
static struct stopped stop;
static void *want[FRAMES + 1];
static int want_cnt;

static struct self *self;
static struct unwind *u;

static __attribute__((noinline)) void capture(uint64_t end)
{
	ucontext_t uc;
	int i;

	free(stop.copy);
	getcontext(&uc);
	stopped_registers(&stop.in, &uc);
	stopped_copy(&stop, end);
	want_cnt = backtrace(want, FRAMES + 1);
	/* A sanitizer's own backtrace() is a frame more. */
	for (i = 0; i < want_cnt && want[i] != __builtin_return_address(0); i++)
		;
	memmove(want + 1, want + i, (size_t)(want_cnt - i) * sizeof(*want));
	want_cnt -= i - 1;
}

static inline int setup(void **state)
{
	void *warm[2];

	backtrace(warm, 2); /* loads libgcc_s */
	self = self_new();
	u = self_engine(0);
	assert_non_null(u);
	assert_int_equal(unwind_process(u, NULL, &self->image), 0);
	return 0;
}

static inline int teardown(void **state)
{
	free(stop.copy);
	unwind_free(u);
	self_free(self);
	return 0;
}

static uint64_t frames[FRAMES];
static uint32_t end;

static inline uint32_t walk(const struct stopped *s)
{
	end = END_CNT;
	return unwind_walk(u, &self->image, &s->in, frames, FRAMES, &end);
}

/*
 * All frames but the first are backtrace()'s. A frame that a signal interrupted is one more here: there
 * it is the instruction, here always a return address.
 */
static inline void check_frames(uint32_t cnt, uint32_t from)
{
	uint32_t i;
	uint64_t at;

	for (i = from; i < cnt; i++) {
		at = self_address(self, u, frames[i]);
		if (at != (uint64_t)want[i] && at != (uint64_t)want[i] + 1)
			fail_msg("frame %u of %u: %#lx, not %p", i, cnt, at, want[i]);
	}
}

static inline void check_walk(void)
{
	uint32_t cnt = walk(&stop);

	assert_int_equal(cnt, want_cnt);
	assert_int_equal(end, END_NONE);
	assert_int_equal(self_address(self, u, frames[0]), stop.in.pc);
	check_frames(cnt, 1);
}

static uint64_t handler_end;

static inline void handler(int sig)
{
	capture(handler_end);
}

static inline void handle(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	assert_int_equal(sigaction(sig, &sa, NULL), 0);
}

/* A walk from 's' finds 'first' of its own, then all frames of the last capture. */
static inline void check_called(struct stopped s, uint32_t first)
{
	uint32_t cnt = walk(&s);

	assert_int_equal(self_address(self, u, frames[0]), s.in.pc);
	assert_int_equal(cnt, first + (uint32_t)want_cnt);
	assert_int_equal(end, END_NONE);
	assert_int_equal(self_address(self, u, frames[first]), stop.in.pc);
	memmove(frames + 1, frames + first + 1, (cnt - first - 1) * sizeof(*frames));
	check_frames(cnt - first, 1);
	free(s.copy);
}

#endif
