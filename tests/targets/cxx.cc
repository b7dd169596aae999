// SPDX-License-Identifier: Apache-2.0
/* cxx [SECONDS]: names of C++: burner<int>::spin burns 60 %, app::burn(unsigned long) 40 %. */
#include "target.h"

namespace app
{
template <class T> struct burner {
	NOINLINE void spin(T ms)
	{
		SPIN(ms * MS);
	}
};

static NOINLINE void burn(unsigned long ms)
{
	SPIN(ms * MS);
}
} // namespace app

int main(int argc, char **argv)
{
	uint64_t end = target_begin(argc, argv), a = 0, b = 0, begin;
	app::burner<int> burner;

	while (!target_over(end)) {
		begin = target_clock(CLOCK_THREAD_CPUTIME_ID);
		burner.spin(6);
		a += target_clock(CLOCK_THREAD_CPUTIME_ID) - begin;
		begin = target_clock(CLOCK_THREAD_CPUTIME_ID);
		app::burn(4);
		b += target_clock(CLOCK_THREAD_CPUTIME_ID) - begin;
	}
	target_report("app::burner<int>::spin", a, a + b);
	target_report("app::burn", b, a + b);
	return 0;
}
