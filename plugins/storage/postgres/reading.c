/* SPDX-License-Identifier: MIT
 *
 * reading.c - statements on reading connections; see reading.h.
 */
#include "reading.h"

struct connection {
	struct reader reader;
	struct conn conn;
};

/* libpq connects, and looks up names, with calls that block. */
struct opening {
	struct conn *conn;
	const struct conn_options *options;
	int code;
	struct rent_error err;
};

static void open_connection(void *arg)
{
	struct opening *o = arg;

	o->code = conn_open(o->conn, o->options, "read", &o->err);
}

/* Makes the connection ready: one that died while it was idle is replaced. */
static int prepare_reader(void *arg, struct reader *reader, struct rent_error *err)
{
	const struct reading_options *o = &((struct reading *)arg)->options;
	const struct rent_host *host = o->conn->host;
	struct conn *conn = &((struct connection *)reader)->conn;
	struct opening opening = { .conn = conn, .options = o->conn };

	if (conn_alive(conn))
		return 0;
	conn_close(conn);
	if (!o->up(o->arg))
		return rent_fail(err, RENT_EUNAVAIL, "database: not connected");
	if (host->task->block(host, open_connection, &opening) != 0)
		return rent_fail(err, RENT_EUNAVAIL,
		                 "database: too many wait to connect already");
	if (opening.code != 0 && err != NULL)
		*err = opening.err;
	conn->shared = opening.code == 0;
	return opening.code;
}

static void close_connection(struct reader *reader)
{
	conn_close(&((struct connection *)reader)->conn);
}

static void count_readers(void *arg, int64_t open)
{
	const struct reading_options *o = &((struct reading *)arg)->options;

	o->on_count(o->arg, open);
}

int reading_begin(struct reading *reading, const struct reading_options *options,
                  struct rent_error *err)
{
	const struct readers_options o = {
		.reader_size = sizeof(struct connection),
		.max = options->max,
		.task = options->conn->host->task,
		.option = options->option,
		.patience_us = options->patience_us,
		.prepare = prepare_reader,
		.close = close_connection,
		.on_count = count_readers,
		.arg = reading,
	};

	reading->options = *options;
	return readers_new(&o, &reading->readers, err);
}

void reading_end(struct reading *reading)
{
	readers_free(reading->readers);
	reading->readers = NULL;
}

/* *ret_end: what became of the connection's pipeline (enum conn_end), 0 if there was none. */
static int query_once(struct reading *reading, enum sql_id id,
                      void (*write)(struct bind *a, void *arg), void *arg, PGresult **ret,
                      int *ret_end, struct rent_error *err)
{
	struct reader *reader;
	struct conn *conn;
	int code = readers_borrow(reading->readers, &reader, err);

	*ret_end = 0;
	if (code != 0)
		return code;
	conn = &((struct connection *)reader)->conn;
	write(conn_bind(conn), arg);
	code = conn_query(conn, id, ret, err);
	*ret_end = conn->end;
	reader->lost = conn->pg == NULL;
	readers_return(reading->readers, reader);
	return code;
}

int reading_query(struct reading *reading, enum sql_id id,
                  void (*write)(struct bind *a, void *arg), void *arg, PGresult **ret,
                  struct rent_error *err)
{
	struct trouble *trouble = reading->options.conn->trouble;
	struct rent_error why = { .code = 0 };
	int first, end, code = query_once(reading, id, write, arg, ret, &first, &why);

	end = first;
	if (first == CONN_LOST || first == CONN_UNFORESEEN)
		code = query_once(reading, id, write, arg, ret, &end, &why);
	if (end == CONN_UNFORESEEN || (first == CONN_UNFORESEEN && code != 0))
		trouble_met(trouble, TROUBLE_READING, statements[id].name, &why);
	if (conn_is_damage(end)) {
		trouble_met(trouble, TROUBLE_DAMAGE, statements[id].name, &why);
		code = why.code = RENT_EUNAVAIL;
	}
	if (code == 0)
		trouble_over(trouble, statements[id].name);
	else if (err != NULL)
		*err = why;
	return code;
}

void reading_bind_id(struct bind *a, void *arg)
{
	bind_text(a, *(const char **)arg);
}

void reading_bind_nothing(struct bind *a, void *arg)
{
	(void)a;
	(void)arg;
}
