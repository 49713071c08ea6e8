/* SPDX-License-Identifier: MIT
 *
 * orphan.c - see orphan.h. A report that waits is an event that nobody has acted on: so it is found
 * by whoever judges the eject, on any host, and is handed on again until the start has ended.
 */
#include "orphan.h"

#include "cabinet.h"

/* No report waits longer; then it is an orphan. */
#define PATIENCE (15 * RENT_MINUTE)
/* Starts that are looked through. */
#define STARTS_MAX 1000

/* Services tell times in whole seconds. */
static bool happened_before(const struct rent_inbound *e, int64_t at)
{
	return e->at != 0 && e->at < at - RENT_SECOND;
}

struct search {
	const struct rent_inbound *event;
	bool found;
};

/* Whichever cabinet it is of: what came out of one may have been put into another. */
static int is_meant(void *arg, const struct rent_rental *row,
                    const struct rent_op *const *ops, size_t n)
{
	struct search *search = arg;
	const struct rent_inbound *e = search->event;
	struct rent_rental r;

	(void)ops;
	(void)n;
	rent_adopt(&r, sizeof(r), row, row->struct_size);
	if (r.now - e->received_at > PATIENCE)
		return 1;
	search->found = r.open_ops > 0 && !happened_before(e, r.created_at) &&
	                cabinet_is_of(&r, e->instance) && r.broken[0] == '\0';
	return search->found ? 1 : 0;
}

int orphan_awaits_start(struct core *core, const struct rent_inbound *event,
                        bool *ret_awaits, struct rent_error *err)
{
	struct search search = { .event = event };
	struct rent_list_query query = { .struct_size = sizeof(query),
		                         .user_id = "",
		                         .status = RENT_STATUS_PENDING,
		                         .limit = STARTS_MAX,
		                         .before_created_at = event->received_at,
		                         .before_id = "" };
	int code;

	*ret_awaits = false;
	if (core->store->rental_list == NULL)
		return 0;
	code = core->store->rental_list(core->store_self, &query, is_meant, &search, err);
	*ret_awaits = search.found;
	return code < 0 ? code : 0;
}

/* ---- as evidence */

struct reading {
	const struct orphan_query *query;
	struct orphan_returns *returns;
};

static int note_return(void *arg, const struct rent_inbound *row)
{
	struct reading *reading = arg;
	const struct orphan_query *q = reading->query;
	struct orphan_returns *returns = reading->returns;
	struct rent_inbound e;

	rent_adopt(&e, sizeof(e), row, row->struct_size);
	if (e.kind != RENT_EVENT_RETURNED || e.powerbank_id[0] == '\0' ||
	    e.received_at < q->since || e.at == 0 || happened_before(&e, q->since) ||
	    strcmp(e.instance, q->instance) != 0 ||
	    strcmp(e.station_id, q->cabinet_id) != 0)
		return 0;
	rent_copy(returns->powerbanks[returns->n++], RENT_ID_SIZE, e.powerbank_id);
	return returns->n == ORPHANS_MAX ? 1 : 0;
}

int orphan_read(struct core *core, const struct orphan_query *query,
                struct orphan_returns *ret, struct rent_error *err)
{
	struct reading reading = { query, ret };
	const struct rent_inbound_query open = { .struct_size = sizeof(open),
		                                 .open = true,
		                                 .after_id = "",
		                                 .limit = RENT_SCAN_MAX };
	int code = 0;

	ret->n = 0;
	if (core->store->event_list != NULL)
		code = core->store->event_list(core->store_self, &open, note_return,
		                               &reading, err);
	return code < 0 ? code : 0;
}
