// SPDX-License-Identifier: Apache-2.0
// cflags: -no-pie -fno-pie
/* nopie [SECONDS]: shares, linked at a fixed address. */
#include "shares.c"
