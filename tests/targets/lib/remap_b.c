// SPDX-License-Identifier: Apache-2.0
/* Code for tests/targets/remap.c: f_remap_b spins as often as it is told, without any data. */
void f_remap_b(long turns);

void f_remap_b(long turns)
{
	/* A leaf has a frame of its own only when somebody asks for it. */
	__asm__ volatile("" : : "r"(__builtin_frame_address(0)));
	while (turns-- > 0)
		__asm__ volatile("" : : "r"(turns) : "memory");
}
