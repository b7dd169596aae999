// SPDX-License-Identifier: Apache-2.0
/* Code for tests/targets/remap.c: f_remap_b spins as often as it is told, without any data. */
void f_remap_b(long turns);

void f_remap_b(long turns)
{
	while (turns-- > 0)
		__asm__ volatile("" : : "r"(turns) : "memory");
}
