// SPDX-License-Identifier: Apache-2.0
/* Files' tables and processes' segments: made once, shared, never changed under a reader. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unwind/programs.h"

static void test_own_program(void **state)
{
	const struct unwind_segment *segs;
	uint32_t cnt, i;

	process(&self->image);
	segs = segments_of(self->image.pid, &cnt);
	assert_non_null(segs);
	assert_in_range(cnt, 4, self->image.mapping_cnt);
	for (i = 0; i < cnt; i++) {
		assert_true(segs[i].start < segs[i].end);
		assert_true(!i || segs[i - 1].end <= segs[i].start);
		assert_true(segs[i].file && segs[i].block_cnt);
		assert_ptr_equal(unwind_file(u, segs[i].file),
		                 self_mapping(self, (void *)segs[i].start)->file);
	}
	assert_int_equal(stats()->processes, 1);
	assert_int_equal(stats()->segments, cnt);
	assert_true(stats()->rows > 10000);
	assert_int_equal(stats()->table_bytes % 4, 0);
	assert_int_equal(stats()->built, stats()->tables);
}

static void test_nothing_changed(void **state)
{
	struct unwind_stats before;
	uint32_t cnt;
	const struct unwind_segment *segs;

	process(&self->image);
	before = *stats();
	segs = segments_of(self->image.pid, &cnt);
	process(&self->image);
	assert_memory_equal(&before, stats(), sizeof(before));
	assert_ptr_equal(segs, segments_of(self->image.pid, &cnt));
	assert_int_equal(u->segments.given_cnt, 0);
}

static void test_no_such_file(void **state)
{
	assert_null(unwind_file(u, 0));
	assert_null(unwind_file(u, 1));
	process(&self->image);
	assert_non_null(unwind_file(u, 1));
	assert_null(unwind_file(u, (uint32_t)stats()->files + 1));
	assert_null(unwind_file(u, UINT32_MAX));
}

static void test_files_are_shared(void **state)
{
	const struct mapping *both[] = { own(), libc() };
	struct made a, b;
	struct unwind_stats before;

	process(&made(&a, 10, both, 2)->image);
	before = *stats();
	process(&made(&b, 11, both + 1, 1)->image);
	assert_int_equal(stats()->built, before.built);
	assert_int_equal(stats()->table_bytes, before.table_bytes);
	assert_int_equal(stats()->segments, 3);
	assert_int_equal(blocks_of(10, 1), blocks_of(11, 0));
}

/* Children that never exec: one run for all, until one of them changes. */
static void test_equal_processes_share(void **state)
{
	const struct mapping *both[] = { own(), libc() };
	struct made m[4];
	uint32_t i, cnt;

	for (i = 0; i < 4; i++)
		process(&made(&m[i], 10 + i, both, 2)->image);
	assert_int_equal(stats()->processes, 4);
	assert_int_equal(stats()->segments, 2);
	m[1].image.mapping_cnt = 1;
	process(&m[1].image);
	assert_int_equal(stats()->segments, 3);
	segments_of(10, &cnt);
	assert_int_equal(cnt, 2);
	for (i = 0; i < 4; i++)
		unwind_forget(u, 10 + i);
	assert_int_equal(stats()->processes, 0);
	assert_int_equal(stats()->segments, 0);
	unwind_forget(u, 10);
}

/* What a walk may be reading stays as it was, for a while after the switch. */
static void test_copy_on_write(void **state)
{
	const struct mapping *both[] = { own(), libc() };
	const struct unwind_segment *old, *new;
	struct unwind_segment before[2];
	struct made a;
	uint32_t cnt;

	process(&made(&a, 10, both, 2)->image);
	old = segments_of(10, &cnt);
	memcpy(before, old, sizeof(before));
	a.mappings[1].start += 0x1000;
	a.mappings[1].offset += 0x1000;
	process(&a.image);
	new = segments_of(10, &cnt);
	assert_ptr_not_equal(old, new);
	assert_memory_equal(before, old, sizeof(before));
	a.mappings[1].start += 0x1000;
	a.mappings[1].offset += 0x1000;
	process(&a.image);
	assert_ptr_not_equal(old, segments_of(10, &cnt));
	assert_memory_equal(before, old, sizeof(before));
	unwind_tick(u);
	assert_int_equal(u->segments.given_cnt, 1);
	/* As if a second had gone by. */
	ranges_tick(&u->segments, u->now_ns + RANGES_GRACE_NS);
	a.mappings[0].end -= 0x1000;
	process(&a.image);
	assert_ptr_equal(old, segments_of(10, &cnt));
}

