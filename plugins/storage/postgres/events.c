/* SPDX-License-Identifier: MIT
 *
 * events.c - events that services reported: recorded once, ended, listed. A commit whose reply was
 * lost is not read back: the service sends its event again, and it is known then.
 */
#include "postgres.h"

#include "result.h"

struct event_job {
	struct job job;
	/* NULL: it is an end. */
	const struct rent_inbound *event;
	const char *id, *outcome;
	bool changed;
};

static struct event_job *event_of(const struct slice *s, size_t i)
{
	return (struct event_job *)(void *)s->units[i].job;
}

/* Two transactions with the same events wait for each other in one order. */
static void split_event(struct job *job, struct unit *units)
{
	struct event_job *j = (struct event_job *)(void *)job;

	units[0].order = j->event == NULL ? j->id : j->event->event_id;
}

static void send_put(struct conn *conn, const struct rent_inbound *e)
{
	struct bind *a = conn_bind(conn);

	bind_text(a, e->id);
	bind_text(a, e->instance);
	bind_text(a, e->event_id);
	bind_text(a, rent_name_of(rent_event_kind_names, (int)e->kind));
	bind_text(a, rent_name_of(rent_event_trust_names, (int)e->trust));
	bind_text(a, e->operation_id);
	bind_text(a, e->ref);
	bind_text(a, e->station_id);
	bind_text(a, e->powerbank_id);
	bind_int(a, e->slot);
	bind_int(a, e->charge);
	bind_int(a, e->amount);
	bind_int(a, e->at);
	bind_text(a, rent_name_of(rent_outcome_names, (int)e->verdict));
	bind_text(a, rent_name_of(rent_decline_names, (int)e->reason));
	bind_text(a, e->note);
	bind_text(a, e->sha256);
	conn_send(conn, SQL_EVENT_PUT);
}

static void send_events(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct event_job *j = event_of(s, i);
		struct bind *a;

		if (j->event != NULL) {
			send_put(s->conn, j->event);
			continue;
		}
		a = conn_bind(s->conn);
		bind_text(a, j->id);
		bind_text(a, j->outcome);
		conn_send(s->conn, SQL_EVENT_END);
	}
}

static void take_events(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++)
		event_of(s, i)->changed = result_changed(conn_take(s->conn)) == 1;
}

const struct kind event_kind = {
	.name = "event_put",
	.split = split_event,
	.send = send_events,
	.take = take_events,
};

int postgres_event_put(struct postgres *self, const struct rent_inbound *event,
                       enum rent_inbound_result *ret, struct rent_error *err)
{
	struct event_job j = { .job = { .kind = JOB_EVENT, .units = 1 }, .event = event };
	int code = writers_do(self->writers, &j.job, err);

	if (code == 0)
		*ret = j.changed ? RENT_INBOUND_NEW : RENT_INBOUND_KNOWN;
	return code;
}

int postgres_event_end(struct postgres *self, const char *id, const char *outcome,
                       struct rent_error *err)
{
	struct event_job j = { .job = { .kind = JOB_EVENT, .units = 1 },
		               .id = id,
		               .outcome = outcome };
	int code = writers_do(self->writers, &j.job, err);

	return code != 0 ? code : j.changed ? 0 : 1;
}

static void bind_query(struct bind *a, void *arg)
{
	const struct rent_inbound_query *query = arg;

	bind_text(a, query->after_id == NULL ? "" : query->after_id);
	bind_int(a, storage_page(query->limit));
}

int postgres_event_list(struct postgres *self, const struct rent_inbound_query *query,
                        rent_inbound_fn fn, void *arg, struct rent_error *err)
{
	struct rent_inbound_query page = *query;
	struct rent_inbound event;
	PGresult *res;
	int code = reading_query(&self->reading,
	                         query->open ? SQL_EVENTS_OPEN : SQL_EVENTS_PAGE,
	                         bind_query, &page, &res, err);

	if (code != 0)
		return code;
	for (int row = 0; code == 0 && row < PQntuples(res); row++) {
		result_inbound(res, row, &event);
		code = fn(arg, &event);
	}
	PQclear(res);
	return code;
}
