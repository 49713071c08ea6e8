/* SPDX-License-Identifier: MIT
 *
 * vendors.c - the services of cabinets as sans-I/O providers: what each promises, and the wire of
 * network.c.
 */
#include "cabinets.h"

static const char *const instances[VENDORS] = { "station", "station_2", "station_3",
	                                        "station_4" };
static int numbers[VENDORS] = { 0, 1, 2, 3 };

const char *vendor_instance(enum vendor vendor)
{
	return instances[vendor];
}

void *vendor_self(enum vendor vendor)
{
	return &numbers[vendor];
}

static int number_of(const void *self)
{
	return *(const int *)self;
}

static void put(struct rent_arena *arena, struct rent_upstream_request *ret,
                const struct sim_request *rq)
{
	ret->method = "POST";
	ret->target = "/";
	ret->endpoint = "sim";
	ret->body = rent_strndup(arena, (const char *)rq, sizeof(*rq));
	ret->body_size = sizeof(*rq);
}

static void vendor_caps(void *self, struct rent_station_caps *ret)
{
	int vendor = number_of(self);

	*ret = (struct rent_station_caps){
		.struct_size = sizeof(*ret),
		.resend_us = vendor == VENDOR_KEYED ? 24 * RENT_HOUR : 0,
		.settle_us = CABINET_SETTLES,
		.poll_us = RENT_SECOND,
		.not_found_is_final = vendor == VENDOR_ORDERS,
		.lookup_by_id = vendor == VENDOR_ORDERS,
		.reports_returns = vendor != VENDOR_ORDERS,
	};
}

/* ---- orders */

static struct sim_request request_of(const void *self, const struct rent_station_op *op)
{
	struct sim_request rq = { .kind = RENT_OP_EJECT, .vendor = number_of(self) };

	rent_copy(rq.id, sizeof(rq.id), op->id);
	rent_copy(rq.rental_id, sizeof(rq.rental_id), op->rental_id);
	rent_copy(rq.cabinet_id, sizeof(rq.cabinet_id),
	          op->cabinet_id == NULL || op->cabinet_id[0] == '\0' ? op->station_id
	                                                              : op->cabinet_id);
	rent_copy(rq.ref, sizeof(rq.ref), op->ref == NULL ? "" : op->ref);
	return rq;
}

static int build_eject(void *self, const struct rent_station_op *op,
                       struct rent_arena *arena, struct rent_upstream_request *ret,
                       struct rent_error *err)
{
	struct sim_request rq = request_of(self, op);

	(void)err;
	put(arena, ret, &rq);
	ret->flags = rq.vendor == VENDOR_KEYED ? RENT_RESEND_SAFE : 0;
	return 0;
}

static int build_lookup(void *self, const struct rent_station_op *op,
                        struct rent_arena *arena, struct rent_upstream_request *ret,
                        struct rent_error *err)
{
	struct sim_request rq = request_of(self, op);

	if (rq.vendor == VENDOR_REFS && rq.ref[0] == '\0')
		return rent_fail(err, RENT_EUNSUPPORTED, "simulated: no reference");
	rq.lookup = true;
	put(arena, ret, &rq);
	ret->flags = RENT_RESEND_SAFE;
	return 0;
}

static void parse_order(void *self, const struct rent_station_op *op,
                        const struct rent_upstream_reply *reply,
                        struct rent_station_result *ret)
{
	struct sim_reply r;

	(void)self;
	(void)op;
	if (reply->status != 200)
		return;
	memcpy(&r, reply->body, sizeof(r));
	ret->outcome = r.outcome;
	ret->not_found = r.not_found;
	ret->returned_at = r.returned_at;
	rent_copy(ret->powerbank_id, sizeof(ret->powerbank_id), r.result);
	rent_copy(ret->ref, sizeof(ret->ref), r.ref);
	rent_copy(ret->returned_to, sizeof(ret->returned_to), r.returned_to);
}

/* ---- what lies in a cabinet */

static int build_snapshot(void *self, const char *cabinet_id, struct rent_arena *arena,
                          struct rent_upstream_request *ret, struct rent_error *err)
{
	struct sim_request rq = { .kind = RENT_OP_EJECT,
		                  .vendor = number_of(self),
		                  .snapshot = true };

	(void)err;
	rent_copy(rq.cabinet_id, sizeof(rq.cabinet_id), cabinet_id);
	put(arena, ret, &rq);
	ret->flags = RENT_RESEND_SAFE;
	return 0;
}

static const struct rent_station_slot *const *list_slots(struct rent_arena *arena,
                                                         const struct sim_reply *r)
{
	const struct rent_station_slot **list = rent_alloc(
		arena, (size_t)(r->bank_count + 1) * sizeof(struct rent_station_slot *));

	for (int i = 0; list != NULL && i < r->bank_count; i++) {
		struct rent_station_slot *slot = rent_alloc(arena, sizeof(*slot));

		if (slot == NULL)
			return NULL;
		*slot = (struct rent_station_slot){ .struct_size = sizeof(*slot),
			                            .slot = i + 1 };
		rent_copy(slot->powerbank_id, sizeof(slot->powerbank_id), r->banks[i]);
		list[i] = slot;
	}
	return list;
}

static void parse_snapshot(void *self, const char *cabinet_id,
                           const struct rent_upstream_reply *reply,
                           struct rent_station_snapshot *ret)
{
	struct sim_reply r;

	(void)self;
	(void)cabinet_id;
	if (reply->status != 200)
		return;
	memcpy(&r, reply->body, sizeof(r));
	ret->list = list_slots(reply->arena, &r);
	if (ret->list == NULL)
		return;
	ret->outcome = r.outcome;
	ret->state = r.offline ? RENT_STATION_OFFLINE : RENT_STATION_ONLINE;
	ret->slot_count = (size_t)r.bank_count;
	ret->complete = true;
}

/* ---- reports */

static int parse_event(void *self, const struct rent_event_message *message,
                       rent_event_fn fn, void *arg, struct rent_event_answer *ret,
                       struct rent_error *err)
{
	struct push p;
	struct rent_event e;

	(void)ret;
	if (message->body_size != sizeof(p))
		return rent_fail(err, RENT_EINVAL, "simulated: no report");
	memcpy(&p, message->body, sizeof(p));
	if ((int)p.vendor != number_of(self) || p.badly_signed)
		return rent_fail(err, RENT_EPERM, "simulated: a wrong signature");
	e = (struct rent_event){ .struct_size = sizeof(e),
		                 .kind = p.kind,
		                 .proven = p.proven,
		                 .event_id = p.event_id,
		                 .operation_id = p.operation_id,
		                 .ref = p.ref,
		                 .at = p.at,
		                 .station_id = p.station_id,
		                 .powerbank_id = p.powerbank_id };
	return fn(arg, &e);
}

#define ALL                                                              \
	.struct_size = sizeof(struct rent_station), .caps = vendor_caps, \
	.build_eject = build_eject, .parse_eject = parse_order,          \
	.parse_event = parse_event
#define LOOKUP   .build_lookup = build_lookup, .parse_lookup = parse_order
#define SNAPSHOT .build_snapshot = build_snapshot, .parse_snapshot = parse_snapshot

const struct rent_station sim_vendors[VENDORS] = {
	[VENDOR_KEYED] = { ALL, SNAPSHOT },
	[VENDOR_REFS] = { ALL, LOOKUP, SNAPSHOT },
	[VENDOR_ORDERS] = { ALL, LOOKUP },
	[VENDOR_SLOTS] = { ALL, SNAPSHOT },
};
