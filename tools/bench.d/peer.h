/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What peer.bpf.c and peer.c share. */
#ifndef EBPROF_BENCH_PEER_H
#define EBPROF_BENCH_PEER_H

#include <linux/types.h>

enum {
	PEER_FRAMES = 128,
	PEER_PAGE_SHIFT = 16,
	PEER_ROWS = 1 << 16, /* of one file */
};

/* Longest prefix first: pid and address are big-endian. */
struct peer_range {
	__u32 prefix_bits; /* of pid and address together */
	__u32 pid;
	__u64 address;
};

struct peer_mapping {
	__u64 file;
	__u64 bias; /* of addresses in memory over those in the file */
};

struct peer_page_key {
	__u64 file;
	__u64 page; /* address in the file >> PEER_PAGE_SHIFT */
};

/* Rows [first, first + cnt) of the file's array; the first one is at the page's start. */
struct peer_page {
	__u32 first, cnt;
	__u64 map;
};

struct peer_row {
	__u16 low;  /* low bits of its address */
	__u8 kind;  /* enum rule_kind: SP, BP, STOP, or one that ends the walk */
	__u8 saved; /* is the frame pointer at CFA + fp_off? */
	__s16 fp_off;
	__u16 cfa;
};

/* What the ring carries, up to the last frame. */
struct peer_stack {
	__u32 cnt;
	__u32 root; /* was it reached? */
	__u64 pcs[PEER_FRAMES];
};

#endif
