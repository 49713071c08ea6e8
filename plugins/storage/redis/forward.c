/* SPDX-License-Identifier: MIT
 *
 * forward.c - the intentions that this storage changes; all others are the used storage's
 * (core/over.h). advance is handed on as it is, and the database's clock is learnt from the times
 * that come back.
 */
#include "store.h"

static int advance(void *self, struct rent_change *const *changes, size_t n,
                   struct rent_error *err)
{
	struct store *store = self;
	int64_t called = store->host->mono_us(store->host);
	int code = store->over.inner.advance(store->over.inner_self, changes, n, err);

	for (size_t i = 0; store->quotes_here && code == 0 && i < n; i++) {
		if (changes[i]->ret != RENT_CHANGE_APPLIED)
			continue;
		clock_learn(&store->clock, changes[i]->ret_now, called,
		            store->host->mono_us(store->host));
		break;
	}
	return code;
}

const struct rent_storage forward_changed = {
	.struct_size = sizeof(struct rent_storage),
	.quote_put = quotes_put,
	.start_begin = quotes_start_begin,
	.advance = advance,
	.cache_get = cache_get,
	.cache_put = cache_put,
};
