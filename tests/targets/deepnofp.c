// SPDX-License-Identifier: Apache-2.0
// cflags: -O2 -fomit-frame-pointer
/* deepnofp [SECONDS [DEPTH]]: deep without frame pointers. */
#include "deep.c"
