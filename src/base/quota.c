// SPDX-License-Identifier: Apache-2.0
#include "base/quota.h"

uint64_t quota_take(struct quota *q, uint64_t n)
{
	uint64_t upto;

	if (n > q->said - q->taken)
		n = q->said - q->taken;
	if (!n)
		return 0;
	q->taken += n;
	upto = (uint64_t)((unsigned __int128)q->total * q->taken / q->said);
	n = upto - q->given;
	q->given = upto;
	return n;
}
