/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * THE ABI: what the kernel side and the user side share. Fixed widths, no pointers, no implicit
 * padding, sizes asserted; zeroed before use as a key. tgid and tid are those of the PID namespace
 * that ebprof runs in, as in perf's records and /proc (0: a task that this namespace does not show);
 * user code says pid for tgid.
 */
#ifndef EBPROF_ABI_H
#define EBPROF_ABI_H

#include <linux/types.h>

#include "growth.h"
#include "kinds.h"
#include "langs.h"

enum {
	ABI_USER_FRAMES = 1024,   /* user frames of one stack; a power of two */
	ABI_KERN_FRAMES = 512,    /* room for kernel.perf_event_max_stack, which may be raised */
	ABI_VALUES = 4,           /* values of a sample */
	ABI_GLOB_WORDS = 256,     /* one word of match bits for each byte value */
	ABI_UNMET_BYTES = 65536,  /* of stack that an unmet process's sample carries at most */
	ABI_RED_ZONE = 128,       /* below the stack pointer, and in use */
	ABI_UNMET_STEP = 4096,    /* one read of it: what is there is sent */
	ABI_UNMET_RING = 8 << 20, /* 500 of them with 16 KiB: 2,000 a second for 200 ms */
	ABI_CHECK_BYTES = 65536,  /* of stack beside each walk with --unwind check */
	ABI_CGROUPS = 16,         /* cgroups that one capture may name */
	ABI_COMM_LEN = 16,        /* TASK_COMM_LEN */
	ABI_SYSCALLS = 512,       /* numbers that have a class: a power of two */
	ABI_LOCKS = 131072, /* slots of locks: a power of two, twice the threads that may wait */
	ABI_LOCK_WAITS =
		65535,      /* threads that may wait for one at a time: their number has 16 bits */
	ABI_IRQ_RANGES = 4, /* of the kernel's code where interrupts enter */
};

/* Where a program runs: what may interrupt what. Each has its own scratch and its own counts. */
enum abi_ctx {
	CTX_PERF = 0,  /* hrtimer interrupt or NMI */
	CTX_TP = 1,    /* tracepoints */
	CTX_PROBE = 2, /* uprobes: may sleep, may be preempted */
	CTX_WAKE = 3,  /* sched_waking: interrupts are off, but it may be in one */
	CTX_CNT = 4,
};

/* What makes two events the same sample. A field that the capture did not ask for is 0. */
struct sample_key {
	__u64 user, kern; /* stack ids, 0 = none */
	__u64 related; /* struct record_related.id, or an enum related: waker, releaser, creator */
	__u64 start;   /* start_boottime of the process (its thread group leader), ns */
	__u64 cgroup;  /* cgroup v2 id */
	__u64 tag;     /* bytes, address, errno, a waiter's stack id: per kind */
	__u32 tgid, tid;
	__u32 exec_id; /* low half of task_struct.self_exec_id: which program of the process */
	__u32 slice;   /* time bucket since the capture's start */
	__u32 cpu;
	__u16 reason; /* enum wait_reason; of KIND_mutex the operation on the futex */
	__u8 kind;    /* enum kind_id */
	__u8 state;
};

struct sample_value {
	__s64 v[ABI_VALUES];
};

/* The values of a wait: how often, how long blocked, how long waiting for a CPU (ns). */
enum wait_value {
	WAIT_CNT = 0,
	WAIT_BLOCKED = 1,
	WAIT_RUNNABLE = 2,
};

/* What a thread did with its time (ns), and all of it in the capture: the values of KIND_wall. */
enum wall_value {
	WALL_RUNNING = 0,
	WALL_RUNNABLE = 1, /* it waited for a CPU */
	WALL_BLOCKED = 2,
	WALL_TIME = 3, /* from its birth or the capture's start to its or the capture's end */
};

/* The values of sampled blocks of one size (sample_key.tag, bytes) and stack. */
enum alloc_value {
	ALLOC_CNT = 0,   /* that were allocated */
	ALLOC_FREED = 1, /* and of these, no longer in use */
};

/* What a probed function of an allocator is asked for, and where it answers. */
enum alloc_call {
	ALLOC_MALLOC,         /* (size) */
	ALLOC_CALLOC,         /* (n, size) */
	ALLOC_REALLOC,        /* (block, size) */
	ALLOC_REALLOC_OLD,    /* the same; without a block it calls malloc, which is probed too */
	ALLOC_REALLOCARRAY,   /* (block, n, size) */
	ALLOC_ALIGNED,        /* (alignment, size) */
	ALLOC_POSIX_MEMALIGN, /* (&block, alignment, size) */
};

