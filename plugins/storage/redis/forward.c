/* SPDX-License-Identifier: MIT
 *
 * forward.c - the calls that are the used storage's, handed on as they are. Of the times that
 * come back the database's clock is learnt.
 */
#include "store.h"

static int advance(void *self, struct rent_change *const *changes, size_t n,
                   struct rent_error *err)
{
	struct store *store = self;
	int64_t called = store->host->mono_us(store->host);
	int code = store->inner.advance(store->inner_self, changes, n, err);

	for (size_t i = 0; store->quotes_here && code == 0 && i < n; i++) {
		if (changes[i]->ret != RENT_CHANGE_APPLIED)
			continue;
		clock_learn(&store->clock, changes[i]->ret_now, called,
		            store->host->mono_us(store->host));
		break;
	}
	return code;
}

static int rental_get(void *self, const char *id, rent_rental_fn fn, void *arg,
                      struct rent_error *err)
{
	const struct store *store = self;

	return store->inner.rental_get(store->inner_self, id, fn, arg, err);
}

static int rental_list(void *self, const struct rent_list_query *query, rent_rental_fn fn,
                       void *arg, struct rent_error *err)
{
	const struct store *store = self;

	return store->inner.rental_list(store->inner_self, query, fn, arg, err);
}

static int rental_trail(void *self, const char *id, rent_op_fn fn, void *arg,
                        struct rent_error *err)
{
	const struct store *store = self;

	return store->inner.rental_trail(store->inner_self, id, fn, arg, err);
}

static int scan(void *self, enum rent_scan what, const char *after_id, uint32_t limit,
                rent_rental_fn fn, void *arg, struct rent_error *err)
{
	const struct store *store = self;

	return store->inner.scan(store->inner_self, what, after_id, limit, fn, arg, err);
}

static int claim(void *self, const char *token, int64_t lease_us, uint32_t limit,
                 rent_rental_fn fn, void *arg, struct rent_error *err)
{
	const struct store *store = self;

	return store->inner.claim(store->inner_self, token, lease_us, limit, fn, arg,
	                          err);
}

static int purge(void *self, int64_t quote_age_us, int64_t key_age_us, uint32_t limit,
                 int64_t *ret_n, struct rent_error *err)
{
	const struct store *store = self;

	return store->inner.purge(store->inner_self, quote_age_us, key_age_us, limit,
	                          ret_n, err);
}

static int totals(void *self, struct rent_totals *ret, struct rent_error *err)
{
	const struct store *store = self;

	return store->inner.totals(store->inner_self, ret, err);
}

static int audit_scan(void *self, const char *after_id, uint32_t limit, rent_audit_fn fn,
                      void *arg, struct rent_error *err)
{
	const struct store *store = self;

	return store->inner.audit_scan(store->inner_self, after_id, limit, fn, arg, err);
}

/* ---- for operators: as far as the used storage has it */

static int unsupported(struct rent_error *err)
{
	return rent_fail(err, RENT_EUNSUPPORTED,
	                 "the storage behind Redis is of an older build: operations "
	                 "cannot be looked up one by one");
}

static int op_get(void *self, const char *id, rent_op_fn fn, void *arg,
                  struct rent_error *err)
{
	const struct store *store = self;

	if (!rent_storage_resolves(&store->inner))
		return unsupported(err);
	return store->inner.op_get(store->inner_self, id, fn, arg, err);
}

static int op_scan(void *self, enum rent_ops what, const char *after_id, uint32_t limit,
                   rent_op_fn fn, void *arg, struct rent_error *err)
{
	const struct store *store = self;

	if (!rent_storage_resolves(&store->inner))
		return unsupported(err);
	return store->inner.op_scan(store->inner_self, what, after_id, limit, fn, arg,
	                            err);
}

static int resolutions(void *self, const char *rental_id, rent_resolution_fn fn,
                       void *arg, struct rent_error *err)
{
	const struct store *store = self;

	if (!rent_storage_resolves(&store->inner))
		return unsupported(err);
	return store->inner.resolutions(store->inner_self, rental_id, fn, arg, err);
}

const struct rent_storage forward_table = {
	.struct_size = sizeof(struct rent_storage),
	.quote_put = quotes_put,
	.start_begin = quotes_start_begin,
	.advance = advance,
	.rental_get = rental_get,
	.rental_list = rental_list,
	.rental_trail = rental_trail,
	.scan = scan,
	.claim = claim,
	.purge = purge,
	.totals = totals,
	.audit_scan = audit_scan,
	.cache_get = cache_get,
	.cache_put = cache_put,
	.op_get = op_get,
	.op_scan = op_scan,
	.resolutions = resolutions,
};