static void test_next_program(void **state)
{
	const struct mapping *both[] = { own(), libc() };
	struct made a;
	const struct shown *s;

	process(&made(&a, 10, both, 2)->image);
	a.image.exec_id = 2;
	process(&a.image);
	s = u->shown[10];
	assert_int_equal(s->exec_id, 2);
	assert_int_equal(s->run->refs, 1);
	assert_int_equal(stats()->processes, 1);
	a.image.start = 99;
	a.image.mapping_cnt = 0;
	process(&a.image);
	assert_int_equal(s->start, 99);
	assert_int_equal(s->run->cnt, 0);
	assert_int_equal(stats()->segments, 0);
}

static void test_pieces_are_joined(void **state)
{
	const struct mapping *thrice[] = { libc(), libc(), libc() };
	struct made a;
	uint32_t cnt;
	const struct unwind_segment *segs;
	int i;

	made(&a, 10, thrice, 3);
	for (i = 0; i < 3; i++) {
		a.mappings[i].start = 0x100000 + (uint64_t)i * 0x1000;
		a.mappings[i].end = a.mappings[i].start + 0x1000;
		a.mappings[i].offset = libc()->offset + (uint64_t)i * 0x1000;
	}
	a.mappings[2].offset += 0x1000;
	process(&a.image);
	segs = segments_of(10, &cnt);
	assert_int_equal(cnt, 2);
	assert_int_equal(segs[0].end, 0x102000);
	assert_int_equal(segs[1].offset, libc()->offset + 0x3000);
}

/* Code that is in no file, and files that cannot be read. */
static void test_no_file(void **state)
{
	struct file anon = { .kind = FILE_ANON, .fd = -1 }, gone = { .fd = -1 };
	struct mapping a = { .end = 0x1000, .file = &anon }, b = { .end = 0x1000, .file = &gone };
	struct mapping c = { .end = 0x1000 };
	const struct mapping *all[] = { &a, &b, &c };
	struct made m;
	uint32_t cnt, i;
	const struct unwind_segment *segs;

	process(&made(&m, 10, all, 3)->image);
	segs = segments_of(10, &cnt);
	assert_int_equal(cnt, 3);
	for (i = 0; i < 3; i++)
		assert_true(!segs[i].file && !segs[i].block_cnt);
	assert_int_equal(stats()->unreadable, 1);
	process(&m.image);
	assert_int_equal(stats()->unreadable, 1);
	/* It can be read after all. */
	gone.fd = libc()->file->fd;
	process(&m.image);
	assert_int_equal(stats()->unreadable, 0);
	assert_true(blocks_of(10, 1));
	gone.fd = -1;
	process(&m.image);
	assert_true(blocks_of(10, 1));
}

static int memory_of(const void *data, size_t size)
{
	return self_memory((uint64_t)data, size);
}

/* A copy of the C library's beginning with one byte of its header changed. */
static int changed_libc(size_t at, unsigned char value, size_t size)
{
	unsigned char *data = malloc(size);
	int fd;

	assert_int_equal(pread(libc()->file->fd, data, size, 0), (ssize_t)size);
	data[at] = value;
	fd = memory_of(data, size);
	free(data);
	return fd;
}

