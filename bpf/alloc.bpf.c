// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Source alloc: what programs allocate, and what of it is in use. Probes on an allocator's functions
 * decide for each call by its size alone whether it is sampled; only of a sampled one the stack is taken
 * and the return is waited for, where its address is known. A sampled block is remembered by process
 * and address until it is freed; a call of free() is one look-up.
 */
#include "chance.bpf.h"
#include "live.bpf.h"

const volatile struct abi_alloc alloc = {};

struct live_map live SEC(".maps");

/* A call that was looked at on its way in, and that has not returned. */
struct call {
	bool sampled, had_old;
	__u64 answer;              /* posix_memalign: where the block's address will be */
	struct abi_block old;      /* realloc: the block that it frees, */
	struct sample_key key;     /* the new one's, */
	struct sample_key old_key; /* and the old one's, when that was sampled */
};

struct call_id {
	__u64 task; /* tgid and tid */
	__u64 call; /* enum alloc_call: one may call another */
};

/* A thread that ends inside of one leaves its entry to be overwritten. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* collect/alloc.c */
	__type(key, struct call_id);
	__type(value, struct call);
} calls SEC(".maps");

/* Too large for the stack. */
static const volatile struct call no_call = {};

/* What a function was called with. Read one by one: the verifier wants constant offsets. */
struct args {
	__u64 a, b, c;
};

static __always_inline struct args args_of(const struct arch_regs *r)
{
	struct args to = { arch_arg1((const volatile struct arch_regs *)r),
		           arch_arg2((const volatile struct arch_regs *)r),
		           arch_arg3((const volatile struct arch_regs *)r) };

	return to;
}

static __always_inline bool is_realloc(__u32 call)
{
	return call == ALLOC_REALLOC || call == ALLOC_REALLOC_OLD || call == ALLOC_REALLOCARRAY;
}

/* 0 = more than there can be: the call will fail. */
static __always_inline __u64 product(__u64 a, __u64 b)
{
	__u64 most = a ? ~0ull / a : 0;

	barrier_var(most); /* clang makes a 128-bit multiplication of it */
	return b > most ? 0 : a * b;
}

/* The bytes that a call asks for; 0 = it allocates nothing. */
static __always_inline __u64 size_of(const struct args *v, __u32 call)
{
	switch (call) {
	case ALLOC_MALLOC:
		return v->a;
	case ALLOC_CALLOC:
		return product(v->a, v->b);
	case ALLOC_REALLOC_OLD:
		return v->a ? v->b : 0;
	case ALLOC_REALLOC:
	case ALLOC_ALIGNED:
		return v->b;
	case ALLOC_REALLOCARRAY:
		return product(v->b, v->c);
	case ALLOC_POSIX_MEMALIGN:
		return v->c;
	}
	return 0;
}

static __always_inline bool sampled(__u64 size)
{
	return size && bpf_get_prandom_u32() < chance_of(size, alloc.rate);
}

/* The key of what realloc() is given, if that was sampled. Apart: the stack of enter() has no room. */
static __noinline struct sample_key *old_of(__u64 address)
{
	struct abi_block block;

	block_of(&block, address);
	return bpf_map_lookup_elem(&live, &block);
}

/* Does the function call it that counts the block? */
static __noinline bool is_inner(const struct arch_regs *r, __u64 cookie)
{
	__u64 back, at = arch_sp(r) + ALLOC_TAKEN(cookie);

	if (!ALLOC_LENGTH(cookie) || bpf_probe_read_user(&back, sizeof(back), (const void *)at))
		return false;
	return back - (arch_pc(r) + ALLOC_DISTANCE(cookie)) < ALLOC_LENGTH(cookie);
}

