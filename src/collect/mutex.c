// SPDX-License-Identifier: Apache-2.0
/*
 * Kind mutex: who has held up others by holding a lock, as Go's mutex profile shows it. A sample is a
 * release, on the stack of who released, and its delay what all waiters had waited since the release
 * before.
 */
#include "collect/collect.h"
#include "collect/lock.h"

static size_t labels(const struct sample_key *key, struct kind_label *to)
{
	return lock_label(key->reason, to);
}

const struct kind kind_mutex = {
	.name = "mutex",
	.help = "who holds up others by holding a mutex, rwlock or GIL: the stacks that release it",
	.example = "ebprof mutex -p PID -o m.pb.gz 10; go tool pprof -peek . m.pb.gz",
	.empty = "released no lock that others waited for",
	.id = KIND_mutex,
	.recorded = KIND_mutex,
	.source = &source_lock,
	.releases = true,
	.locks = true,
	.describe = lock_describe,
	.values = lock_values,
	.labels = labels,
};
