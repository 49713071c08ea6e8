/* SPDX-License-Identifier: MIT
 *
 * one_rental.c - see one_rental.h.
 */
#include "one_rental.h"

#include "decide.h"
#include "observers.h"
#include "reissue.h"

struct one_rental db;
struct cloud cloud;
struct fake_host *fake;
struct core core;
static struct observers observers;

static int show(void *self, const char *id, rent_rental_fn fn, void *arg,
                struct rent_error *err)
{
	const struct rent_op *ops[] = { &db.eject };

	(void)self;
	(void)err;
	if (db.other.id[0] != '\0' && strcmp(id, db.other.id) == 0)
		return fn(arg, &db.other, NULL, 0);
	return strcmp(id, db.r.id) == 0 ? fn(arg, &db.r, ops, 1) : 1;
}

static int holding(void *self, const char *powerbank_id, rent_rental_fn fn, void *arg,
                   struct rent_error *err)
{
	(void)self;
	(void)err;
	if (db.r.status != RENT_STATUS_ACTIVE ||
	    strcmp(powerbank_id, db.r.powerbank_id) != 0)
		return 1;
	return fn(arg, &db.r, NULL, 0);
}

static int scan(void *self, enum rent_scan what, const char *after_id, uint32_t limit,
                rent_rental_fn fn, void *arg, struct rent_error *err)
{
	(void)self;
	(void)err;
	assert_int_equal(what, RENT_SCAN_ACTIVE);
	assert_true(limit > 0);
	return db.r.status == RENT_STATUS_ACTIVE && strcmp(after_id, db.r.id) < 0
	               ? fn(arg, &db.r, NULL, 0)
	               : 0;
}

/* The other one, while it begins. */
static int list_starts(void *self, const struct rent_list_query *query, rent_rental_fn fn,
                       void *arg, struct rent_error *err)
{
	(void)self;
	(void)err;
	assert_int_equal(query->status, RENT_STATUS_PENDING);
	return db.other.status == RENT_STATUS_PENDING &&
	                       db.other.created_at < query->before_created_at
	               ? fn(arg, &db.other, NULL, 0)
	               : 0;
}

static int op_get(void *self, const char *id, rent_op_fn fn, void *arg,
                  struct rent_error *err)
{
	(void)self;
	(void)err;
	return strcmp(id, db.eject.id) == 0 ? fn(arg, &db.eject) : 1;
}

static void take_notes(const struct rent_change *c, struct rent_note *ret)
{
	for (size_t i = 0; i < RENT_CHANGE_OPS; i++) {
		if (c->notes[i].kind == RENT_NOTE_NONE)
			continue;
		ret->kind = c->notes[i].kind;
		rent_copy(ret->text, sizeof(ret->text), c->notes[i].text);
	}
}

static int advance_other(struct rent_change *c)
{
	c->ret = RENT_CHANGE_POWERBANK_TAKEN;
	if (c->powerbank_id != NULL && db.r.status == RENT_STATUS_ACTIVE &&
	    strcmp(c->powerbank_id, db.r.powerbank_id) == 0)
		return 0;
	c->ret = RENT_CHANGE_APPLIED;
	take_notes(c, &db.other_note);
	if (c->status != RENT_STATUS_NONE)
		db.other.status = c->status;
	if (c->powerbank_id != NULL)
		rent_copy(db.other.powerbank_id, RENT_ID_SIZE, c->powerbank_id);
	c->ret_version = ++db.other.version;
	c->ret_now = db.r.now;
	return 0;
}

static int advance(void *self, struct rent_change *const *changes, size_t n,
                   struct rent_error *err)
{
	struct rent_change *c = changes[0];

