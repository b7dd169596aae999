// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Why a thread blocks, or had blocked when it is just back: it is inside the syscall (or the fault), so
 * its registers and descriptors say what it waits for.
 */
#include "wait.bpf.h"

extern const volatile struct abi_sched sched;

/* include/uapi/linux/stat.h */
#define S_IFMT   0170000
#define S_IFIFO  0010000
#define S_IFBLK  0060000
#define S_IFREG  0100000
#define S_IFSOCK 0140000

/* include/linux/sched.h */
#define TASK_UNINTERRUPTIBLE 0x2
#define TASK_STOPPED_TRACED  0xc /* __TASK_STOPPED | __TASK_TRACED */

/* The type bits of the inode behind a descriptor of the task, 0 = none. */
static __always_inline __u32 fd_type(struct task_struct *t, __u32 fd)
{
	struct fdtable *fdt = BPF_CORE_READ(t, files, fdt);
	struct file **files, *file = NULL;

	if (!fdt || fd >= BPF_CORE_READ(fdt, max_fds))
		return 0;
	files = BPF_CORE_READ(fdt, fd);
	if (bpf_probe_read_kernel(&file, sizeof(file), files + fd) || !file)
		return 0;
	return BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT;
}

/*
 * Files that are no files (eventfd, timerfd: fs/anon_inodes.c) have a regular file's type since 6.16,
 * and sleep interruptibly, which no disk does.
 */
static __always_inline __u32 fd_reason(struct task_struct *t, __u32 fd, __u32 state)
{
	switch (fd_type(t, fd)) {
	case S_IFIFO:
		return REASON_PIPE;
	case S_IFSOCK:
		return REASON_NETWORK;
	case S_IFREG:
	case S_IFBLK:
		return state & TASK_UNINTERRUPTIBLE ? REASON_DISK : REASON_OTHER;
	}
	return REASON_OTHER;
}

static __always_inline __u32 class_reason(struct task_struct *t, __u32 class,
                                          const struct arch_regs *regs, __u32 state)
{
	switch (class) {
	case SYSCALL_FD:
		return fd_reason(t, (__u32)arch_arg1(regs), state);
	case SYSCALL_FUTEX:
	case SYSCALL_LOCK:
		return REASON_LOCK;
	case SYSCALL_DISK:
		return REASON_DISK;
	case SYSCALL_NETWORK:
		return REASON_NETWORK;
	case SYSCALL_PIPE:
		return REASON_PIPE;
	case SYSCALL_POLL:
		return REASON_POLL;
	case SYSCALL_SLEEP:
		return REASON_SLEEP;
	case SYSCALL_CHILD:
		return REASON_CHILD;
	}
	return REASON_OTHER;
}

__hidden __u32 wait_reason(struct task_struct *t, const struct wait_start *w, __u64 *tag)
{
	struct arch_regs regs;
	__u32 class;
	__s64 nr;

	if (!w->state)
		return w->throttled ? REASON_THROTTLED : REASON_NONE;
	if (BPF_CORE_READ(t, flags) & PF_KTHREAD || task_user_regs(t, &regs))
		return REASON_OTHER;
	nr = arch_syscall(&regs);
	if (w->state & TASK_STOPPED_TRACED || arch_word(&regs) != 8)
		return REASON_OTHER;
	if (nr < 0 || nr >= ABI_SYSCALLS)
		return nr == -1 ? REASON_FAULT : REASON_OTHER;
	*tag = WAIT_TAG(nr);
	/* It is set until io_schedule() is over, which is after this. */
	if (BPF_CORE_READ_BITFIELD_PROBED(t, in_iowait))
		return REASON_DISK;
	class = sched.classes[nr & (ABI_SYSCALLS - 1)];
	if (class == SYSCALL_FUTEX)
		*tag |= WAIT_TAG_FUTEX(arch_arg2(&regs)) | WAIT_TAG_OWNER(w->owner);
	return class_reason(t, class, &regs, w->state);
}
