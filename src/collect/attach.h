/* SPDX-License-Identifier: Apache-2.0 */
/* What holds a program to its hook: descriptors, closed together. Nothing outlives the process. */
#ifndef EBPROF_COLLECT_ATTACH_H
#define EBPROF_COLLECT_ATTACH_H

#include <stddef.h>

struct bpf_program;
struct err;
struct perf_event_attr;

struct links {
	int *fds;
	size_t cnt, cap;
};

/* Detaches everything; the struct is reusable. */
void links_release(struct links *l);
/* Adds a descriptor, which is closed at once when it cannot be added; 0 or -ENOMEM. */
int links_add(struct links *l, int fd);
/* The number of a kind of events that the kernel gave out at its start; 0 or -errno. */
int event_type(const char *path, unsigned int *type);
/* Opens the event on one CPU for all tasks and runs the program at each overflow. 0 or -errno. */
int attach_perf_event(struct links *l, const struct bpf_program *prog, struct perf_event_attr *attr,
                      int cpu);
/* Attaches a program whose section names its hook (tp_btf, raw_tp). 0 or -errno. */
int attach_raw_tracepoint(struct links *l, const struct bpf_program *prog);
/* Can a BPF program be put on the entry of that function of the kernel (fentry)? It tries. */
_Bool attach_can_fentry(const char *function);
/* There when the kernel can put probes on its own functions. */
#define KPROBE_TYPE "/sys/bus/event_source/devices/kprobe/type"

/* Runs a program at the entry of a function of the kernel (a symbol of kallsyms). 0 or -errno. */
int attach_kprobe(struct links *l, const struct bpf_program *prog, const char *symbol);
/* Marks the online CPUs in cpus[0..cnt); 0 or -errno. */
int cpus_online(_Bool *cpus, size_t cnt);
/* Marks the CPUs of a list such as "0-3,8"; 0 or -EINVAL. */
int cpus_parse(const char *list, _Bool *cpus, size_t cnt);

#endif
