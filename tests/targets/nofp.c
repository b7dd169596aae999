// SPDX-License-Identifier: Apache-2.0
// cflags: -O2 -fomit-frame-pointer
/* nofp [SECONDS]: shares without frame pointers. */
#include "shares.c"
