// SPDX-License-Identifier: Apache-2.0
// cflags: -O2 -fomit-frame-pointer
/* vdsonofp [SECONDS]: vdso without frame pointers. */
#include "vdso.c"
