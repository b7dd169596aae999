// SPDX-License-Identifier: Apache-2.0
/*
 * Enough of x86-64's instruction format to read the beginning of a function: Intel's manual, volume 2,
 * chapter 2 and appendix A. What is not known here ends the reading.
 */
#include <string.h>

#include "elf/arch.h"

enum { RDX = 2, RSP = 4, RSI = 6, RDI = 7 };

struct insn {
	unsigned char opcode; /* the second byte, when two_bytes */
	bool two_bytes;
	bool prefixed; /* other than REX */
	bool has_modrm;
	unsigned char rex, modrm;
	size_t len; /* 0 = not understood */
};

/* Bytes of ModRM, SIB and displacement; 0 = not all there. */
static size_t modrm_len(const unsigned char *p, size_t left)
{
	unsigned char mod, rm;
	size_t n = 1;

	if (!left)
		return 0;
	mod = p[0] >> 6;
	rm = p[0] & 7;
	if (mod == 3)
		return 1;
	if (rm == 4) { /* SIB */
		if (left < 2)
			return 0;
		n = 2;
		if (!mod && (p[1] & 7) == 5)
			return 6;
	} else if (!mod && rm == 5) { /* relative to rip */
		return 5;
	}
	return n + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

/* One byte: 0x00 to 0x3d are eight operations, each of four forms with ModRM and two with eax alone. */
static bool modrm_one(unsigned char op)
{
	return (op < 0x40 && (op & 7) < 4) || op == 0x63 || op == 0x80 || op == 0x81 ||
	       op == 0x83 || (op >= 0x84 && op <= 0x8b) || op == 0x8d || op == 0xc0 || op == 0xc1 ||
	       op == 0xc6 || op == 0xc7 || (op & 0xfc) == 0xd0 || op == 0xf6 || op == 0xf7;
}

/* Of eax and an immediate: the operations above, and test. */
static bool accumulator(unsigned char op)
{
	return (op < 0x40 && (op & 6) == 4) || op == 0xa8 || op == 0xa9;
}

/* f6 and f7 hold eight operations; test alone has an immediate. */
static bool is_test(const struct insn *in)
{
	return (in->modrm >> 3 & 7) == 0;
}

/* nop, endbr64, cmov, set, imul and the extending moves. */
static bool modrm_two(unsigned char op)
{
	return op == 0x1e || op == 0x1f || (op & 0xf0) == 0x40 || (op & 0xf0) == 0x90 ||
	       op == 0xaf || op == 0xb6 || op == 0xb7 || op == 0xbe || op == 0xbf;
}

static size_t immediate_len(const struct insn *in)
{
	if (in->two_bytes)
		return (in->opcode & 0xf0) == 0x80 ? 4 : 0; /* jcc */
	if (accumulator(in->opcode))
		return in->opcode & 1 ? 4 : 1;
	switch (in->opcode) {
	case 0x80:
	case 0x83:
	case 0xc0:
	case 0xc1:
	case 0xc6:
	case 0xeb:
		return 1;
	case 0x81:
	case 0xc7:
	case 0xe8:
	case 0xe9:
		return 4;
	case 0xf6:
		return is_test(in) ? 1 : 0;
	case 0xf7:
		return is_test(in) ? 4 : 0;
	}
	if ((in->opcode & 0xf0) == 0x70) /* jcc */
		return 1;
	if ((in->opcode & 0xf8) == 0xb8) /* mov */
		return in->rex & 8 ? 8 : 4;
	return 0;
}

static bool known(const struct insn *in)
{
	unsigned char op = in->opcode;

	if (in->has_modrm)
		return true;
	if (in->two_bytes)
		return (op & 0xf0) == 0x80;
	return accumulator(op) || (op & 0xf0) == 0x50 || (op & 0xf0) == 0x70 ||
	       (op & 0xf8) == 0xb8 || op == 0x90 || op == 0xe8 || op == 0xe9 || op == 0xeb;
}

static struct insn decode(const unsigned char *p, size_t size)
{
	struct insn in = { 0 };
	size_t at = 0, n;

	/* Operand size (which changes immediates), repeats and lock are only let through on endbr and nops. */
	while (at < size && (p[at] == 0x64 || p[at] == 0x66 || p[at] == 0xf3 || p[at] == 0x2e)) {
		in.prefixed = true;
		at++;
	}
	if (at < size && (p[at] & 0xf0) == 0x40)
		in.rex = p[at++];
	if (at + 1 < size && p[at] == 0x0f) {
		in.two_bytes = true;
		at++;
	}
	if (at >= size)
		return in;
	in.opcode = p[at++];
	in.has_modrm = in.two_bytes ? modrm_two(in.opcode) : modrm_one(in.opcode);
	n = in.has_modrm ? modrm_len(p + at, size - at) : 0;
	in.modrm = n ? p[at] : 0;
	if (!known(&in) || (in.prefixed && immediate_len(&in)) || (in.has_modrm && !n))
		return in;
	at += n + immediate_len(&in);
	in.len = at <= size ? at : 0;
	return in;
}

/* Does the kernel do it itself? */
static bool is_cheap(const struct insn *in)
{
	unsigned char op = in->opcode;

	if (in->prefixed)
		return false;
	if (in->two_bytes)
		return (op & 0xf0) == 0x80; /* jcc */
	return (op & 0xf8) == 0x50 || (op & 0xf0) == 0x70 || op == 0x90 || op == 0xe8 ||
	       op == 0xe9 || op == 0xeb;
}

static int register_of(unsigned char field, bool extended)
{
	return (field & 7) | (extended ? 8 : 0);
}

/* The register that it writes, -1 = none that matters. */
static int written(const struct insn *in)
{
	unsigned char op = in->opcode;
	bool direct = in->has_modrm && in->modrm >> 6 == 3;
	int reg = register_of(in->modrm >> 3, in->rex & 4),
	    rm = register_of(in->modrm, in->rex & 1);

	if (in->two_bytes) {
		if (op == 0x1e || op == 0x1f || !in->has_modrm)
			return -1;
		return (op & 0xf0) == 0x90 ? (direct ? rm : -1) : reg;
	}
	if ((op & 0xf8) == 0xb8 || (op & 0xf8) == 0x58) /* mov, pop */
		return register_of(op, in->rex & 1);
	if (!in->has_modrm || op == 0x84 || op == 0x85) /* test */
		return -1;
	if (accumulator(op) || ((op == 0xf6 || op == 0xf7) && is_test(in)))
		return -1;
	if (op < 0x40) {
		if (op >= 0x38) /* cmp */
			return -1;
		return op & 2 ? reg : direct ? rm : -1;
	}
	switch (op) {
	case 0x63: /* movsxd */
	case 0x8a:
	case 0x8b:
	case 0x8d: /* lea */
		return reg;
	case 0x80:
	case 0x81:
	case 0x83:
		if ((in->modrm >> 3 & 7) == 7) /* cmp */
			return -1;
	}
	return direct ? rm : -1;
}

static bool is_argument(int reg, unsigned int args)
{
	static const int registers[] = { RDI, RSI, RDX };
	unsigned int i;

	for (i = 0; i < args && i < 3; i++)
		if (reg == registers[i])
			return true;
	return false;
}

/* Does the next instruction run after it, with the arguments as they were? */
static bool may_pass(const struct insn *in, unsigned int args)
{
	unsigned char op = in->opcode;

	/* xchg writes two, mul and div write rdx. */
	if (!in->two_bytes &&
	    (op == 0x86 || op == 0x87 || ((op == 0xf6 || op == 0xf7) && (in->modrm >> 3 & 7) >= 4)))
		return false;
	return !is_argument(written(in), args);
}

/* The target of a jump at 'at', that far from the beginning of the code. */
static uint64_t jump_of(const unsigned char *code, size_t at, const struct insn *in)
{
	int32_t displacement;

	if (in->two_bytes || in->opcode != 0xe9)
		return 0;
	memcpy(&displacement, code + at + in->len - sizeof(displacement), sizeof(displacement));
	return at + in->len + (uint64_t)(int64_t)displacement;
}

/* sub $N,%rsp is what a function may do to its stack before: the bytes; -1 = something else. */
static long taken(const unsigned char *end, const struct insn *in)
{
	int32_t n;

	if (written(in) != RSP)
		return 0;
	if (in->two_bytes || in->modrm != 0xec || !(in->rex & 8) ||
	    (in->opcode != 0x83 && in->opcode != 0x81))
		return -1;
	if (in->opcode == 0x83)
		return (signed char)end[-1];
	memcpy(&n, end - sizeof(n), sizeof(n));
	return n;
}

long arch_x86_64_site(const unsigned char *code, size_t size, unsigned int args,
                      struct arch_site *to)
{
	struct insn in;
	long stack;
	size_t at;

	for (at = 0; at < size; at += in.len) {
		in = decode(code + at, size - at);
		if (!in.len)
			return -1;
		if (is_cheap(&in)) {
			to->jump = jump_of(code, at, &in);
			return (long)at;
		}
		stack = taken(code + at + in.len, &in);
		if (stack < 0 || !may_pass(&in, args))
			return -1;
		to->taken += (uint32_t)stack;
	}
	return -1;
}

bool arch_x86_64_targets(const unsigned char *code, size_t size, uint64_t vaddr,
                         arch_target *target, void *arg)
{
	int32_t displacement;
	size_t at, len = 1 + sizeof(displacement);

	for (at = 0; at + len <= size; at++) {
		if (code[at] != 0xe8 && code[at] != 0xe9)
			continue;
		memcpy(&displacement, code + at + 1, sizeof(displacement));
		if (target(arg, vaddr + at + len + (uint64_t)(int64_t)displacement,
		           code[at] == 0xe8))
			return true;
	}
	return false;
}
