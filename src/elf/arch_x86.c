// SPDX-License-Identifier: Apache-2.0
/* Stubs of x86-64 and i386: perhaps endbr, perhaps bnd, then an indirect jump. */
#include <string.h>

#include "elf/arch.h"

/* The jump of a stub with what it is addressed by, behind the prefixes; NULL = none. */
static const unsigned char *find_jump(const struct arch_stub *s, unsigned char modrm)
{
	static const unsigned char endbr[] = { 0xf3, 0x0f, 0x1e };
	const unsigned char *p = s->code, *end = p + s->size;

	if (end - p >= 4 && !memcmp(p, endbr, 3) && (p[3] == 0xfa || p[3] == 0xfb))
		p += 4;
	if (end - p >= 6 && p[0] == 0x41 && p[1] == 0xbb) /* mold: mov $index, %r11d */
		p += 6;
	if (end - p >= 1 && p[0] == 0xf2) /* bnd */
		p++;
	return end - p >= 6 && p[0] == 0xff && p[1] == modrm ? p + 2 : NULL;
}

bool arch_x86_64_stub(const struct arch_stub *s, uint64_t *slot)
{
	const unsigned char *p = find_jump(s, 0x25); /* jmp *disp(%rip) */
	int32_t disp;

	if (!p)
		return false;
	memcpy(&disp, p, sizeof(disp));
	*slot = s->address + (uint64_t)(p + 4 - s->code) + (uint64_t)(int64_t)disp;
	return true;
}

bool arch_i386_stub(const struct arch_stub *s, uint64_t *slot)
{
	const unsigned char *absolute = find_jump(s, 0x25);                /* jmp *address */
	const unsigned char *p = absolute ? absolute : find_jump(s, 0xa3); /* jmp *disp(%ebx) */
	uint32_t disp;

	if (!p)
		return false;
	memcpy(&disp, p, sizeof(disp));
	*slot = absolute ? disp : (uint32_t)(s->got + disp);
	return true;
}