/* On the way in; true: the return is to be seen. */
static __always_inline bool enter(void *ctx, __u64 cookie)
{
	__u32 call = ALLOC_CALL(cookie);
	struct call_id id = { bpf_get_current_pid_tgid(), call };
	struct sample_event ev = { .ctx = CTX_PROBE,
		                   .kind = KIND_heap,
		                   .in_user = true,
		                   .frame = ALLOC_TAKEN(cookie) + 8 };
	struct sample_key *old = NULL;
	struct call *c;
	struct args v = args_of(ctx);
	__u64 size = size_of(&v, call);
	bool take = sampled(size) && !is_inner(ctx, cookie);

	sample_stat(CTX_PROBE, STAT_ALLOC_CALLS);
	if (is_realloc(call) && v.a)
		old = old_of(v.a);
	if (old && !size) { /* realloc(block, 0) is free(block) */
		free_block(v.a);
		return false;
	}
	if (!take && !old)
		return false;
	bpf_map_update_elem(&calls, &id, (const void *)&no_call, BPF_ANY);
	c = bpf_map_lookup_elem(&calls, &id);
	if (!c) {
		sample_lose(CTX_PROBE, LOSS_ALLOC_OPEN);
		return false;
	}
	if (old) {
		/* It is not in use from here on, or again if the call fails. */
		c->old_key = *old;
		block_of(&c->old, v.a);
		c->had_old = true;
		bpf_map_delete_elem(&live, &c->old);
	}
	c->answer = v.a;
	ev.tag = size;
	c->sampled = take && sample_hold(ctx, &ev, &c->key);
	return c->sampled || c->had_old;
}

/* On the way out. False: nothing is known of a way in. */
static __always_inline bool leave(const struct arch_regs *r, __u32 call)
{
	struct call_id id = { bpf_get_current_pid_tgid(), call };
	struct abi_block block = { arch_result(r), id.task >> 32, 0 };
	struct call *c = bpf_map_lookup_elem(&calls, &id);
	bool failed;

	if (!c)
		return false;
	failed = !block.address;
	if (call == ALLOC_POSIX_MEMALIGN)
		failed = block.address || bpf_probe_read_user(&block.address, sizeof(block.address),
		                                              (const void *)c->answer);
	if (c->had_old) {
		if (failed)
			bpf_map_update_elem(&live, &c->old, &c->old_key, BPF_NOEXIST);
		else
			count(&c->old_key, 0, 1);
	}
	if (c->sampled && !failed)
		block_add(&block, &c->key);
	bpf_map_delete_elem(&calls, &id);
	return true;
}

/*
 * Both ways: the return is only met when the entry asked for it. Which it is, the program counter tells: at a
 * return it is no longer the site's. (The kernel's own word for it, bpf_session_is_return(), has changed its
 * parameters, and then no program of this object would load.)
 */
static __always_inline bool is_return(struct arch_regs *ctx)
{
	return arch_pc(ctx) != bpf_get_func_ip(ctx);
}

SEC("?uprobe")
int alloc_session(struct arch_regs *ctx)
{
	if (is_return(ctx)) {
		if (!leave(ctx, ALLOC_CALL(bpf_get_attach_cookie(ctx))))
			sample_lose(CTX_PROBE, LOSS_ALLOC_OPEN);
		return 0;
	}
	if (enter(ctx, bpf_get_attach_cookie(ctx)))
		return 0;
	return 1;
}

/* Where one probe has one way. */
SEC("?uprobe")
int alloc_enter(struct arch_regs *ctx)
{
	enter(ctx, bpf_get_attach_cookie(ctx));
	return 0;
}

SEC("?uretprobe")
int alloc_leave(struct arch_regs *ctx)
{
	leave(ctx, ALLOC_CALL(bpf_get_attach_cookie(ctx)));
	return 0;
}

SEC("?uprobe")
int alloc_free(struct arch_regs *ctx)
{
	__u64 address = arch_arg1(ctx);

	sample_stat(CTX_PROBE, STAT_FREE_CALLS);
	if (address)
		free_block(address);
	return 0;
}
