/* SPDX-License-Identifier: MIT
 *
 * storage.c - a storage plugin whose binary is kept (script/keep-abi): hands everything to the storage
 * behind it, and counts the calls. So a rental that goes through it goes through every slot that the
 * interface had.
 */
#include <rent/plugin.h>
#include <rent/storage.h>
#include <stdlib.h>

struct store {
	const struct rent_host *host;
	struct rent_storage inner;
	void *inner_self;
	struct rent_metric *calls;
};

#define LIST(...) __VA_ARGS__

/* Every slot of the day, as it was then. */
#define SLOTS(SLOT)                                                                     \
	SLOT(quote_put, (struct rent_quote * quote, int64_t ttl_us), (quote, ttl_us))   \
	SLOT(start_begin, (struct rent_start * start), (start))                         \
	SLOT(advance, (struct rent_change *const *changes, size_t n), (changes, n))     \
	SLOT(rental_get, (const char *id, rent_rental_fn fn, void *arg), (id, fn, arg)) \
	SLOT(rental_list,                                                               \
	     (const struct rent_list_query *query, rent_rental_fn fn, void *arg),       \
	     (query, fn, arg))                                                          \
	SLOT(rental_trail, (const char *id, rent_op_fn fn, void *arg), (id, fn, arg))   \
	SLOT(scan,                                                                      \
	     (enum rent_scan what, const char *after_id, uint32_t limit,                \
	      rent_rental_fn fn, void *arg),                                            \
	     (what, after_id, limit, fn, arg))                                          \
	SLOT(claim,                                                                     \
	     (const char *token, int64_t lease_us, uint32_t limit, rent_rental_fn fn,   \
	      void *arg),                                                               \
	     (token, lease_us, limit, fn, arg))                                         \
	SLOT(purge,                                                                     \
	     (int64_t quote_age_us, int64_t key_age_us, uint32_t limit,                 \
	      int64_t * ret_n),                                                         \
	     (quote_age_us, key_age_us, limit, ret_n))                                  \
	SLOT(totals, (struct rent_totals * ret), (ret))                                 \
	SLOT(audit_scan,                                                                \
	     (const char *after_id, uint32_t limit, rent_audit_fn fn, void *arg),       \
	     (after_id, limit, fn, arg))                                                \
	SLOT(op_get, (const char *id, rent_op_fn fn, void *arg), (id, fn, arg))         \
	SLOT(op_scan,                                                                   \
	     (enum rent_ops what, const char *after_id, uint32_t limit, rent_op_fn fn,  \
	      void *arg),                                                               \
	     (what, after_id, limit, fn, arg))                                          \
	SLOT(resolutions, (const char *rental_id, rent_resolution_fn fn, void *arg),    \
	     (rental_id, fn, arg))                                                      \
	SLOT(user_sums, (const char *user_id, struct rent_user_sums *ret),              \
	     (user_id, ret))                                                            \
	SLOT(event_put,                                                                 \
	     (const struct rent_inbound *event, enum rent_inbound_result *ret),         \
	     (event, ret))                                                              \
	SLOT(event_end, (const char *id, const char *outcome), (id, outcome))           \
	SLOT(event_list,                                                                \
	     (const struct rent_inbound_query *query, rent_inbound_fn fn, void *arg),   \
	     (query, fn, arg))                                                          \
	SLOT(rental_holding, (const char *powerbank_id, rent_rental_fn fn, void *arg),  \
	     (powerbank_id, fn, arg))                                                   \
	SLOT(unfinished, (rent_unfinished_fn fn, void *arg), (fn, arg))                 \
	SLOT(inventory_put, (const struct rent_inventory *inventory, int64_t keep_us),  \
	     (inventory, keep_us))                                                      \
	SLOT(inventory_list,                                                            \
	     (const struct rent_inventory_query *query, rent_inventory_fn fn,           \
	      void *arg),                                                               \
	     (query, fn, arg))                                                          \
	SLOT(deed_list,                                                                 \
	     (const struct rent_deed_query *query, rent_deed_fn fn, void *arg),         \
	     (query, fn, arg))                                                          \
	SLOT(outbox_claim,                                                              \
	     (const char *endpoint, int64_t lease_us, uint32_t limit,                   \
	      rent_message_fn fn, void *arg),                                           \
	     (endpoint, lease_us, limit, fn, arg))                                      \
	SLOT(outbox_end, (const struct rent_message_end *end), (end))                   \
	SLOT(outbox_list,                                                               \
	     (const struct rent_message_query *query, rent_message_fn fn, void *arg),   \
	     (query, fn, arg))                                                          \
	SLOT(outbox_sums, (const char *endpoint, struct rent_message_sums *ret),        \
	     (endpoint, ret))                                                           \
	SLOT(outside_list, (const char *rental_id, rent_outside_fn fn, void *arg),      \
	     (rental_id, fn, arg))                                                      \
	SLOT(op_taken, (const char *ref, rent_op_fn fn, void *arg), (ref, fn, arg))     \
	SLOT(notes, (const char *rental_id, rent_note_fn fn, void *arg),                \
	     (rental_id, fn, arg))                                                      \
	SLOT(op_requested, (const char *key, rent_op_fn fn, void *arg), (key, fn, arg)) \
	SLOT(answer_put, (const struct rent_kept_answer *answer), (answer))             \
	SLOT(answer_get, (struct rent_kept_answer * answer), (answer))                  \
	SLOT(line_list,                                                                 \
	     (const struct rent_line_query *query, rent_line_fn fn, void *arg),         \
	     (query, fn, arg))                                                          \
	SLOT(book_end, (enum rent_book book, int64_t * ret), (book, ret))               \
	SLOT(seal_put, (const struct rent_seal *seal), (seal))                          \
	SLOT(seal_list,                                                                 \
	     (const struct rent_seal_query *query, rent_seal_fn fn, void *arg),         \
	     (query, fn, arg))                                                          \
	SLOT(outbox_purge, (int64_t age_us, uint32_t limit, int64_t * ret_n),           \
	     (age_us, limit, ret_n))

