// SPDX-License-Identifier: Apache-2.0
// cflags: -O2 -fomit-frame-pointer
/* threadsnofp [SECONDS]: threads without frame pointers. */
#include "threads.c"
