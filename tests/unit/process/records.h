/* SPDX-License-Identifier: Apache-2.0 */
/* Makes perf's records for the tests of what reads them. */
#ifndef EBPROF_TEST_RECORDS_H
#define EBPROF_TEST_RECORDS_H

#include <linux/perf_event.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	unsigned char data[1 << 16];
	size_t size;
};

static inline void put(struct bytes *b, const void *data, size_t size)
{
	memcpy(b->data + b->size, data, size);
	b->size += size;
}

static inline void put32(struct bytes *b, uint32_t v)
{
	put(b, &v, sizeof(v));
}

static inline void put64(struct bytes *b, uint64_t v)
{
	put(b, &v, sizeof(v));
}

/* A string, padded to 8 bytes as the kernel does. */
static inline void put_string(struct bytes *b, const char *s)
{
	size_t len = strlen(s) + 1;

	put(b, s, len);
	for (; len % 8; len++)
		b->data[b->size++] = 0;
}

/* Starts a record; put_end() closes it with the trailer. Returns where it began. */
static inline size_t put_begin(struct bytes *b, uint32_t type, uint16_t misc)
{
	size_t at = b->size;

	put32(b, type);
	put(b, &misc, sizeof(misc));
	misc = 0;
	put(b, &misc, sizeof(misc));
	return at;
}

static inline void put_end(struct bytes *b, size_t at, uint32_t pid, uint64_t time, uint64_t id)
{
	uint16_t size;

	put32(b, pid);
	put32(b, pid);
	put64(b, time);
	put64(b, id);
	put64(b, 0);
	size = (uint16_t)(b->size - at);
	memcpy(b->data + at + 6, &size, sizeof(size));
}

static inline void put_comm(struct bytes *b, uint32_t pid, uint64_t time, const char *comm,
                            int exec)
{
	size_t at = put_begin(b, PERF_RECORD_COMM, exec ? PERF_RECORD_MISC_COMM_EXEC : 0);

	put32(b, pid);
	put32(b, pid);
	put_string(b, comm);
	put_end(b, at, pid, time, 1);
}

static inline void put_task(struct bytes *b, uint32_t type, uint32_t pid, uint32_t ppid,
                            uint32_t tid, uint64_t time, uint64_t id)
{
	size_t at = put_begin(b, type, 0);

	put32(b, pid);
	put32(b, ppid);
	put32(b, tid);
	put32(b, ppid);
	put64(b, time);
	put_end(b, at, pid, time, id);
}

static inline void put_mmap2(struct bytes *b, uint32_t pid, uint64_t time, uint64_t start,
                             uint64_t len, uint64_t inode, const char *path)
{
	size_t at = put_begin(b, PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER);

	put32(b, pid);
	put32(b, pid);
	put64(b, start);
	put64(b, len);
	put64(b, 0x1000);
	put32(b, 8);
	put32(b, 1);
	put64(b, inode);
	put64(b, 99);
	put64(b, 0);
	put_string(b, path);
	put_end(b, at, pid, time, 1);
}

static inline void put_build_id(struct bytes *b, uint32_t pid, uint64_t time, uint64_t start,
                                uint64_t len, uint8_t id_sz, const char *path)
{
	size_t at = put_begin(b, PERF_RECORD_MMAP2,
	                      PERF_RECORD_MISC_USER | PERF_RECORD_MISC_MMAP_BUILD_ID);

	put32(b, pid);
	put32(b, pid);
	put64(b, start);
	put64(b, len);
	put64(b, 0x1000);
	put32(b, id_sz);
	put(b, "\xab\xcd\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12",
	    20);
	put64(b, 0);
	put_string(b, path);
	put_end(b, at, pid, time, 2);
}

static inline void put_lost(struct bytes *b, uint64_t time, uint64_t lost)
{
	size_t at = put_begin(b, PERF_RECORD_LOST, 0);

	put64(b, 1);
	put64(b, lost);
	put_end(b, at, 0, time, 1);
}

#endif
