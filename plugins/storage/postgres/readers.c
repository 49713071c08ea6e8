/* SPDX-License-Identifier: MIT
 *
 * readers.c - the pool of reading connections; see readers.h.
 */
#include "readers.h"

#include <pthread.h>
#include <stdlib.h>

#include "waiting.h"

struct readers {
	struct readers_options options;
	pthread_mutex_t lock; /* what follows */
	pthread_cond_t freed;
	struct reader *free; /* the one used last first: its cache is warm */
	int64_t open;
};

int readers_new(const struct readers_options *options, struct readers **ret,
                struct rent_error *err)
{
	struct readers *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return rent_fail(err, RENT_ENOMEM, "readers: out of memory");
	r->options = *options;
	(void)pthread_mutex_init(&r->lock, NULL);
	waiting_init(&r->freed);
	*ret = r;
	return 0;
}

static void close_reader(struct reader *reader)
{
	conn_close(&reader->conn);
	free(reader);
}

void readers_free(struct readers *r)
{
	if (r == NULL)
		return;
	while (r->free != NULL) {
		struct reader *next = r->free->next;

		close_reader(r->free);
		r->free = next;
	}
	(void)pthread_cond_destroy(&r->freed);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}

/* Under the lock. */
static void count(struct readers *r, int by)
{
	r->open += by;
	if (r->options.on_count != NULL)
		r->options.on_count(r->options.arg, r->open);
}

/* A free connection, or NULL with a place reserved for a new one. Waits for as long as the
 * server may take for a statement. */
static int pick(struct readers *r, struct reader **ret, struct rent_error *err)
{
	int64_t until = waiting_now_us() + conn_patience(r->options.conn);
	int code = 0;

	(void)pthread_mutex_lock(&r->lock);
	while (r->free == NULL && r->open >= r->options.max && waiting_now_us() < until)
		waiting_until(&r->freed, &r->lock, until);
	*ret = r->free;
	if (r->free != NULL)
		r->free = r->free->next;
	else if (r->open < r->options.max)
		count(r, 1);
	else
		code = rent_fail(err, RENT_EUNAVAIL,
		                 "database: all %" PRId64
		                 " reading connections (read_connections) are busy",
		                 r->options.max);
	(void)pthread_mutex_unlock(&r->lock);
	return code;
}

static void give_up_place(struct readers *r)
{
	(void)pthread_mutex_lock(&r->lock);
	count(r, -1);
	(void)pthread_cond_signal(&r->freed);
	(void)pthread_mutex_unlock(&r->lock);
}

static int connect_reader(const struct readers *r, struct reader *reader,
                          struct rent_error *err)
{
	if (!r->options.up(r->options.arg))
		return rent_fail(err, RENT_EUNAVAIL, "database: not connected");
	return conn_open(&reader->conn, r->options.conn, SQL_RENTAL_GET, SQL_COUNT, err);
}

int readers_take(struct readers *r, struct reader **ret, struct rent_error *err)
{
	struct reader *reader;
	int code = pick(r, &reader, err);

	if (code != 0)
		return code;
	if (reader == NULL)
		reader = calloc(1, sizeof(*reader));
	if (reader == NULL)
		code = rent_fail(err, RENT_ENOMEM, "readers: out of memory");
	if (code == 0 && !conn_alive(&reader->conn)) {
		conn_close(&reader->conn);
		code = connect_reader(r, reader, err);
	}
	if (code != 0) {
		free(reader);
		give_up_place(r);
		return code;
	}
	*ret = reader;
	return 0;
}

void readers_give(struct readers *r, struct reader *reader)
{
	if (reader->conn.pg == NULL) {
		close_reader(reader);
		give_up_place(r);
		return;
	}
	(void)pthread_mutex_lock(&r->lock);
	reader->next = r->free;
	r->free = reader;
	(void)pthread_cond_signal(&r->freed);
	(void)pthread_mutex_unlock(&r->lock);
}

int readers_query(struct readers *r, enum sql_id id,
                  void (*fill)(struct args *a, void *arg), void *arg, PGresult **ret,
                  struct rent_error *err)
{
	int code = RENT_EUNAVAIL;

	for (int try = 0; try < 2 && code == RENT_EUNAVAIL; try++) {
		struct reader *reader;
		bool lost;

		code = readers_take(r, &reader, err);
		if (code != 0)
			return code;
		fill(conn_args(&reader->conn), arg);
		code = conn_query(&reader->conn, id, ret, err);
		lost = reader->conn.pg == NULL;
		readers_give(r, reader);
		if (!lost)
			break;
	}
	return code;
}

void readers_fill_id(struct args *a, void *arg)
{
	args_text(a, *(const char **)arg);
}
