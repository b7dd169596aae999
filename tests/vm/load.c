// SPDX-License-Identifier: Apache-2.0
/*
 * Does this kernel's verifier take every BPF program? The settings are constants to the verifier, which
 * does not look at what they rule out, so each set of them below is loaded on its own. Prints one case
 * a program and set, with the instructions that the verifier walked (0: a kernel before 5.16), which
 * are not to be more than 40,000.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "abi.h"
#include "ebprof.skel.h"

struct settings {
	const char *name;
	struct abi_config config;
};

#define KEEP_ALL (~0u)

/* The verifier gives up at a million; what is far below that stays so on kernels to come. */
#define INSNS_MAX 40000

/* BPF_TRACE_UPROBE_SESSION of include/uapi/linux/bpf.h of 6.13 */
#define TRACE_UPROBE_SESSION 57

static const struct settings settings[] = {
	{ "least", { .seed = 1, .slice_ns = 1 } },
	{ "stacks",
	  { .seed = 1,
	    .slice_ns = 1,
	    .keep = KEEP_USER | KEEP_KERN,
	    .user_frames = ABI_USER_FRAMES,
	    .kern_frames = 127 } },
	{ "all",
	  { .seed = 1,
	    .slice_ns = 1000,
	    .keep = KEEP_ALL,
	    .user_frames = ABI_USER_FRAMES,
	    .kern_frames = ABI_KERN_FRAMES } },
	{ "all but --samples, in a PID namespace",
	  { .seed = 1,
	    .slice_ns = 1000,
	    .keep = KEEP_ALL & ~(KEEP_SAMPLES | KEEP_KERN_ONLY | KEEP_USER_TASK),
	    .user_frames = ABI_USER_FRAMES,
	    .kern_frames = ABI_KERN_FRAMES,
	    .pidns_inum = 1 } },
	{ "--unwind check",
	  { .seed = 1,
	    .slice_ns = 1,
	    .keep = KEEP_USER | KEEP_KERN,
	    .user_frames = ABI_USER_FRAMES,
	    .kern_frames = 127,
	    .unwind = UNWIND_CHECK } },
};

/* Each of them with all that waits may be asked for: with nothing shown, nothing of them is looked at. */
static const struct abi_sched waits = {
	.threshold_ns = 1000000,
	.min_ns = 1,
	.max_ns = 1000000000,
	.reasons = ~1u,
	.shown = ~0u,
	.wakers = 1,
	.irq = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } },
};

static bool loud;

static int on_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return loud && level <= LIBBPF_WARN ? vprintf(format, arguments) : 0;
}

static bool has_symbol(const char *name)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char symbol[512] = "";

	while (f && fscanf(f, "%*x %*c %511s%*[^\n]", symbol) == 1 && strcmp(symbol, name))
		;
	if (f)
		fclose(f);
	return !strcmp(symbol, name);
}

/* Sessions of kprobes came earlier, with the same functions. */
static bool has_uprobe_session(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id = btf__find_by_name_kind(btf, "bpf_attach_type", BTF_KIND_ENUM), i;
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
	bool has = false;

	for (i = 0; t && i < btf_vlen(t); i++)
		has |= !strcmp(btf__name_by_offset(btf, btf_enum(t)[i].name_off),
		               "BPF_TRACE_UPROBE_SESSION");
	btf__free(btf);
	return has;
}

/*
 * Its hook is not in this kernel: the tracepoint came later, or the compiler cut off parameters of the
 * function (.isra.0), which BTF then does not name. Nothing of it is asked for here.
 */
static bool no_hook(const struct bpf_program *p)
{
	const char *name = bpf_program__name(p);

	if (!strcmp(name, "alloc_session"))
		return !has_uprobe_session();
	if (!strcmp(name, "alloc_enter") || !strcmp(name, "alloc_leave"))
		return libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie,
		                               NULL) != 1;
	if (!strcmp(bpf_program__name(p), "sched_exit"))
		return libbpf_find_vmlinux_btf_id("sched_exit_tp", BPF_TRACE_RAW_TP) < 0;
	return !strcmp(bpf_program__name(p), "sched_finish") && !has_symbol("finish_task_switch");
}

/* Loads that program, or all for NULL. */
static struct ebprof_bpf *load(const struct settings *s, const char *only)
{
	bool storage = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL) == 1;
	struct ebprof_bpf *skel = ebprof_bpf__open();
	struct bpf_program *p;
	struct bpf_map *m;

	if (!skel)
		return NULL;
	skel->rodata->config = s->config;
	skel->rodata->sched = waits;
	bpf_object__for_each_program(p, skel->obj) bpf_program__set_autoload(
		p, (!only || !strcmp(only, bpf_program__name(p))) && !no_hook(p));
	bpf_program__set_expected_attach_type(skel->progs.alloc_session,
	                                      (enum bpf_attach_type)TRACE_UPROBE_SESSION);
	bpf_object__for_each_map(m, skel->obj) if (bpf_map__type(m) == BPF_MAP_TYPE_TASK_STORAGE)
		bpf_map__set_autocreate(m, storage);
	bpf_map__set_max_entries(skel->maps.ring, 1 << 20);
	if (!ebprof_bpf__load(skel))
		return skel;
	ebprof_bpf__destroy(skel);
	return NULL;
}

static bool report(const struct settings *s, struct bpf_program *p)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len)) {
		printf("not ok load %s (%s): no information\n", bpf_program__name(p), s->name);
		return false;
	}
	printf("%sok load %s (%s) verified_insns %u xlated_bytes %u\n",
	       info.verified_insns > INSNS_MAX ? "not " : "", bpf_program__name(p), s->name,
	       info.verified_insns, info.xlated_prog_len);
	return info.verified_insns <= INSNS_MAX;
}

/* All at once was refused: which program is it? The verifier's words come with it. */
static void blame(const struct settings *s)
{
	struct ebprof_bpf *names = ebprof_bpf__open(), *skel;
	struct bpf_program *p;

	bpf_object__for_each_program(p, names->obj)
	{
		skel = load(s, bpf_program__name(p));
		if (skel) {
			printf("ok load %s (%s) alone\n", bpf_program__name(p), s->name);
			ebprof_bpf__destroy(skel);
			continue;
		}
		loud = true;
		load(s, bpf_program__name(p));
		loud = false;
		printf("not ok load %s (%s): refused\n", bpf_program__name(p), s->name);
	}
	ebprof_bpf__destroy(names);
}

static bool load_all(const struct settings *s)
{
	struct ebprof_bpf *skel = load(s, NULL);
	struct bpf_program *p;
	bool good = true;

	if (!skel) {
		printf("not ok load (%s): refused\n", s->name);
		blame(s);
		return false;
	}
	bpf_object__for_each_program(p, skel->obj)
	{
		if (!no_hook(p))
			good &= report(s, p);
	}
	ebprof_bpf__destroy(skel);
	return good;
}

int main(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	bool good = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	setrlimit(RLIMIT_MEMLOCK, &all);
	libbpf_set_print(on_libbpf);
	for (unsigned i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		good &= load_all(&settings[i]);
	return !good;
}