/*
 * The cookie of such a probe: the call, the bytes of stack that the function has taken before, and where the
 * function lies (from the probe, and its size; 0 = there is none) that calls this one for what it is asked for
 * itself, and is probed too.
 */
#define ALLOC_COOKIE(call, taken)      ((__u64)(taken) << 8 | (call))
#define ALLOC_CALLER(distance, length) ((__u64)(length) << 48 | ((__u64)(distance)&0xfffffff) << 20)
#define ALLOC_CALLER_FAR               (1ll << 27) /* a distance is less, both ways */
#define ALLOC_TAKEN_MAX                0xfff
#define ALLOC_CALL(cookie)             ((__u32)((cookie)&0xff))
#define ALLOC_TAKEN(cookie)            ((__u32)((cookie) >> 8) & ALLOC_TAKEN_MAX)
#define ALLOC_DISTANCE(cookie)         ((__s64)((cookie) << 16) >> 36)
#define ALLOC_LENGTH(cookie)           ((cookie) >> 48)

/* sample_key.related where no record has its number. */
enum related {
	RELATED_NONE = 0,    /* nobody was asked for, or there is nobody: it did not block */
	RELATED_UNKNOWN = 1, /* there was one */
	RELATED_YET = 2,     /* it still waits */
};

/* What a thread waited for: sample_key.reason. Append only. */
#define REASONS(X)             \
	X(OTHER, "other")      \
	X(LOCK, "lock")        \
	X(DISK, "disk")        \
	X(NETWORK, "network")  \
	X(PIPE, "pipe")        \
	X(POLL, "poll")        \
	X(SLEEP, "sleep")      \
	X(CHILD, "child")      \
	X(FAULT, "page fault") \
	X(THROTTLED, "throttled") /* its cgroup had used up its CPU time */
#define REASON_ENUM(name, text) REASON_##name,
enum wait_reason {
	REASON_NONE, /* it did not block: it waited for a CPU alone */
	REASONS(REASON_ENUM) REASON_CNT
};

/*
 * sample_key.tag of a wait: the syscall that it blocked in; of a futex one the operation and who had it,
 * by a number of the waiter's PID namespace (below 2^22), if that is told.
 */
#define WAIT_TAG(syscall)  ((__u64)(syscall) + 1)
#define WAIT_TAG_FUTEX(op) (((__u64)((op)&0xffff) + 1) << 16)
#define WAIT_TAG_OWNER(nr) ((__u64)(nr) << 40)
#define WAIT_SYSCALL(tag)  ((int)((tag)&0xffff) - 1) /* -1 = in none */
#define WAIT_FUTEX(tag)    ((int)((tag) >> 16 & 0x1ffff) - 1)
#define WAIT_OWNER(tag)    ((__u32)((tag) >> 40)) /* 0 = nobody knows */

/* What a blocked syscall's number says of the reason. */
enum syscall_class {
	SYSCALL_OTHER,
	SYSCALL_FD,    /* what its first argument, a descriptor, is a descriptor of */
	SYSCALL_FUTEX, /* a lock; its second argument is the operation */
	SYSCALL_LOCK,
	SYSCALL_DISK,
	SYSCALL_NETWORK,
	SYSCALL_PIPE,
	SYSCALL_POLL,
	SYSCALL_SLEEP,
	SYSCALL_CHILD,
};

/* Why a walk stopped before a root: the last frame of the stack, [end: REASON]. Append only. */
#define ENDS(X)                                                                                    \
	X(NONE, "complete")                  /* reached a root: no frame is added */               \
	X(TRUNCATED, "too deep")             /* more than the most user frames */                  \
	X(FAULT, "unreadable stack")         /* a stack word could not be read */                  \
	X(NO_FP, "no frame pointer")         /* it points to no frame: not above the last one */   \
	X(BAD_PC, "bad return address")      /* no user address */                                 \
	X(ZERO_PC, "zero return address")    /* no root rule says that this is a root */           \
	X(COMPAT, "32-bit")                  /* a 32-bit task that could not be walked */          \
	X(EXITING, "exiting")                /* it has given up its address space, for exec too */ \
	X(NO_CODE, "not code")               /* no segment holds the address */                    \
	X(NO_RULE, "no unwind rule")         /* a rule that the walker cannot follow */            \
	X(BAD_CFA, "bad frame")              /* the caller's frame is not above */                 \
	X(NO_TABLE, "no unwind table")       /* no room for the file's, and no frame pointer */    \
	X(KERN_TRUNCATED, "kernel too deep") /* more than kernel.perf_event_max_stack */           \
	X(KERN_FAULT, "kernel stack unreadable")                                                   \
	X(MOVED, "ran meanwhile") /* it ran while its stack was being copied */
