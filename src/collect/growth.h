/* SPDX-License-Identifier: Apache-2.0 */
/* Source growth: pages that become resident. */
#ifndef EBPROF_COLLECT_GROWTH_H
#define EBPROF_COLLECT_GROWTH_H

/* Mean pages between two samples. */
#define GROWTH_PAGES_DEFAULT 64

#endif