/* By frame pointer, but their frames are of the file. */
static void test_broken_files(void **state)
{
	struct file f[5] = { 0 };
	struct mapping m[5] = { 0 };
	const struct mapping *all[5];
	struct made made_one;
	uint32_t cnt, i;
	const struct unwind_segment *segs;

	f[0].fd = memory_of("no ELF file", 11);
	f[1].fd = changed_libc(EI_CLASS, ELFCLASS32, 1 << 20);
	f[2].fd = changed_libc(offsetof(Elf64_Ehdr, e_machine), EM_386, 1 << 20);
	f[3].fd = changed_libc(offsetof(Elf64_Ehdr, e_phnum), 0, 1 << 20);
	f[4].fd = memory_of("", 0);
	for (i = 0; i < 5; i++) {
		m[i] = (struct mapping){ .end = 0x1000, .file = &f[i] };
		all[i] = &m[i];
	}
	process(&made(&made_one, 10, all, 5)->image);
	segs = segments_of(10, &cnt);
	assert_int_equal(cnt, 5);
	for (i = 0; i < 5; i++) {
		assert_int_equal(segs[i].block_cnt, 0);
		assert_ptr_equal(unwind_file(u, segs[i].file), &f[i]);
		close(f[i].fd);
	}
	assert_int_equal(stats()->broken, 5);
	process(&made_one.image);
	assert_int_equal(stats()->broken, 5);
}

/* An image out of memory has no section headers: PT_GNU_EH_FRAME does. */
static void test_image_from_memory(void **state)
{
	size_t size = (size_t)lseek(libc()->file->fd, 0, SEEK_END);
	struct file f = { .fd = changed_libc(offsetof(Elf64_Ehdr, e_shoff) + 7, 0x7f, size),
		          .memory = true };
	struct mapping m = *libc();
	const struct mapping *both[] = { libc(), &m };
	struct made a;

	m.file = &f;
	process(&made(&a, 10, both, 2)->image);
	assert_int_equal(blocks_of(10, 1), blocks_of(10, 0));
	close(f.fd);
}

static void test_far_offsets(void **state)
{
	struct mapping m = *libc();
	const struct mapping *one[] = { &m };
	struct made a;
	uint32_t cnt;

	m.offset = FILE_OFFSET_MAX - 1;
	process(&made(&a, 10, one, 1)->image);
	assert_int_equal(segments_of(10, &cnt)->file, 0);
}

/* Mappings side by side that cannot be one: more than a process may have. */
static void test_too_many_mappings(void **state)
{
	enum { MANY = PROCESS_SEGMENTS_MAX + 100 };
	struct mapping *m = calloc(MANY, sizeof(*m));
	struct file anon = { .kind = FILE_ANON, .fd = -1 };
	struct image im = { .pid = 10, .mappings = m, .mapping_cnt = MANY };
	uint32_t i, cnt;

	for (i = 0; i < MANY; i++)
		m[i] = (struct mapping){ .start = (i + 1ull) << 16,
			                 .end = ((i + 1ull) << 16) + 4096,
			                 .file = &anon };
	process(&im);
	segments_of(10, &cnt);
	assert_int_equal(cnt, PROCESS_SEGMENTS_MAX);
	assert_int_equal(stats()->segments_cut, 100);
	/* Many such programs: in the end there is no room, and what was shown stays. */
	for (i = 1; i < 8; i++) {
		m[0].end++;
		im.pid++;
		process(&im);
	}
	m[0].end++;
	assert_int_equal(unwind_process(u, NULL, &im), -ENOSPC);
	assert_int_equal(stats()->segments_full, 1);
	segments_of(im.pid, &cnt);
	assert_int_equal(cnt, PROCESS_SEGMENTS_MAX);
	im.pid++;
	assert_int_equal(unwind_process(u, NULL, &im), -ENOSPC);
	assert_null(segments_of(im.pid, &cnt));
	free(m);
}

#define T(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(own_program),       T(nothing_changed),       T(no_such_file),
		T(files_are_shared),  T(equal_processes_share), T(copy_on_write),
		T(next_program),      T(pieces_are_joined),     T(no_file),
		T(broken_files),      T(image_from_memory),     T(far_offsets),
		T(too_many_mappings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