#define END_ENUM(name, text) END_##name,
enum abi_end { ENDS(END_ENUM) END_CNT };

/*
 * A stack's frames are raw program counters, the leaf first. The highest bits of a user address are
 * never set, so a word with this tag is no address: its low byte is an enum abi_end, and it is the
 * last word of the stack.
 */
#define FRAME_END_TAG  0x0eb0000000000000ull
#define FRAME_TAG_MASK 0xfff0000000000000ull

/* One record of the ring. */
enum record_type {
	REC_STACK = 1,  /* first sight of a stack: its body */
	REC_SAMPLE = 2, /* one event (only with --samples) */
	REC_WAKE = 3,   /* the counts fill up: drain now */
	REC_UNMET = 4,  /* one event of a process whose tables are not there: registers and stack */
	REC_CHECK = 5,  /* a walk, and the registers and stack that it began with */
	REC_RELATED = 6, /* first sight of who a sample names as related */
};

struct record {
	__u32 type; /* enum record_type */
	__u32 size; /* of the whole record, bytes */
	__u64 time; /* CLOCK_BOOTTIME, ns */
	__u32 cpu;
	__u32 pad;
};

/* Followed by cnt frames of 8 bytes. */
struct record_stack {
	struct record head;
	__u64 id;  /* never 0 */
	__u32 cnt; /* frames */
	__u32 pad;
};

/* One who did something to a thread: woke it. */
struct record_related {
	struct record head;
	__u64 id;              /* above every enum related */
	struct sample_key key; /* whose stacks: user, kern, start, tgid, tid, exec_id, state */
	char comm[ABI_COMM_LEN];
};

/* sample_key.state of it: an interrupt, which happened to stop the thread that ran. */
#define RELATED_INTERRUPT 1

struct record_sample {
	struct record head;
	struct sample_key key;
	struct sample_value value;
};

/*
 * Followed by stack_sz bytes of memory from stack_at on, which holds what there is of the stack. The key
 * has no user stack yet: user space walks and adds it. Registers by DWARF number; 7 is the stack pointer.
 */
struct record_unmet {
	struct record head;
	struct sample_key key;
	struct sample_value value;
	__u64 pc;
	__u64 regs[16];
	__u64 stack_at;
	__u32 stack_sz;
	__u32 word; /* bytes of a stack word: 8, or 4 for a 32-bit task */
};

/*
 * What the iterator says of a thread that is off its CPU at a capture's end: its wait so far. The key has
 * no user stack, and its kernel stack's id; followed by 'frames' kernel frames of 8 bytes.
 */
struct abi_waiting {
	struct record_unmet wait; /* stack_at, stack_sz: 0 */
	__u64 turns;              /* task_struct.sched_info.pcount: another one = it ran since */
	__u32 frames;
	__u32 pad;
};

/* What the iterator says of a thread that lives at a capture's end: a total of KIND_wall. */
struct abi_wall {
	struct sample_key key;
	struct sample_value value;
};

/*
 * --unwind check: followed by walk.stack_sz bytes of stack. Without frames nothing was walked: it is a
 * REC_UNMET with more stack.
 */
struct record_check {
	struct record_unmet walk;
	__u32 cnt,
		end; /* what the walk found: frames, the mark of an early end too; enum abi_end */
	__u64 frames[ABI_USER_FRAMES + 1];
};

/* Which tasks a window wants. Set bits are conditions that must all hold. */
enum want_bits {
	WANT_PROCESS = 1 << 0, /* tgid is in the map targets */
	WANT_THREAD = 1 << 1,  /* tid is in the map targets */
	WANT_UID = 1 << 2,
	WANT_COMM = 1 << 3,
	WANT_CGROUP = 1 << 4,
	WANT_NOT_COMM = 1 << 5, /* --exclude */
};

/* What goes into the key beside the process, and what is sent. */
enum keep_bits {
	KEEP_USER = 1 << 0,      /* user frames */
	KEEP_KERN = 1 << 1,      /* kernel frames */
	KEEP_TID = 1 << 2,       /* --per-thread */
	KEEP_CPU = 1 << 3,       /* --per-cpu */
	KEEP_SLICE = 1 << 4,     /* --slice */
	KEEP_SAMPLES = 1 << 5,   /* --samples: each event through the ring, no counts */
	KEEP_KERN_ONLY = 1 << 7, /* --kernel-only: events in user mode are not wanted */
	KEEP_USER_TASK = 1 << 8, /* --user-only: kernel threads are not wanted */
};

