// SPDX-License-Identifier: Apache-2.0
// cflags: -O2 -fomit-frame-pointer -fno-asynchronous-unwind-tables -fno-unwind-tables
/* notables [SECONDS]: shares without frame pointers and without unwind tables. */
#include "shares.c"
