/* SPDX-License-Identifier: MIT
 *
 * reconcile_stations.c - see reconcile_stations.h. Changes nothing.
 *
 * The cabinets are those at which rentals began in the last days, and those of all running rentals:
 * nobody else tells which there are. Each is asked once for what is in it, at most poll_rate a second.
 *
 *   a powerbank lies in a slot, and its rental runs     looked at again when return_settle has
 *                                                       passed: I11
 *   an order of the service is out, and no rental has   I11, unless it was bought out, lies in a
 *   its powerbank                                       slot, or is being given out
 */
#include "reconcile_stations.h"

#include <stdlib.h>

#include "cabinet.h"
#include "cabinet_question.h"
#include "findings.h"
#include "fleet.h"
#include "holders.h"
#include "view.h"

#define LOOK_BACK    (RENT_HOUR * 24 * 7)
#define SUSPECTS_MAX 10000 /* further ones are found by the next run */
#define ORDERS_PAGE  100
#define PAGES_MAX    10000

static const struct finding_kind kinds[] = {
	{ "I11", "slot_runs",
	  "the customer pays though the powerbank is back: end the rental at the time of its "
	  "return, and find out why nobody reported it",
	  true },
	{ "I11", "out_of_rental",
	  "look who has it: the service's own console names the customer of this order, or an "
	  "operation that waits for a person explains it",
	  true },
	{ "I11", "cabinets_silent",
	  "what lies in them is not known; try again when they are back", false },
	{ "I11", "orders_silent",
	  "powerbanks that are out without a rental were not looked for", false },
};

enum {
	SLOT_RUNS,
	OUT_OF_RENTAL,
	CABINETS_SILENT,
	ORDERS_SILENT,
};

/* One that lies in a slot while its rental runs, or that is out without any. */
struct suspect {
	struct station_port *port;
	char powerbank_id[RENT_ID_SIZE], cabinet_id[RENT_ID_SIZE];
	char rental_id[RENT_ID_SIZE], user_id[RENT_ID_SIZE], ref[RENT_REF_SIZE];
	int64_t at;
};

struct stations {
	struct core *core;
	struct rent_check *check;
	int64_t now, settle;
	struct holders holders;
	struct fleet_names cabinets, sold, lying;
	struct suspect *suspects;
	size_t suspect_count;
	int64_t next_question; /* monotonic */
	int64_t silent;
	char first_silent[RENT_ID_SIZE];
	struct findings scratch;
};

static struct suspect *add_suspect(struct stations *s, struct station_port *port,
                                   const char *powerbank_id, const char *cabinet_id)
{
	struct suspect *new = &s->suspects[s->suspect_count];

	if (s->suspect_count == SUSPECTS_MAX)
		return NULL;
	s->suspect_count++;
	*new = (struct suspect){ .port = port };
	rent_copy(new->powerbank_id, RENT_ID_SIZE, powerbank_id);
	rent_copy(new->cabinet_id, RENT_ID_SIZE, cabinet_id);
	return new;
}

/* At most poll_rate a second. */
static void wait_for_turn(struct stations *s)
{
	const struct rent_host *host = s->core->host;
	int64_t now = host->mono_us(host);

	if (now < s->next_question)
		host->sleep_us(host, s->next_question - now);
	s->next_question =
		rules_max(now, s->next_question) + RENT_SECOND / s->core->poll_rate;
}

/* ---- what lies in the cabinets */

static bool compare_slot(struct stations *s, struct station_port *port,
                         const char *cabinet_id, const char *powerbank_id)
{
	const struct holder *h = holders_find(
		&s->holders, powerbank_id, port->instance == NULL ? "" : port->instance);
	struct suspect *new;

	if (h != NULL && h->started_at + port->caps.settle_us + s->settle <= s->now) {
		new = add_suspect(s, port, powerbank_id, cabinet_id);
		if (new != NULL) {
			rent_copy(new->rental_id, RENT_ID_SIZE, h->rental_id);
			rent_copy(new->user_id, RENT_ID_SIZE, h->user_id);
			new->at = h->started_at;
		}
	}
	return fleet_add(&s->lying, port, powerbank_id, cabinet_id);
}

static int ask_cabinet(struct stations *s, struct station_port *port,
                       const char *cabinet_id)
{
	const struct rent_host *host = s->core->host;
	struct rent_arena *arena = host->arena_new(host);
	struct rent_station_snapshot shot;
	bool fits = arena != NULL;

	if (arena == NULL)
		return RENT_ENOMEM;
	wait_for_turn(s);
	inventory_ask(s->core, port, cabinet_id, arena, &shot);
	if ((shot.outcome != RENT_SUCCEEDED && shot.outcome != RENT_DECLINED) ||
	    shot.state == RENT_STATION_OFFLINE) {
		if (s->silent++ == 0)
			rent_copy(s->first_silent, RENT_ID_SIZE, cabinet_id);
	} else {
		for (size_t i = 0; i < shot.slot_count && fits; i++) {
			if (shot.list[i]->powerbank_id[0] != '\0')
				fits = compare_slot(s, port, cabinet_id,
				                    shot.list[i]->powerbank_id);
		}
	}
	s->check->entries++;
	host->arena_free(host, arena);
	return fits ? 0 : RENT_ENOMEM;
}

