// SPDX-License-Identifier: Apache-2.0
/*
 * Damaged perf maps and jitdumps, and names that nobody should have, through the real worker: the files of the
 * same profile keep all their names. A worker that dies is counted, and costs what it read.
 */
#include "symbolize/corrupt.h"

#define LINE_MAX_BYTES 128

static int memory_of(const void *data, size_t size)
{
	int fd = memfd_create("code", MFD_CLOEXEC);

	assert_int_equal(write(fd, data, size), size);
	return fd;
}

static struct bytes perfmap(void)
{
	struct bytes b = { calloc(1, 3 << 20), 0 };
	char *at = (char *)b.at;
	int i;

	for (i = 0; i < 64; i++)
		b.size += (size_t)snprintf(at + b.size, LINE_MAX_BYTES, "%x 8 name_%d\n",
		                           0x1000 + 8 * i, i);
	return b;
}

static struct bytes jitdump(void)
{
	struct bytes b = { calloc(1, 3 << 20), 40 };
	uint32_t head[10] = { 0x4a695444, 1, 40, 62, 0, 4711 }, i;

	memcpy(b.at, head, sizeof(head));
	for (i = 0; i < 64; i++) {
		uint32_t debug[4] = { 2, 32 + 16 + 5 };
		uint64_t lines[4] = { 0x1000 + 8 * i, 1, 0x1000 + 8 * i, i };
		uint32_t load[4] = { 0, 16 + 40 + 8 + 8 };
		uint64_t code[5] = { 0, 0x1000 + 8 * i, 0x1000 + 8 * i, 8, i };

		debug[1] = 16 + 32 + 5;
		memcpy(b.at + b.size, debug, 16);
		memcpy(b.at + b.size + 16, lines, 32);
		memcpy(b.at + b.size + 48, "/a.c", 5);
		b.size += debug[1];
		memcpy(b.at + b.size, load, 16);
		memcpy(b.at + b.size + 16, code, 40);
		memcpy(b.at + b.size + 56, "a_name_", 8);
		b.size += load[1];
	}
	return b;
}

/* Names that nobody should have. */
static struct bytes odd_names(void)
{
	static const char *const names[] = { "\033[31mred",
		                             "a;b\"c'd",
		                             "\xe2\x80\xae"
		                             "desrever",
		                             "\xff\xfe\xc0",
		                             "\xed\xa0\x80",
		                             "new\rline",
		                             "_ZN",
		                             "_RNv",
		                             "_D",
		                             "" };
	struct bytes b = { calloc(1, 3 << 20), 0 };
	char *at = (char *)b.at;
	int i;

	for (i = 0; i < 10; i++)
		b.size += (size_t)snprintf(at + b.size, LINE_MAX_BYTES, "%x 8 %s\n", 0x1000 + 8 * i,
		                           names[i]);
	b.size += (size_t)snprintf(at + b.size, LINE_MAX_BYTES, "1080 8 ");
	memset(at + b.size, 'x', 1 << 20);
	b.size += 1 << 20;
	b.size += (size_t)snprintf(at + b.size, LINE_MAX_BYTES,
	                           "\n1088 ffffffffffffef00 all\n1090 8 last\n");
	return b;
}

static void code(void **state)
{
	struct bytes (*const made[])(void) = { perfmap, jitdump, odd_names };
	struct subject s = { .file = file_named("good"), .good = file_named("good") };
	struct outcome o, first;
	size_t k, i;

	offsets_set(&s);
	for (k = 0; k < 3; k++) {
		for (i = 0; i < 40; i++) {
			struct bytes b = made[k]();
			int fd;

			seed = 77 + i * 3 + k;
			if (i && i % 8 == 7)
				b.size = draw(b.size);
			else if (i)
				ways[i % WAY_CNT](b);
			fd = memory_of(b.at, b.size);
			free(b.at);
			s.jit = k == 1 ? (struct jit){ { -1, fd } } : (struct jit){ { fd, -1 } };
			o = ask(&s);
			close(fd);
			if (!i)
				first = o;
			assert_int_equal(o.named, first.named);
			assert_int_equal(o.good, first.good);
			assert_int_equal(o.counters.failed_workers, 0);
		}
		assert_in_range(first.code, k == 2 ? 9 : 64, 64);
	}
	close(s.file.fd);
	close(s.good.fd);
}

static bool dying;

static void die(void)
{
	if (dying)
		raise(SIGKILL);
}

static void deaths_are_counted(void **state)
{
	struct subject s = { .file = file_named("good"), .good = file_named("good") };
	struct bytes map = perfmap();
	struct outcome o;

	offsets_set(&s);
	s.jit = (struct jit){ { memory_of(map.at, map.size), -1 } };
	free(map.at);
	assert_int_equal(pthread_atfork(NULL, NULL, die), 0);
	dying = true;
	o = ask(&s);
	dying = false;
	assert_int_equal(o.counters.failed_workers, 3);
	assert_int_equal(o.counters.locations, s.cnt + 128);
	o = ask(&s);
	assert_int_equal(o.counters.failed_workers, 0);
	assert_int_equal(o.code, 64);
	close(s.jit.fds[0]);
	close(s.file.fd);
	close(s.good.fd);
}

static int begin(void **state)
{
	return mkdtemp(tools_dir) && make_good() ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code),
		cmocka_unit_test(deaths_are_counted),
	};

	return cmocka_run_group_tests(tests, begin, tools_end);
}
