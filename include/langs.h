/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One row = one unwinder with a BPF half, bpf/unwind/<lang>.bpf.c. */
#ifndef EBPROF_LANGS_H
#define EBPROF_LANGS_H

#define LANGS(X) X(native)

#define LANG_ENUM(name) LANG_##name,
enum lang_id { LANGS(LANG_ENUM) LANG_CNT };

#endif