static struct station_port *port_of(struct stations *s, const struct fleet_name *name)
{
	for (size_t i = 0; i < STATIONS_MAX; i++) {
		if (core_station(s->core, i) == name->port)
			return core_station(s->core, i);
	}
	return NULL;
}

static int add_cabinets_of_holders(struct stations *s)
{
	for (size_t i = 0; i < s->holders.n; i++) {
		const struct holder *h = &s->holders.at[i];
		const struct station_port *port =
			core_station_named(s->core, h->station_instance);

		if (port != NULL && !fleet_add(&s->cabinets, port, h->cabinet_id, ""))
			return RENT_ENOMEM;
	}
	fleet_sort(&s->cabinets);
	return 0;
}

static int ask_cabinets(struct stations *s)
{
	int64_t shown = 0;
	int code = 0;

	for (size_t i = 0; i < s->cabinets.n; i++)
		s->check->operations += inventory_can_ask(s->cabinets.at[i].port);
	for (size_t i = 0; i < s->cabinets.n && code == 0; i++) {
		struct station_port *port = port_of(s, &s->cabinets.at[i]);
		int64_t now = s->core->host->mono_us(s->core->host);

		if (!inventory_can_ask(port))
			continue;
		code = ask_cabinet(s, port, s->cabinets.at[i].name);
		if (code == 0 && s->check->progress != NULL &&
		    now - shown >= RENT_SECOND) {
			shown = now;
			code = s->check->progress(s->check->arg, s->check);
		}
	}
	fleet_sort(&s->lying);
	return code;
}

/* ---- what the services call out */

struct orders {
	struct stations *s;
	struct station_port *port;
};

static int compare_order(void *arg, const struct rent_station_entry *theirs)
{
	struct orders *o = arg;
	struct stations *s = o->s;
	struct rent_station_entry e;
	struct suspect *new;

	rent_adopt(&e, sizeof(e), theirs, theirs->struct_size);
	if (e.outcome != RENT_SUCCEEDED || e.returned_at != 0 || e.powerbank_id == NULL ||
	    e.powerbank_id[0] == '\0' ||
	    (e.at != 0 && e.at + o->port->caps.settle_us + s->settle > s->now) ||
	    holders_find(&s->holders, e.powerbank_id, "") != NULL ||
	    fleet_has(&s->lying, o->port, e.powerbank_id) ||
	    fleet_has(&s->sold, o->port, e.powerbank_id))
		return 0;
	new = add_suspect(s, o->port, e.powerbank_id,
	                  e.cabinet_id == NULL ? "" : e.cabinet_id);
	if (new != NULL) {
		rent_copy(new->ref, sizeof(new->ref), e.ref == NULL ? "" : e.ref);
		new->at = e.at;
	}
	return 0;
}

/* A page; *cursor is moved on. false: the service did not answer. */
static bool read_orders_page(struct orders *o, char cursor[RENT_REF_SIZE])
{
	struct core *core = o->s->core;
	const struct rent_station_page page = { .struct_size = sizeof(page),
		                                .since = o->s->now - LOOK_BACK,
		                                .cabinet_id = "",
		                                .cursor = cursor,
		                                .limit = ORDERS_PAGE };
	struct rent_arena *arena = core->host->arena_new(core->host);
	char next[RENT_REF_SIZE] = "";
	struct rent_error err;
	struct question q;
	int code = RENT_EUNAVAIL, built;

	if (arena == NULL)
		return false;
	wait_for_turn(o->s);
	question_begin(&q, core, o->port, arena);
	built = o->port->api->build_list(o->port->self, &page, arena, &q.x.request, &err);
	if (question_send(&q, built)) {
		code = o->port->api->parse_list(o->port->self, &page, &q.x.reply,
		                                compare_order, o, next, &err);
		question_read(&q, code == 0);
	}
	core->host->arena_free(core->host, arena);
	rent_copy(cursor, RENT_REF_SIZE, next);
	return code == 0;
}

static int compare_orders(struct stations *s, struct station_port *port)
{
	struct orders o = { s, port };
	char cursor[RENT_REF_SIZE] = "";
	bool read = false;
	struct finding *f;

	for (int i = 0; i < PAGES_MAX; i++) {
		read = read_orders_page(&o, cursor);
		if (!read || cursor[0] == '\0')
			break;
	}
	if (read && cursor[0] == '\0')
		return 0;
	f = findings_add(findings_none(&s->scratch), &kinds[ORDERS_SILENT],
	                 "'%s' does not list its orders now", port->instance);
	return finding_report(s->check, f, "", "", 0);
}