	(void)self;
	(void)err;
	assert_int_equal(n, 1);
	if (strcmp(c->rental_id, db.other.id) == 0)
		return advance_other(c);
	if (db.conflicts > 0) {
		db.conflicts--;
		db.r.version++;
		c->ret = RENT_CHANGE_CONFLICT;
		return 0;
	}
	assert_int_equal(c->expect_version, db.r.version);
	take_notes(c, &db.note);
	if (c->deed != NULL) {
		db.deed = *c->deed;
		db.deeds++;
	}
	if (c->return_station_id != NULL)
		rent_copy(db.r.return_station_id, RENT_ID_SIZE, c->return_station_id);
	if (c->stop_asked_at != 0)
		db.r.stop_asked_at =
			c->stop_asked_at == RENT_NO_TIME ? 0 : c->stop_asked_at;
	if (c->status != RENT_STATUS_NONE) {
		db.ends++;
		db.r.status = c->status;
		db.r.finished_at = c->finished_at;
		db.r.ended_by = c->ended_by;
		db.r.has_final |= c->set_final;
		db.r.final_amount = c->set_final ? c->final_amount : db.r.final_amount;
	}
	if (c->settlement != RENT_SETTLEMENT_NONE)
		db.r.settlement = c->settlement;
	if (c->ends[0].id != NULL && c->ends[0].ref != NULL)
		rent_copy(db.eject.ref, sizeof(db.eject.ref), c->ends[0].ref);
	db.r.debt += c->debt_delta;
	db.r.paid += c->paid_delta;
	if (c->outside != NULL) {
		assert_true(db.outside_count < 4);
		db.outside[db.outside_count++] = *c->outside;
		db.r.outside += c->outside->amount;
		db.r.outside_at = db.r.now;
	}
	c->ret = RENT_CHANGE_APPLIED;
	c->ret_version = ++db.r.version;
	c->ret_now = db.r.now;
	return 0;
}

static int op_taken(void *self, const char *ref, rent_op_fn fn, void *arg,
                    struct rent_error *err)
{
	(void)self;
	(void)err;
	return strcmp(ref, db.taken.ref) == 0 ? fn(arg, &db.taken) : 1;
}

static int outside_list(void *self, const char *rental_id, rent_outside_fn fn, void *arg,
                        struct rent_error *err)
{
	int code = 0;

	(void)self;
	(void)err;
	assert_string_equal(rental_id, db.r.id);
	for (size_t i = 0; i < db.outside_count && code == 0; i++)
		code = fn(arg, &db.outside[i]);
	return code;
}

static int list_inventories(void *self, const struct rent_inventory_query *query,
                            rent_inventory_fn fn, void *arg, struct rent_error *e)
{
	int code = 0;

	(void)self;
	(void)e;
	assert_string_equal(query->cabinet_id, db.other.station_id);
	for (size_t i = 0; db.inventories[i].powerbanks != NULL && code == 0; i++) {
		if (db.inventories[i].taken_at >= query->since)
			code = fn(arg, &db.inventories[i]);
	}
	return code;
}

static const struct rent_storage storage = { .struct_size = sizeof(storage),
	                                     .rental_get = show,
	                                     .rental_holding = holding,
	                                     .scan = scan,
	                                     .rental_list = list_starts,
	                                     .op_get = op_get,
	                                     .op_taken = op_taken,
	                                     .outside_list = outside_list,
	                                     .inventory_list = list_inventories,
	                                     .advance = advance };

static int build_lookup(void *self, const struct rent_station_op *op,
                        struct rent_arena *arena, struct rent_upstream_request *ret,
                        struct rent_error *err)
{
	(void)self;
	(void)arena;
	(void)err;
	assert_string_equal(op->ref, "T-1");
	ret->method = "GET";
	return 0;
}

static void parse_lookup(void *self, const struct rent_station_op *op,
                         const struct rent_upstream_reply *reply,
                         struct rent_station_result *ret)
{
	(void)self;
	(void)op;
	(void)reply;
	*ret = cloud.order;
}

static int build_snapshot(void *self, const char *cabinet_id, struct rent_arena *arena,
                          struct rent_upstream_request *ret, struct rent_error *err)
{
	(void)self;
	(void)arena;
	(void)err;
	assert_string_equal(cabinet_id, "far-away");
	ret->method = "GET";
	return 0;
}

