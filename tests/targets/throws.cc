// SPDX-License-Identifier: Apache-2.0
// cflags: -O2 -fomit-frame-pointer
/*
 * throws [SECONDS [DEPTH]]: f_catch catches what f_throw throws DEPTH (default 10) frames further down,
 * which are of f_through and f_across by turns. Nearly all of the time goes to the C++ runtime, which
 * unwinds the stack itself.
 */
#include <stdexcept>

#include "target.h"

struct guard {
	int *cnt, by;

	~guard()
	{
		*cnt += by;
	}
};

static NOINLINE void f_throw(long value)
{
	if (value >= 0)
		throw std::runtime_error(value & 1 ? "odd" : "even");
}

static void f_across(long depth, int *cnt);

static NOINLINE void f_through(long depth, int *cnt)
{
	guard g = { cnt, 1 };

	depth > 1 ? f_across(depth - 1, cnt) : f_throw(*cnt);
}

static NOINLINE void f_across(long depth, int *cnt)
{
	guard g = { cnt, 2 };

	depth > 1 ? f_through(depth - 1, cnt) : f_throw(*cnt);
}

static NOINLINE int f_catch(long depth)
{
	int cnt = 0;

	try {
		f_through(depth, &cnt);
	} catch (const std::runtime_error &e) {
		cnt += e.what()[0] == 'e';
	}
	return cnt;
}

int main(int argc, char **argv)
{
	uint64_t end = target_begin(argc, argv);
	long depth = target_arg(argc, argv, 2, 10), thrown = 0;

	for (; !target_over(end); thrown++)
		if (f_catch(depth) < depth)
			return 1;
	printf("thrown %ld\n", thrown);
	return 0;
}
