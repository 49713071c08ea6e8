/* SPDX-License-Identifier: MIT
 *
 * poll.c - see poll.h.
 *
 *   the order can be looked up                   it says whether the powerbank is back, where, and since
 *                                                when: the rental ends then
 *   it cannot, and cabinets can be looked into   the cabinet that the powerbank came from; shown there, the
 *                                                rental ends now
 *   its customer said "stop" where nobody could  that cabinet too; shown there, the rental ends at
 *   be asked                                     the time of his asking (returned.c); not there, it is
 *                                                forgotten
 *
 * A cycle goes through all live rentals by id, a few each second, so that the service is never asked
 * more than poll_rate times a second. Each host that has the option does so; one is enough. What is
 * shown by mistake until a cabinet has noticed its own eject is not asked for.
 */
#include "poll.h"

#include "cabinet.h"
#include "observers.h"
#include "returned.h"
#include "verify.h"
#include "view.h"

#define RATE_MAX 100
/* A slow service must not keep the host from its end. */
#define LOOK_MAX (3 * RENT_SECOND)

struct page {
	struct core *core;
	char ids[RATE_MAX][RENT_ID_SIZE];
	size_t n;
	uint32_t rows;
	char last[RENT_ID_SIZE];
};

static bool can_be_asked(const struct core *core, const struct station_port *port)
{
	return port != NULL && port->caps.poll_us <= core->poll_interval &&
	       (inventory_can_ask(port) || port->api->build_lookup != NULL);
}

static int page_row(void *arg, const struct rent_rental *row,
                    const struct rent_op *const *ops, size_t n)
{
	struct page *page = arg;
	struct rent_rental r;
	const struct station_port *port;

	(void)ops;
	(void)n;
	rent_adopt(&r, sizeof(r), row, row->struct_size);
	page->rows++;
	rent_copy(page->last, sizeof(page->last), r.id);
	port = core_station_of(page->core, &r);
	if (can_be_asked(page->core, port) && r.broken[0] == '\0' &&
	    r.started_at + port->caps.settle_us <= r.now)
		rent_copy(page->ids[page->n++], RENT_ID_SIZE, r.id);
	return 0;
}

/* ---- one rental */

static enum cabinet_answer ask_slots(struct core *core, const struct rent_rental *r,
                                     const char *station_id, struct returned *what,
                                     char station[RENT_ID_SIZE])
{
	what->at = 0;
	rent_copy(station, RENT_ID_SIZE, cabinet_of(r, station_id));
	return cabinet_ask_slots(core, core_station_of(core, r), station,
	                         r->powerbank_id);
}

/* An order that is "out" does not deny what he said: the service may not have heard of the return, for
 * the cabinet was away. */
static enum cabinet_answer ask_where_he_said(struct core *core, struct rent_rental *r,
                                             struct returned *what,
                                             char station[RENT_ID_SIZE])
{
	enum cabinet_answer answer =
		ask_slots(core, r, r->return_station_id, what, station);
	struct rent_error err;

	if (answer == CABINET_HAS_IT_NOT)
		(void)verify_forget(core, r, &err); /* else with the next cycle */
	return answer;
}

/* Whether it is back; then *what says since when, and `station` where. */
static bool is_back(struct core *core, struct rental_work *w, struct returned *what,
                    char station[RENT_ID_SIZE])
{
	const struct work_op *eject = work_find_op(w, RENT_OP_EJECT);
	enum cabinet_answer answer = CABINET_SAYS_NOTHING;

	if (eject != NULL)
		answer = cabinet_ask_order(core, &w->r, &eject->op, &what->at, station);
	if (answer == CABINET_SAYS_NOTHING)
		answer = ask_slots(core, &w->r, w->r.station_id, what, station);
	if (answer != CABINET_HAS_IT && w->r.stop_asked_at != 0)
		answer = ask_where_he_said(core, &w->r, what, station);
	return answer == CABINET_HAS_IT;
}

static void tell(struct core *core, const struct rent_rental *r, const char *station)
{
	const struct rent_field fields[] = { { "rental", r->id }, { NULL, NULL } };

	observers_return_found(core->observers);
	core->host->log(
		core->host, RENT_LOG_INFO, fields,
		"powerbank '%s' is back in '%s', as asking showed; no report of it "
		"had ended the rental",
		r->powerbank_id, station);
}

static void poll_rental(struct core *core, const char *id)
{
	struct params params = core_params(core);
	struct rent_view view = { .struct_size = sizeof(view) };
	char station[RENT_ID_SIZE] = "", outcome[RENT_NOTE_SIZE];
	struct returned what = { .rental_id = id, .station_id = station };
	struct rent_error err;
	struct rental_work w;

	work_init(&w, core, &params, &core->payment.caps, GOAL_TICK);
	if (view_read(core, id, &w, &view, &err) == 0 &&
	    w.r.status == RENT_STATUS_ACTIVE && is_back(core, &w, &what, station)) {
		what.powerbank_id = w.r.powerbank_id;
		if (returned_end(core, &what, outcome, &err) == 0 &&
		    strcmp(outcome, "returned") == 0)
			tell(core, &w.r, station);
	}
	work_done(&w);
}

/* ---- the cycle */

static bool any_can_be_asked(struct core *core)
{
	for (size_t i = 0; i < STATIONS_MAX; i++) {
		const struct station_port *port = core_station(core, i);

		if (port->api != NULL && can_be_asked(core, port))
			return true;
	}
	return false;
}

static bool is_due(struct core *core, int64_t now)
{
	struct poll *p = &core->poll;

	if (core->poll_interval == 0 || !any_can_be_asked(core))
		return false;
	if (!p->running && now >= p->next) {
		p->running = true;
		p->next = now + core->poll_interval;
		p->cursor[0] = '\0';
	}
	return p->running;
}

void poll_look(void *arg)
{
	struct core *core = arg;
	const struct rent_host *host = core->host;
	int64_t began = host->mono_us(host);
	uint32_t limit = (uint32_t)rules_min(core->poll_rate, RATE_MAX);
	struct page page = { .core = core };
	struct rent_error err;

	if (!is_due(core, began))
		return;
	if (core->store->scan(core->store_self, RENT_SCAN_ACTIVE, core->poll.cursor,
	                      limit, page_row, &page, &err) < 0)
		return; /* the storage says so elsewhere; the cycle goes on with the next look */
	for (size_t i = 0; i < page.n; i++) {
		poll_rental(core, page.ids[i]);
		rent_copy(core->poll.cursor, RENT_ID_SIZE, page.ids[i]);
		if (host->mono_us(host) - began > LOOK_MAX)
			return;
	}
	rent_copy(core->poll.cursor, RENT_ID_SIZE, page.last);
	core->poll.running = page.rows == limit;
}