static void parse_snapshot(void *self, const char *cabinet_id,
                           const struct rent_upstream_reply *reply,
                           struct rent_station_snapshot *ret)
{
	static const struct rent_station_slot *list[] = { &cloud.slot };

	(void)self;
	(void)cabinet_id;
	(void)reply;
	ret->outcome = cloud.unknown ? RENT_DECLINED : RENT_SUCCEEDED;
	ret->state = cloud.state;
	ret->complete = cloud.complete;
	ret->list = list;
	ret->slot_count = 1;
}

static const struct rent_station station = { .struct_size = sizeof(station),
	                                     .build_lookup = build_lookup,
	                                     .parse_lookup = parse_lookup,
	                                     .build_snapshot = build_snapshot,
	                                     .parse_snapshot = parse_snapshot };

static void exchange(void *arg, struct rent_exchange *x)
{
	(void)arg;
	cloud.asked++;
	x->transport = cloud.silent ? RENT_NO_ANSWER : RENT_REPLIED;
}

char heard[8192];

static void hear(const struct rent_host *host, const char *subject, const char *type,
                 const char *json)
{
	size_t at = strlen(heard);

	(void)host;
	(void)subject;
	(void)snprintf(heard + at, sizeof(heard) - at, "%s %s\n", type, json);
}

static bool is_heard(const struct rent_host *host)
{
	(void)host;
	return true;
}

void one_rental_listen(void)
{
	static struct rent_host table;

	table = *core.host;
	table.event_of = hear;
	table.event_heard = is_heard;
	core.host = &table;
	core.events = true;
	heard[0] = '\0';
}

int one_rental_setup(void **state)
{
	(void)state;
	memset(&core, 0, sizeof(core));
	memset(&cloud, 0, sizeof(cloud));
	memset(&db, 0, sizeof(db));
	db.r = (struct rent_rental){ .struct_size = sizeof(db.r),
		                     .id = "r1",
		                     .station_id = "s1",
		                     .powerbank_id = "PB-1",
		                     .price_per_hour = 3600,
		                     .status = RENT_STATUS_ACTIVE,
		                     .settlement = RENT_SETTLEMENT_OPEN,
		                     .created_at = T0 - 2 * RENT_SECOND,
		                     .started_at = T0,
		                     .now = T0 + 1000 * RENT_SECOND };
	db.eject = (struct rent_op){ .struct_size = sizeof(db.eject),
		                     .id = "e1",
		                     .rental_id = "r1",
		                     .ref = "T-1",
		                     .result = "PB-1",
		                     .kind = RENT_OP_EJECT,
		                     .purpose = RENT_FOR_START,
		                     .state = RENT_OP_SUCCEEDED };
	cloud.complete = true;
	cloud.order.outcome = RENT_SUCCEEDED;
	rent_copy(cloud.order.powerbank_id, RENT_ID_SIZE, "PB-1");
	fake = fake_host_new(NULL, NULL);
	fake_host_on_exchange(fake, exchange, NULL);
	core.host = fake_host_table(fake);
	core.store = &storage;
	core.next_step = decide;
	core.close_old = reissue_close_old;
	core.payment.instance = "pay";
	core.payment.caps.min_charge = INT64_MAX;
	core.station.api = &station;
	core.station.caps.settle_us = 30 * RENT_SECOND;
	core.params = (struct params){ .r_buyout = 1000000,
		                       .start_lease = 30 * RENT_SECOND,
		                       .resolve_base = 5 * RENT_SECOND,
		                       .return_backdate_max = DAY };
	core.observers = &observers;
	pthread_mutex_init(&core.params_lock, NULL);
	pthread_mutex_init(&core.station.lock, NULL);
	observers_init(core.observers, core.host);
	return 0;
}

int one_rental_teardown(void **state)
{
	(void)state;
	fake_host_free(fake);
	return 0;
}
