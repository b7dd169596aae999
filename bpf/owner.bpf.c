// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who has the lock that the current thread is about to wait for, as the memory beside the futex says. Only
 * a guess where it is not a priority-inheriting one: that the word is glibc's, the names of the waiter's
 * frames tell (src/classify/), and that there is such a thread, user space looks up.
 */
#include <linux/futex.h>

#include "wait.bpf.h"

extern const volatile struct abi_sched sched;

#define OWNER_AT  8          /* of pthread_mutex_t: sysdeps/nptl/bits/struct_mutex.h __owner */
#define CONTENDED 2          /* lowlevellock.h: what __lll_lock_wait() waits for to change */
#define TID_LIMIT (1u << 22) /* include/linux/threads.h PID_MAX_LIMIT */

__hidden __u32 futex_owner(struct task_struct *task)
{
	struct arch_regs regs;
	__u32 nr = 0, op, at = 0;

	if (task_user_regs(task, &regs) || arch_word(&regs) != 8 || arch_syscall(&regs) < 0 ||
	    sched.classes[arch_syscall(&regs) & (ABI_SYSCALLS - 1)] != SYSCALL_FUTEX)
		return 0;
	op = arch_arg2(&regs) & ~FUTEX_PRIVATE_FLAG;
	if (op == FUTEX_WAIT && (__u32)arch_arg3(&regs) == CONTENDED)
		at = OWNER_AT;
	else if ((op & FUTEX_CMD_MASK) != FUTEX_LOCK_PI && (op & FUTEX_CMD_MASK) != FUTEX_LOCK_PI2)
		return 0;
	if (bpf_probe_read_user(&nr, sizeof(nr), (const void *)(arch_arg1(&regs) + at)))
		return 0;
	nr &= FUTEX_TID_MASK;
	return nr < TID_LIMIT ? nr : 0;
}
