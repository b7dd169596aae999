/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One row = one profile kind: src/collect/<kind>.c holds its const row, struct kind kind_<kind>. */
#ifndef EBPROF_KINDS_H
#define EBPROF_KINDS_H

#define KINDS(X) X(cpu) X(offcpu) X(block) X(mutex) X(waiters) X(wall) X(heap) X(growth)

#define KIND_ENUM(name) KIND_##name,
enum kind_id { KINDS(KIND_ENUM) KIND_CNT };

#endif
