// SPDX-License-Identifier: Apache-2.0
/*
 * A stack and registers out of nowhere, walked by the tables of this program and its libraries. Words
 * that begin with a mark become addresses in the code or on the stack, so that walks go far:
 * words[0] is the pc, [1] the stack pointer's low bits, [2] to [17] the registers by DWARF number, the
 * rest the stack.
 */
#include "../unit/unwind/self.h"

enum {
	HEAD_WORDS = 18,
	MARK_CODE = 0xc0, /* then a byte that picks a mapping, then an offset in it */
	MARK_STACK = 0x5a,
};

static struct self *self;
static struct unwind *u;

static uint64_t word_of(uint64_t raw, uint64_t sp)
{
	const struct mapping *m = &self->mappings[(raw >> 48 & 0xff) % self->image.mapping_cnt];

	switch (raw >> 56) {
	case MARK_CODE:
		return m->start + (raw & 0xffffffffffff) % (m->end - m->start);
	case MARK_STACK:
		return sp + (raw & 0xffff);
	}
	return raw;
}

static void start(void)
{
	self = self_new();
	u = self_engine(0);
	if (!u || unwind_process(u, NULL, &self->image))
		abort();
}

static void walk(const struct unwind_input *in, uint32_t max)
{
	static uint64_t frames[ABI_USER_FRAMES + 1];
	uint32_t end = END_CNT, cnt, i;

	frames[max] = 1;
	cnt = unwind_walk(u, &self->image, in, frames, max, &end);
	if (cnt > max || end >= END_CNT || frames[max] != 1)
		abort();
	for (i = 0; i < cnt; i++)
		if ((frames[i] & FRAME_FILE_MASK) == FRAME_FILE_TAG
		            ? !unwind_file(u, FRAME_FILE_NUMBER(frames[i]))
		            : frames[i] >> 56)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t head[HEAD_WORDS], word;
	struct unwind_input in = { .stack = NULL };
	unsigned char *stack;
	size_t i;

	if (!u)
		start();
	if (size < sizeof(head))
		return 0;
	memcpy(head, data, sizeof(head));
	in.sp = 0x7ffc12340000 | (head[1] & 0xfff);
	in.pc = word_of(head[0], in.sp);
	for (i = 0; i < 16; i++)
		in.regs[i] = word_of(head[2 + i], in.sp);
	in.fp = in.regs[6];
	in.stack_sz = size - sizeof(head);
	stack = malloc(in.stack_sz + 1);
	memcpy(stack, data + sizeof(head), in.stack_sz);
	for (i = 0; i + 8 <= in.stack_sz; i += 8) {
		memcpy(&word, stack + i, 8);
		word = word_of(word, in.sp);
		memcpy(stack + i, &word, 8);
	}
	/* To the byte: what is read behind it is found. */
	in.stack = realloc(stack, in.stack_sz ? in.stack_sz : 1);
	walk(&in, ABI_USER_FRAMES);
	walk(&in, (uint32_t)(head[1] >> 16) % ABI_USER_FRAMES);
	free((void *)in.stack);
	return 0;
}
