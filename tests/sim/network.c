/* SPDX-License-Identifier: MIT
 *
 * network.c - what happens to a request on its way, and the sans-I/O providers whose wire is
 * struct sim_request and struct sim_reply. A message that has left arrives even if its sender
 * died meanwhile.
 */
#include <stdlib.h>

#include "cabinets.h"

#define TIMEOUT (1500 * INT64_C(1000))
#define LATEST  20 /* seconds a message may be on its way after its sender gave up */

struct flight {
	struct sim_request rq;
	struct sim_reply reply;
	enum rent_transport transport;
	int status;
	bool ambiguous, done;
};

/* A provider that says nonsense of what it did right. */
static void lie(const struct flight *f, struct sim_reply *reply)
{
	static const int outcomes[] = { 77, -1, RENT_UNKNOWN };

	switch (sim_between(0, 3)) {
	case 0:
		reply->processed = f->rq.amount + sim_between(1, 1000);
		break;
	case 1:
		reply->processed = -sim_between(0, 5);
		break;
	case 2:
		reply->result[0] = '\0';
		reply->processed = 0;
		break;
	default:
		reply->outcome = (enum rent_outcome)outcomes[sim_between(0, 2)];
	}
}

static void arrive(void *arg)
{
	struct flight *f = arg;
	struct sim_reply reply = world_handle(&f->rq);

	if (f->done)
		return;
	if (reply.outcome == RENT_SUCCEEDED && sim_fault(FAULT_LIE, sim.lie))
		lie(f, &reply);
	f->reply = reply;
}

static void end_replied(void *arg)
{
	struct flight *f = arg;

	if (!f->done)
		f->transport = RENT_REPLIED;
	f->done = true;
}

static void end_no_answer(void *arg)
{
	struct flight *f = arg;

	if (!f->done)
		f->transport = RENT_NO_ANSWER;
	f->done = true;
}

static void end_not_sent(void *arg)
{
	struct flight *f = arg;

	f->transport = RENT_NOT_SENT;
	f->done = true;
}

/* Sent twice, by the host or by something on the way; the last answer in time counts. */
static void send_twin(struct flight *f, int64_t there, int64_t back)
{
	f->ambiguous = true;
	if (sim_chance(500))
		event_at(sim_between(there, back), arrive, f);
	else
		event_at(sim_now + sim_between(1, LATEST) * RENT_SECOND, arrive, f);
}

/* Of a seed: a few thousand are usual. More come of a host that asks without a pause. */
#define LAUNCHES_MAX 200000

static int launches;

void network_reset(void)
{
	launches = 0;
}

static struct flight *launch(const struct rent_exchange *x)
{
	struct flight *f = calloc(1, sizeof(*f));
	int64_t there = sim_now + sim_between(100, 300000);
	int64_t back = there + sim_between(100, 300000);
	bool safe = (x->request.flags & RENT_RESEND_SAFE) != 0;

	if (f == NULL)
		abort();
	if (++launches > LAUNCHES_MAX)
		sim_fail("more than %d requests went out", LAUNCHES_MAX);
	memcpy(&f->rq, x->request.body, sizeof(f->rq));
	f->status = 200;
	if (x->request.not_after_us != 0 && sim_now >= x->request.not_after_us) {
		event_at(sim_now, end_not_sent, f);
	} else if (sim_fault(FAULT_NOT_SENT, sim.not_sent)) {
		event_at(sim_now + sim_between(1, TIMEOUT), end_not_sent, f);
	} else if (sim_fault(FAULT_LOST_REQUEST, sim.lost_request)) {
		event_at(sim_now + TIMEOUT, end_no_answer, f);
	} else if (sim_fault(FAULT_LOST_REPLY, sim.lost_reply)) {
		event_at(there, arrive, f);
		event_at(sim_now + TIMEOUT, end_no_answer, f);
	} else if (sim_fault(FAULT_LATE, sim.late)) {
		event_at(sim_now + TIMEOUT, end_no_answer, f);
		event_at(sim_now + TIMEOUT + sim_between(1, LATEST) * RENT_SECOND, arrive,
		         f);
	} else if (sim_fault(FAULT_500, sim.fail_500)) {
		f->status = 500;
		if (sim_chance(500))
			event_at(there, arrive, f);
		event_at(back, end_replied, f);
	} else {
		event_at(there, arrive, f);
		event_at(back, end_replied, f);
		if (safe && sim_fault(FAULT_DUPLICATE, sim.duplicate))
			send_twin(f, there, back);
	}
	return f;
}

