// SPDX-License-Identifier: Apache-2.0
/* Items are in order as qsort() has them, whatever the keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/order.h"

struct item {
	uint64_t key;
	uint32_t second, third;
};

static int compare(const void *pa, const void *pb)
{
	const struct item *a = pa, *b = pb;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->second < b->second ? -1 : a->second > b->second;
}

static uint64_t random_bits(void)
{
	return (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();
}

/* 'mask': of the keys; few bits make many equal ones. */
static void check(size_t cnt, uint64_t mask, uint64_t base)
{
	struct item *a = calloc(cnt + 1, sizeof(*a)), *b = calloc(cnt + 1, sizeof(*b));
	struct order_item *o = calloc(cnt + 1, sizeof(*o));
	size_t i;

	assert_true(a && b && o);
	for (i = 0; i < cnt; i++) {
		b[i] = a[i] = (struct item){ .key = base + (random_bits() & mask),
			                     .second = (uint32_t)i * 0x9e3779b1u };
		o[i] = (struct order_item){ .key = a[i].key, .id = (uint32_t)i };
	}
	assert_int_equal(order_sort(o, cnt), 0);
	for (i = 1; i < cnt; i++)
		assert_true(o[i - 1].key < o[i].key ||
		            (o[i - 1].key == o[i].key && o[i - 1].id < o[i].id));
	for (i = 0; i < cnt; i++)
		assert_int_equal(o[i].key, a[o[i].id].key);
	order_array(a, cnt, sizeof(*a), compare);
	if (cnt)
		qsort(b, cnt, sizeof(*b), compare);
	assert_memory_equal(a, b, (cnt + 1) * sizeof(*a));
	free(a);
	free(b);
	free(o);
}

static void as_qsort(void **state)
{
	static const size_t cnts[] = { 0, 1, 2, 3, 31, 32, 33, 257, 5000 };
	static const uint64_t masks[] = {
		0, 1, 0xff, 0xff00, 0xffffff, 0xff00000000ff, UINT64_MAX
	};
	size_t i, k;

	srandom(1);
	for (i = 0; i < sizeof(cnts) / sizeof(*cnts); i++)
		for (k = 0; k < sizeof(masks) / sizeof(*masks); k++) {
			check(cnts[i], masks[k], 0);
			check(cnts[i], masks[k], 0x55d0c0de0000);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(as_qsort) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
