/* SPDX-License-Identifier: Apache-2.0 */
/* What files this process, and what it becomes, can still open (Linux 5.13, where it is not switched off). */
#ifndef EBPROF_BASE_LANDLOCK_H
#define EBPROF_BASE_LANDLOCK_H

/*
 * From now on only programs and libraries of the system can be read and run, and the file behind 'fd' can be
 * read again; nothing can be written or made. 0, also where the kernel cannot do that, or -errno. Needs no
 * rights but that no new ones can be had (PR_SET_NO_NEW_PRIVS).
 */
int landlock_to_system(int fd);

#endif