void network_exchange(struct rent_exchange *const *x, size_t n)
{
	struct flight **flights = calloc(n, sizeof(struct flight *));
	size_t i;

	for (i = 0; i < n; i++)
		flights[i] = x[i]->request.body == NULL ? NULL : launch(x[i]);
	for (i = 0; i < n; i++) {
		struct flight *f = flights[i];

		if (f == NULL) { /* the catalogue */
			x[i]->transport = sim_fault(FAULT_CATALOG, sim.catalog)
			                          ? RENT_NO_ANSWER
			                          : RENT_REPLIED;
			x[i]->reply.body = "";
			continue;
		}
		strand_wait(&f->done);
		x[i]->transport = f->transport;
		if (f->transport != RENT_REPLIED) {
			rent_copy(x[i]->error, sizeof(x[i]->error), "simulated");
			continue;
		}
		x[i]->reply.status = f->status;
		x[i]->reply.ambiguous = f->ambiguous;
		x[i]->reply.body = rent_strndup(x[i]->arena, (const char *)&f->reply,
		                                sizeof(f->reply));
		x[i]->reply.body_size = sizeof(f->reply);
		x[i]->reply.content_type = "";
	}
	/* Flights stay: a late arrival may still be on its way. Their seed ends soon. */
	free(flights);
}

/* ---- the providers */

static void put(struct rent_arena *arena, struct rent_upstream_request *ret,
                const struct sim_request *rq)
{
	ret->method = "POST";
	ret->target = "/";
	ret->endpoint = "sim";
	ret->body = rent_strndup(arena, (const char *)rq, sizeof(*rq));
	ret->body_size = sizeof(*rq);
}

static void pay_caps(void *self, struct rent_payment_caps *ret)
{
	(void)self;
	*ret = (struct rent_payment_caps){
		.struct_size = sizeof(*ret),
		.operations =
			RENT_PAY_BIT(RENT_PAY_HOLD) | RENT_PAY_BIT(RENT_PAY_CAPTURE) |
			RENT_PAY_BIT(RENT_PAY_RELEASE) | RENT_PAY_BIT(RENT_PAY_CHARGE) |
			RENT_PAY_BIT(RENT_PAY_REFUND) |
			(sim.lookup ? RENT_PAY_BIT(RENT_PAY_LOOKUP) : 0) |
			(sim.extends ? RENT_PAY_BIT(RENT_PAY_EXTEND) : 0),
		.resend_us = sim.resend_us,
		.lookup_settle_us = sim.lookup_settle_us,
		.lookup_not_found_is_final = sim.lookup_final,
		.min_charge = sim.min_charge,
		.capture_releases_rest = sim.capture_releases,
		.hold_us = sim.hold_us,
		.acts = sim.acts > 0,
		.cancels = sim.cancels,
	};
}

/* A provider knows it by the state of the target; the world's is not to be seen from here. */
static bool is_cancel(const char *id)
{
	const struct rent_op *op = memstore_op(sim_store, id);

	return op != NULL && op->amount == 0;
}

static int pay_build(void *self, const struct rent_payment_op *op,
                     struct rent_arena *arena, struct rent_upstream_request *ret,
                     struct rent_error *err)
{
	static const enum rent_op_kind kinds[] = {
		[RENT_PAY_HOLD] = RENT_OP_HOLD,
		[RENT_PAY_CAPTURE] = RENT_OP_CAPTURE,
		[RENT_PAY_RELEASE] = RENT_OP_RELEASE,
		[RENT_PAY_CHARGE] = RENT_OP_CHARGE,
		[RENT_PAY_REFUND] = RENT_OP_REFUND,
		[RENT_PAY_EXTEND] = RENT_OP_HOLD, /* with a target */
	};
	struct sim_request rq = { .lookup = op->kind == RENT_PAY_LOOKUP,
		                  .amount = op->amount };