#define FORWARD(slot, parameters, arguments)                                            \
	static int do_##slot(void *self, LIST parameters, struct rent_error *err)       \
	{                                                                               \
		struct store *s = self;                                                 \
                                                                                        \
		s->host->metric_add(s->calls, 1, NULL);                                 \
		if (s->inner.slot == NULL)                                              \
			return rent_fail(err, RENT_EUNSUPPORTED, "there is no " #slot); \
		return s->inner.slot(s->inner_self, LIST arguments, err);               \
	}
SLOTS(FORWARD)

#define MEMBER(slot, parameters, arguments) .slot = do_##slot,
static const struct rent_storage api = { .struct_size = sizeof(api), SLOTS(MEMBER) };

static const struct rent_metric_def calls = {
	.struct_size = sizeof(calls),
	.type = RENT_COUNTER,
	.name = "kept_storage_calls_total",
	.help = "Calls handed on.",
};

static int create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	struct store *s = calloc(1, sizeof(*s));
	struct rent_bound bound = { .struct_size = sizeof(bound) };

	if (s == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	if (!host->lookup(host, "storage", &bound)) {
		free(s);
		return rent_fail(err, RENT_EINVAL, "uses.storage is missing");
	}
	s->host = host;
	rent_adopt_table(&s->inner, sizeof(s->inner), &bound);
	s->inner_self = bound.self;
	s->calls = host->metric(host, &calls);
	*ret_self = s;
	return 0;
}

static const struct rent_need needs[] = {
	{ "storage", RENT_KIND_STORAGE, false, "the storage behind this one" },
	{ .name = NULL },
};

RENT_PLUGIN(kept_storage) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_STORAGE,
	.name = "kept_storage",
	.version = "1.0.0",
	.summary = "a storage plugin of the first days",
	.needs = needs,
	.api = &api,
	.create = create,
	.destroy = free,
};