/*
 * Several glob patterns over a comm as one bit-parallel automaton (Baeza-Yates and Gonnet's
 * shift-and): bit i of a state word = "the first i elements matched". For each byte c the state
 * becomes ((state & step[c]) << 1) | (state & loop); a match is state & accept after the last byte.
 */
struct abi_glob {
	__u64 start, loop, accept;
	__u64 step[ABI_GLOB_WORDS];
};

/* How user stacks are walked. */
enum unwind_mode {
	UNWIND_NATIVE = 0, /* by the tables of each file */
	UNWIND_FP = 1,     /* by frame pointer alone */
	UNWIND_CHECK = 2,  /* native; each walk sends what it began with, to be checked by others */
};

/* Settings of an engine, fixed for its life: rodata. */
struct abi_config {
	__u64 seed;        /* of the stack hash: ids cannot be forged */
	__u64 slice_ns;    /* 0 = no slices */
	__u32 keep;        /* enum keep_bits */
	__u32 self_tgid;   /* ebprof itself: counted and hidden */
	__u32 user_frames; /* most user frames, ≤ ABI_USER_FRAMES */
	__u32 kern_frames; /* most kernel frames, ≤ ABI_KERN_FRAMES */
	__u32 counts_high; /* new keys in a generation of counts after which user space is woken */
	__u32 ring_high;   /* bytes in the ring after which user space is woken */
	__u32 stack_mask;  /* slots of the map sent, less one */
	__u32 unwind;      /* enum unwind_mode */
	__u32 pidns_inum;  /* of ebprof's PID namespace, 0 = the initial one */
};

/* [start, end) of addresses. */
struct abi_range {
	__u64 start, end;
};

/* Settings of the source sched: rodata. A wait of length d is kept with probability d / threshold. */
struct abi_sched {
	__u64 threshold_ns;   /* below 2^32; 0 = keep all */
	__u64 min_ns, max_ns; /* shorter and longer ones are left out; max 0 = none is too long */
	__u32 reasons;        /* bit 1 << enum wait_reason: others are left out, which is counted */
	__u32 shown;          /* the same of what the kinds show: others are no matter */
	__u32 stack_first;    /* the stack is taken before the wait (sched_both) */
	__u32 owners;         /* who has a lock that is waited for is told */
	__u32 wakers;         /* who ends a wait is kept too (waker) */
	__u32 pad;
	struct abi_range irq[ABI_IRQ_RANGES]; /* a return address in one: an interrupt came there */
	__u8 classes[ABI_SYSCALLS];           /* enum syscall_class of each syscall's number */
};

/* Settings of the source lock: rodata. */
struct abi_lock {
	__u64 threshold_ns, min_ns,
		max_ns; /* as of struct abi_sched, of what a release is charged with */
	__s64 futex;    /* the syscall's number */
};

/* Settings of the source alloc: rodata. */
struct abi_alloc {
	__u64 rate; /* mean bytes between two samples, below 2^32; 1 = every allocation */
};

/* A sampled block that is in use: key of the map live. */
struct abi_block {
	__u64 address;
	__u32 tgid;  /* of the initial PID namespace */
	__u32 mover; /* the thread whose realloc() was given it; 0 = none was */
};

/* What a window wants: one entry of the map wanted, changed while the engine runs. */
struct abi_wanted {
	__u64 start_ns; /* CLOCK_BOOTTIME: slices count from here; 0 = not recording */
	__u64 mono_ns;  /* the same moment, CLOCK_MONOTONIC: waits are counted from here */
	__u64 until_ns; /* CLOCK_MONOTONIC: what is counted ends here; 0 = it goes on */
	__u32 bits;     /* enum want_bits */
	__u32 uid;
	__u32 cgroup_cnt; /* entries of the map cgroups in use */
	__u32 pad;
	__u64 cgroup_ids[ABI_CGROUPS]; /* of the same, cgroup v2 ids */
	struct abi_glob include, exclude;
};

/* A wanted process or thread: key of the map targets is its tgid or tid. */
enum target_bits {
	TARGET_PROCESS = 1 << 0,
	TARGET_THREAD = 1 << 1,
	TARGET_FOLLOW = 1 << 2, /* children made from now on are wanted too */
	TARGET_CHILD = 1 << 3,  /* came by following */
};

struct abi_target {
	__u64 start; /* start_boottime of that task, 0 = any: a reused number does not match */
	__u32 bits;  /* enum target_bits */
	__u32 pad;
};