	(void)self;
	(void)err;
	rq.kind = kinds[rq.lookup ? op->lookup_of : op->kind];
	rent_copy(rq.id, sizeof(rq.id), op->id);
	rent_copy(rq.rental_id, sizeof(rq.rental_id), op->rental_id);
	rent_copy(rq.target_id, sizeof(rq.target_id), op->target_id);
	rent_copy(rq.method, sizeof(rq.method), op->method_ref);
	rq.on_session = op->on_session;
	rq.cancels = rq.kind == RENT_OP_RELEASE && is_cancel(op->id);
	put(arena, ret, &rq);
	ret->flags = sim.resend_us > 0 ? RENT_RESEND_SAFE : 0;
	return 0;
}

static void pay_parse(void *self, const struct rent_payment_op *op,
                      const struct rent_upstream_reply *reply,
                      struct rent_payment_result *ret)
{
	struct sim_reply r;

	(void)self;
	if (reply->status != 200)
		return;
	memcpy(&r, reply->body, sizeof(r));
	if (r.asks) {
		ret->action = RENT_ACTION_REDIRECT;
		rent_copy(ret->action_value, sizeof(ret->action_value),
		          "https://sim.test/confirm");
	}
	if (r.asks || sim.acts > 0)
		rent_copy(ret->ref, sizeof(ret->ref), op->id);
	if (r.outcome == RENT_SUCCEEDED)
		rent_copy(ret->method_ref, sizeof(ret->method_ref), op->method_ref);
	ret->outcome = r.outcome;
	ret->reason = r.reason;
	ret->not_found = r.not_found;
	ret->processed = r.processed;
	ret->expires_at = r.expires_at;
}

const struct rent_payment sim_payment = { .struct_size = sizeof(struct rent_payment),
	                                  .caps = pay_caps,
	                                  .build = pay_build,
	                                  .parse = pay_parse };

static int64_t eject_resend(void *self)
{
	(void)self;
	return 24 * RENT_HOUR;
}

static int eject_build(void *self, const struct rent_station_op *op,
                       struct rent_arena *arena, struct rent_upstream_request *ret,
                       struct rent_error *err)
{
	struct sim_request rq = { .kind = RENT_OP_EJECT };

	(void)self;
	(void)err;
	rent_copy(rq.id, sizeof(rq.id), op->id);
	rent_copy(rq.rental_id, sizeof(rq.rental_id), op->rental_id);
	put(arena, ret, &rq);
	ret->flags = RENT_RESEND_SAFE;
	return 0;
}

static void eject_parse(void *self, const struct rent_station_op *op,
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
	rent_copy(ret->powerbank_id, sizeof(ret->powerbank_id), r.result);
}

const struct rent_station sim_station = { .struct_size = sizeof(struct rent_station),
	                                  .resend_us = eject_resend,
	                                  .build_eject = eject_build,
	                                  .parse_eject = eject_parse };

/* The catalogue's requests have no body and are answered on the spot. */
static int cat_build(void *self, enum rent_catalog_what what, const char *id,
                     struct rent_arena *arena, struct rent_upstream_request *ret,
                     struct rent_error *err)
{
	(void)self;
	(void)what;
	(void)id;
	(void)arena;
	(void)err;
	ret->method = "GET";
	ret->target = "/";
	ret->endpoint = "catalog";
	return 0;
}

static void cat_parse(void *self, enum rent_catalog_what what, const char *id,
                      const struct rent_upstream_reply *reply, struct rent_arena *arena,
                      struct rent_catalog_result *ret)
{
	(void)self;
	(void)reply;
	(void)arena;
	ret->outcome = RENT_SUCCEEDED;
	rent_copy(ret->station.id, RENT_ID_SIZE, id);
	if (sim.cabinets && what == RENT_CAT_STATION)
		rent_copy(ret->station_instance, RENT_ID_SIZE,
		          vendor_instance(cabinet_vendor(cabinet_named(id))));
	rent_copy(ret->station.tariff_id, RENT_ID_SIZE, "t");
	ret->station.available = 9;
	ret->station.json = "{}";
	ret->tariff.price_per_hour = sim.price;
	ret->tariff.deposit = sim.deposit;
	ret->configs.last_banks_increase_ppm = 1500000;
}

const struct rent_catalog sim_catalog = { .struct_size = sizeof(struct rent_catalog),
	                                  .build = cat_build,
	                                  .parse = cat_parse };
