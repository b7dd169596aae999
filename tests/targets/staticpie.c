// SPDX-License-Identifier: Apache-2.0
// cflags: -O2 -fomit-frame-pointer -static-pie
/* staticpie [SECONDS]: shares without frame pointers, with the C library in the same file, at any address. */
#include "shares.c"
