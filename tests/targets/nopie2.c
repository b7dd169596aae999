// SPDX-License-Identifier: Apache-2.0
// cflags: -no-pie -fno-pie
/* nopie2 [SECONDS]: another program at the addresses of nopie; its functions are f_x, f_y and f_z. */
#define f_a f_x
#define f_b f_y
#define f_c f_z
#include "shares.c"
