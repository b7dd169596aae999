// SPDX-License-Identifier: Apache-2.0
// post: strip
/* stripped [SECONDS]: shares without symbols. */
#include "shares.c"
