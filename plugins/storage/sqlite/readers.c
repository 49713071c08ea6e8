/* SPDX-License-Identifier: MIT
 *
 * readers.c - the pool of reading connections; see readers.h.
 */
#include "readers.h"

#include <pthread.h>
#include <stdlib.h>

struct readers {
	struct readers_options options;
	pthread_mutex_t lock; /* what follows */
	pthread_cond_t freed;
	struct reader *free; /* the one used last first: its cache is warm */
	int64_t open;
};

/* Connections that this thread holds. */
static _Thread_local int held;

int readers_new(const struct readers_options *options, struct readers **ret,
                struct rent_error *err)
{
	struct readers *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return rent_fail(err, RENT_ENOMEM, "readers: out of memory");
	r->options = *options;
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->freed, NULL);
	*ret = r;
	return 0;
}

static void close_reader(struct reader *reader)
{
	db_close(&reader->db);
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

/* A free connection, or NULL with a place reserved for a new one. */
static struct reader *pick(struct readers *r)
{
	struct reader *reader;

	(void)pthread_mutex_lock(&r->lock);
	while (r->free == NULL && r->open >= r->options.max && held == 0)
		(void)pthread_cond_wait(&r->freed, &r->lock);
	reader = r->free;
	if (reader != NULL)
		r->free = reader->next;
	else
		count(r, 1);
	(void)pthread_mutex_unlock(&r->lock);
	return reader;
}

static void give_up_place(struct readers *r)
{
	(void)pthread_mutex_lock(&r->lock);
	count(r, -1);
	(void)pthread_cond_signal(&r->freed);
	(void)pthread_mutex_unlock(&r->lock);
}

static int open_reader(const struct readers *r, struct reader **ret,
                       struct rent_error *err)
{
	struct reader *reader = malloc(sizeof(*reader));
	int code;

	if (reader == NULL) {
		(void)rent_fail(err, RENT_ENOMEM, "readers: out of memory");
		return RENT_ENOMEM;
	}
	code = db_open(&reader->db, &r->options.db, true, err);
	if (code != 0) {
		free(reader);
		return code;
	}
	reader->next = NULL;
	*ret = reader;
	return 0;
}

int readers_take(struct readers *r, struct reader **ret, struct rent_error *err)
{
	struct reader *reader = pick(r);
	int code;

	if (reader == NULL) {
		code = open_reader(r, &reader, err);
		if (code != 0) {
			give_up_place(r);
			return code;
		}
	}
	held++;
	code = db_run(&reader->db, SQL_BEGIN_READ, err, "");
	if (code != 0) {
		readers_give(r, reader);
		return code < 0 ? code : RENT_EFAIL;
	}
	db_set_now(&reader->db);
	*ret = reader;
	return 0;
}

static void end_transaction(struct db *db)
{
	if (db_run(db, SQL_COMMIT, NULL, "") != 0 &&
	    sqlite3_get_autocommit(db->handle) == 0)
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

void readers_give(struct readers *r, struct reader *reader)
{
	bool surplus;

	end_transaction(&reader->db);
	held--;
	(void)pthread_mutex_lock(&r->lock);
	surplus = r->open > r->options.max;
	if (surplus) {
		count(r, -1);
	} else {
		reader->next = r->free;
		r->free = reader;
	}
	(void)pthread_cond_signal(&r->freed);
	(void)pthread_mutex_unlock(&r->lock);
	if (surplus)
		close_reader(reader);
}

int readers_view(struct readers *r, const char *id, rent_rental_fn fn, void *arg,
                 struct rent_error *err)
{
	struct reader *reader;
	int code = readers_take(r, &reader, err);

	if (code != 0)
		return code;
	code = view_load(&reader->db, id, &reader->view, err);
	if (code == DB_ROW)
		code = fn(arg, &reader->view.rental, reader->view.list,
		          reader->view.count);
	else if (code == 0)
		code = 1;
	readers_give(r, reader);
	return code;
}
