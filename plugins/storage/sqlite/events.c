/* SPDX-License-Identifier: MIT
 *
 * events.c - events that services reported: recorded once, ended, listed.
 */
#include "sqlite.h"

struct put_job {
	struct writer_job job;
	const struct rent_inbound *event;
	bool is_new;
};

static int put_event(struct db *db, struct writer_job *job, bool careful,
                     struct rent_error *err)
{
	struct put_job *j = (struct put_job *)job;
	const struct rent_inbound *e = j->event;
	int code = db_do(db, SQL_EVENT_PUT, err, e->id, e->instance, e->event_id,
	                 rent_name_of(rent_event_kind_names, (int)e->kind),
	                 rent_name_of(rent_event_trust_names, (int)e->trust),
	                 e->operation_id, e->ref, e->station_id, e->powerbank_id, e->slot,
	                 e->charge, e->amount, e->at,
	                 rent_name_of(rent_outcome_names, (int)e->verdict),
	                 rent_name_of(rent_decline_names, (int)e->reason), e->note,
	                 e->sha256, db->now);

	(void)careful;
	j->is_new = code == 0 && db_changes(db) == 1;
	return code;
}

int sqlite_event_put(struct sqlite *self, const struct rent_inbound *event,
                     enum rent_inbound_result *ret, struct rent_error *err)
{
	struct put_job j = { .job = { .apply = put_event }, .event = event };
	int code = writer_do(self->writer, &j.job, 1, err);

	if (code == 0)
		*ret = j.is_new ? RENT_INBOUND_NEW : RENT_INBOUND_KNOWN;
	return code;
}

struct end_job {
	struct writer_job job;
	const char *id, *outcome;
	bool found;
};

static int end_event(struct db *db, struct writer_job *job, bool careful,
                     struct rent_error *err)
{
	struct end_job *j = (struct end_job *)job;
	int code = db_do(db, SQL_EVENT_END, err, j->id, j->outcome, db->now);

	(void)careful;
	j->found = code == 0 && db_changes(db) == 1;
	return code;
}

int sqlite_event_end(struct sqlite *self, const char *id, const char *outcome,
                     struct rent_error *err)
{
	struct end_job j = { .job = { .apply = end_event },
		             .id = id,
		             .outcome = outcome };
	int code = writer_do(self->writer, &j.job, 1, err);

	return code != 0 ? code : j.found ? 0 : 1;
}

static int show_events(struct db *db, const struct rent_inbound_query *query,
                       rent_inbound_fn fn, void *arg, struct rent_error *err)
{
	struct rent_inbound event;
	sqlite3_stmt *stmt;
	int code = db_first(db, query->open ? SQL_EVENTS_OPEN : SQL_EVENTS_PAGE, &stmt,
	                    err, query->after_id == NULL ? "" : query->after_id,
	                    (int64_t)storage_page(query->limit));

	while (code == DB_ROW) {
		row_inbound(&db_rows, stmt, 0, &event);
		code = fn(arg, &event);
		if (code != 0) {
			db_done(stmt);
			return code;
		}
		code = db_next(db, stmt, err);
	}
	return code;
}

int sqlite_event_list(struct sqlite *self, const struct rent_inbound_query *query,
                      rent_inbound_fn fn, void *arg, struct rent_error *err)
{
	struct reader *reader;
	int code = readers_borrow(self->readers, &reader, err);

	if (code != 0)
		return code;
	code = show_events(&((struct sqlite_reader *)reader)->db, query, fn, arg, err);
	readers_return(self->readers, reader);
	return code;
}