/* ---- the second look */

static int report_slot(struct stations *s, const struct suspect *it)
{
	struct finding *f;

	wait_for_turn(s);
	if (cabinet_ask_slots(s->core, it->port, it->cabinet_id, it->powerbank_id) !=
	    CABINET_HAS_IT)
		return 0;
	f = findings_add(findings_none(&s->scratch), &kinds[SLOT_RUNS],
	                 "powerbank '%s' lies in cabinet '%s', and its rental runs",
	                 it->powerbank_id, it->cabinet_id);
	return finding_report(s->check, f, it->rental_id, it->user_id, it->at);
}

static int report_out(struct stations *s, const struct suspect *it)
{
	struct finding *f = findings_add(
		findings_none(&s->scratch), &kinds[OUT_OF_RENTAL],
		"powerbank '%s' is out of cabinet '%s' by order "
		"'%s' of '%s', and no rental has it",
		it->powerbank_id, it->cabinet_id, it->ref, it->port->instance);

	return finding_report(s->check, f, "", "", it->at);
}

static int confirm(struct stations *s, const struct suspect *it, struct rent_error *err)
{
	char holder[RENT_ID_SIZE];
	int code = view_holder(s->core, it->powerbank_id, holder, err);

	if (code != 0 || strcmp(holder, it->rental_id) != 0)
		return code;
	return it->rental_id[0] != '\0' ? report_slot(s, it) : report_out(s, it);
}

static int confirm_all(struct stations *s, struct rent_error *err)
{
	int code = 0;

	if (s->suspect_count > 0 && s->check->progress != NULL)
		code = s->check->progress(s->check->arg, s->check);
	if (s->suspect_count > 0 && code == 0)
		s->core->host->sleep_us(s->core->host, s->settle);
	for (size_t i = 0; i < s->suspect_count && code == 0; i++)
		code = confirm(s, &s->suspects[i], err);
	return code;
}

/* ---- the whole */

static int report_silence(struct stations *s)
{
	struct finding *f;

	if (s->silent == 0)
		return 0;
	f = findings_add(findings_none(&s->scratch), &kinds[CABINETS_SILENT],
	                 "%" PRId64 " of %" PRId64
	                 " cabinets do not say what is in them, '%s' the first",
	                 s->silent, s->check->operations, s->first_silent);
	return finding_report(s->check, f, "", "", 0);
}

static int compare_all(struct stations *s, struct rent_error *err)
{
	int code = holders_read(s->core, s->check->pause_us, &s->holders, err);

	s->check->rentals = (int64_t)s->holders.n;
	if (code == 0)
		code = fleet_read(s->core, s->now - LOOK_BACK, &s->cabinets, &s->sold,
		                  err);
	if (code == 0)
		code = add_cabinets_of_holders(s);
	if (code == 0)
		code = ask_cabinets(s);
	for (size_t i = 0; i < STATIONS_MAX && code == 0; i++) {
		struct station_port *port = core_station(s->core, i);

		if (port->api != NULL && port->api->build_list != NULL &&
		    port->api->parse_list != NULL)
			code = compare_orders(s, port);
	}
	if (code == 0)
		code = report_silence(s);
	return code == 0 ? confirm_all(s, err) : code;
}

int reconcile_stations(void *self, struct rent_check *check, struct rent_error *err)
{
	struct core *core = self;
	struct stations *s;
	bool any = false;
	int code;

	for (size_t i = 0; i < STATIONS_MAX; i++)
		any |= inventory_can_ask(core_station(core, i));
	if (!any)
		return rent_fail(err, RENT_EUNSUPPORTED,
		                 "no bound service lets its cabinets be looked into, so "
		                 "there is nothing to compare with");
	s = calloc(1, sizeof(*s));
	if (s != NULL)
		s->suspects = calloc(SUSPECTS_MAX, sizeof(*s->suspects));
	if (s == NULL || s->suspects == NULL) {
		free(s);
		return rent_fail(err, RENT_ENOMEM, "reconcile: out of memory");
	}
	s->core = core;
	s->check = check;
	s->now = core->host->wall_us(core->host);
	s->settle = core_params(core).return_settle;
	code = compare_all(s, err);
	if (code == RENT_ENOMEM)
		(void)rent_fail(err, code, "reconcile: out of memory");
	holders_done(&s->holders);
	fleet_done(&s->cabinets);
	fleet_done(&s->sold);
	fleet_done(&s->lying);
	free(s->suspects);
	free(s);
	return code;
}