/* What the task iterator says of one process. */
struct abi_task {
	__u64 start; /* start_boottime */
	__u32 tgid, ppid;
	__u32 exec_id;
	__u32 pad;
	char comm[ABI_COMM_LEN];
};

/* Every way to lose or to leave out a sample, counted per CPU. Append only. */
#define LOSSES(X)                                                                             \
	X(COUNTS_FULL, "counts_full")   /* the counts map had no room or its lock was held */ \
	X(RING_STACK, "ring_stack")     /* no room for a stack's body: the sample is lost */  \
	X(RING_UNMET, "ring_unmet")     /* no room for an unmet process's stack */            \
	X(RING_SAMPLE, "ring_sample")   /* no room for an event of --samples */               \
	X(SCRATCH_BUSY, "scratch_busy") /* interrupted a walk of the same context */          \
	X(NO_MAP, "no_map")             /* a map lookup that cannot fail failed */            \
	X(TARGETS_FULL, "targets_full") /* a child could not be followed */                   \
	X(RING_CHECK, "ring_check")     /* a walk that was not sent to be checked */          \
	X(WAITS_FULL, "waits_full")     /* no room to remember when a thread left its CPU */  \
	X(LOCKS_FULL, "locks_full")     /* no room for a lock or a waiter of one */           \
	X(WALLS_FULL, "walls_full")     /* no room for the times of a thread */               \
	X(ALLOC_OPEN, "alloc_open")     /* a sampled allocation whose return was not seen */  \
	X(LIVE_FULL, "live_full")       /* no room to remember a sampled block: in no sum */  \
	X(RING_RELATED, "ring_related") /* no room for a waker: [waker unknown] */            \
	X(GROWTH_FULL, "growth_full")   /* no room for a process's growth: pages are missing */
#define LOSS_ENUM(name, text) LOSS_##name,
enum abi_loss { LOSSES(LOSS_ENUM) LOSS_CNT };

/* Not losses: what was seen and left out on purpose, and the work done. */
enum abi_stat {
	STAT_SAMPLES = 0,     /* events that became part of a sample */
	STAT_SELF = 1,        /* events in ebprof itself, hidden */
	STAT_STACKS = 2,      /* stack bodies sent */
	STAT_LEFT_OUT_NS = 3, /* in waits that --min, --max and --reason left out */
	STAT_ALLOC_CALLS = 4, /* calls of allocators that were looked at */
	STAT_FREE_CALLS = 5,
	STAT_FREES_MISSED =
		6, /* sampled blocks whose free was not seen: the address is used again */
	STAT_GROWTH_FIRST =
		7, /* changes before which a counter was not known: they count as one page */
	STAT_CNT = 8,
};

struct abi_counters {
	__u64 lost[LOSS_CNT];
	__u64 stat[STAT_CNT];
	__u64 ends[END_CNT]; /* events by how their walk ended; END_NONE = complete */
};

_Static_assert(sizeof(struct sample_key) == 72, "sample_key");
_Static_assert(sizeof(struct sample_value) == 32, "sample_value");
_Static_assert(sizeof(struct record) == 24, "record");
_Static_assert(sizeof(struct record_stack) == 40, "record_stack");
_Static_assert(sizeof(struct record_related) == 120, "record_related");
_Static_assert(sizeof(struct record_sample) == 128, "record_sample");
_Static_assert(sizeof(struct record_unmet) == 280, "record_unmet");
_Static_assert(sizeof(struct abi_waiting) == 296, "abi_waiting");
_Static_assert(sizeof(struct abi_wall) == 104, "abi_wall");
_Static_assert(sizeof(struct record_check) == 288 + 8 * (ABI_USER_FRAMES + 1), "record_check");
_Static_assert(sizeof(struct abi_glob) == 2072, "abi_glob");
_Static_assert(sizeof(struct abi_config) == 56, "abi_config");
_Static_assert(sizeof(struct abi_wanted) == 40 + 8 * ABI_CGROUPS + 2 * 2072, "abi_wanted");
_Static_assert(sizeof(struct abi_sched) == 48 + 16 * ABI_IRQ_RANGES + ABI_SYSCALLS, "abi_sched");
_Static_assert(sizeof(struct abi_lock) == 32, "abi_lock");
_Static_assert(sizeof(struct abi_target) == 16, "abi_target");
_Static_assert(sizeof(struct abi_task) == 40, "abi_task");
_Static_assert(sizeof(struct abi_counters) == 8 * (LOSS_CNT + STAT_CNT + END_CNT), "abi_counters");
_Static_assert((ABI_USER_FRAMES & (ABI_USER_FRAMES - 1)) == 0, "a mask is made of it");

#endif
