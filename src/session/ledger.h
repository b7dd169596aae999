/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an engine has seen so far: the sum of every sample key, every stack's body, and (with
 * --samples) every event. Entries are numbered in the order of arrival and never removed, so a state
 * of the ledger is the values of the first n keys.
 */
#ifndef EBPROF_SESSION_LEDGER_H
#define EBPROF_SESSION_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "base/table.h"

struct ledger_entry {
	struct sample_key key;
	struct sample_value value;
};

struct ledger_event {
	uint64_t time; /* CLOCK_BOOTTIME, ns */
	uint32_t entry, pad;
	struct sample_value value;
};

struct ledger_stack {
	uint64_t id;
	size_t first; /* in ledger.frames */
	uint32_t cnt, pad;
};

/* One whom samples name as related (record_related). */
struct ledger_related {
	uint64_t id;
	struct sample_key key; /* whose stacks they are */
	char comm[ABI_COMM_LEN];
};

struct ledger {
	struct table entries; /* struct ledger_entry */
	struct table stacks;  /* struct ledger_stack */
	struct table related; /* struct ledger_related */
	uint64_t *frames;
	size_t frame_cnt, frame_cap;
	struct ledger_event *events;
	size_t event_cnt, event_cap;
};

void ledger_init(struct ledger *l);
void ledger_release(struct ledger *l);
/* Adds to the sum of a key; its number, or -ENOMEM. is_new: the key was not there. */
long ledger_add(struct ledger *l, const struct sample_key *key, const struct sample_value *value,
                bool *is_new);
/* Keeps a stack's body; a second body of the same id is ignored. 0 or -ENOMEM. */
int ledger_add_stack(struct ledger *l, uint64_t id, const uint64_t *frames, uint32_t cnt);
/* Keeps who has that number; a second one is ignored. 0 or -ENOMEM. */
int ledger_add_related(struct ledger *l, const struct record_related *r);
/* NULL: nobody has it. */
const struct ledger_related *ledger_related(const struct ledger *l, uint64_t id);
/* One event of its own. 0 or -ENOMEM. */
int ledger_add_event(struct ledger *l, uint64_t time, uint32_t entry,
                     const struct sample_value *value);
struct ledger_entry *ledger_at(const struct ledger *l, size_t number);
/* The frames of a stack (the leaf first), NULL with *cnt = 0 when the body never came. */
const uint64_t *ledger_stack(const struct ledger *l, uint64_t id, uint32_t *cnt);

#endif
