/* SPDX-License-Identifier: MIT
 *
 * views.c - reads of single rentals, gathered; see views.h. Whoever comes and finds nobody
 * reading leads: takes all that wait, itself included, runs the statement and wakes them with
 * their rows. At its end it names who leads next.
 */
#include "views.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "view.h"

#define AT_ONCE 64 /* in one statement */
/* Beside one that reads another begins once this many wait. */
#define CROWD   16
#define LEADERS 2

/* The rows of one statement, shared by those who asked. */
struct rows {
	PGresult *res;
	atomic_size_t users;
};

/* In the queue, or in the batch of whoever leads. */
struct seeker {
	const char *id;
	bool leads;
	int code;
	struct rent_error err;
	struct rows *rows;
	int first, count; /* of them */
	bool alone;       /* not here: it asks the server by itself */
	sem_t woken;
	struct seeker *next;
};

struct views {
	struct readers *readers;
	pthread_mutex_t lock; /* what follows */
	struct seeker *head, **tail;
	int64_t waiting, leaders;
};

int views_new(struct readers *readers, struct views **ret, struct rent_error *err)
{
	struct views *views = calloc(1, sizeof(*views));

	if (views == NULL)
		return rent_fail(err, RENT_ENOMEM, "views: out of memory");
	views->readers = readers;
	views->tail = &views->head;
	(void)pthread_mutex_init(&views->lock, NULL);
	*ret = views;
	return 0;
}

void views_free(struct views *views)
{
	if (views == NULL)
		return;
	(void)pthread_mutex_destroy(&views->lock);
	free(views);
}

/* ---- the queue */

/* Under the lock: the next of those that wait, or NULL. */
static struct seeker *pop(struct views *views)
{
	struct seeker *s = views->head;

	if (s == NULL)
		return NULL;
	views->head = s->next;
	if (views->head == NULL)
		views->tail = &views->head;
	views->waiting--;
	return s;
}

/* Under the lock: makes this one lead, with what waits for its batch. */
static void lead(struct views *views, struct seeker *leader)
{
	struct seeker **end = &leader->next;

	leader->leads = true;
	for (int n = 1; n < AT_ONCE && (*end = pop(views)) != NULL; n++)
		end = &(*end)->next;
	*end = NULL;
}

/* Returns once it leads or is through. */
static void join(struct views *views, struct seeker *s)
{
	bool waits;

	(void)pthread_mutex_lock(&views->lock);
	waits = views->leaders > 0 &&
	        (views->leaders == LEADERS || views->waiting < CROWD);
	if (waits) {
		*views->tail = s;
		views->tail = &s->next;
		views->waiting++;
	} else {
		views->leaders++;
		lead(views, s);
	}
	(void)pthread_mutex_unlock(&views->lock);
	while (waits && sem_wait(&s->woken) != 0)
		;
}

static void pass_on(struct views *views)
{
	struct seeker *next;

	(void)pthread_mutex_lock(&views->lock);
	next = pop(views);
	if (next == NULL)
		views->leaders--;
	else
		lead(views, next);
	(void)pthread_mutex_unlock(&views->lock);
	if (next != NULL)
		(void)sem_post(&next->woken);
}

/* ---- the statement */

static void drop(struct rows *rows)
{
	if (rows == NULL || atomic_fetch_sub(&rows->users, 1) != 1)
		return;
	PQclear(rows->res);
	free(rows);
}

struct asked {
	int64_t n; /* its place in the batch */
	const char *id;
};

static void fill_batch(struct args *a, void *arg)
{
	static const struct args_column columns[] = {
		{ ARGS_INT, offsetof(struct asked, n) },
		{ ARGS_TEXT, offsetof(struct asked, id) },
		ARGS_END,
	};
	struct asked asked[AT_ONCE];
	size_t n = 0;

	for (const struct seeker *s = arg; s != NULL; s = s->next, n++)
		asked[n] = (struct asked){ (int64_t)n, s->id };
	args_rows(a, columns, asked, sizeof(*asked), n);
}

/* The rows are in the order of the batch. Of one with more operations than shown the server
 * chooses. */
static void hand_out(struct seeker *batch, struct rows *rows)
{
	int row = 0, n = PQntuples(rows->res);
	int64_t place = 0;

	for (struct seeker *s = batch; s != NULL; s = s->next, place++) {
		s->rows = rows;
		atomic_fetch_add(&rows->users, 1);
		s->first = row;
		while (row < n && row_int(rows->res, row, ROW_SEEKER) == place)
			row++;
		s->count = row - s->first;
		s->alone = s->count == SQL_FEW;
	}
}

/* What the server refuses may be one's fault only, as an id that is no text. */
static void fail_batch(struct seeker *batch, int code, const struct rent_error *err)
{
	bool alone = code != RENT_EUNAVAIL && batch->next != NULL;

	for (struct seeker *s = batch; s != NULL; s = s->next) {
		s->alone = alone;
		s->code = alone ? 0 : code;
		s->err = *err;
	}
}

/* Reads for the whole batch and wakes all but its leader. */
static void read_batch(struct views *views, struct seeker *leader)
{
	struct rows *rows = calloc(1, sizeof(*rows));
	struct rent_error err = { .text = "" };
	struct seeker *s, *next;
	int code;

	if (rows == NULL)
		code = rent_fail(&err, RENT_ENOMEM, "views: out of memory");
	else
		code = readers_query(views->readers, SQL_RENTAL_FEW, fill_batch, leader,
		                     &rows->res, &err);
	if (rows != NULL && code == 0) {
		hand_out(leader, rows);
	} else {
		free(rows);
		fail_batch(leader, code, &err);
	}
	pass_on(views);
	for (s = leader->next; s != NULL; s = next) {
		next = s->next; /* who is woken leaves with its memory */
		(void)sem_post(&s->woken);
	}
}

/* ---- one rental */

static int call_back(const struct view *view, rent_rental_fn fn, void *arg)
{
	return fn(arg, &view->rental, view->list, view->count);
}

static int show_alone(struct views *views, const char *id, struct view *view,
                      rent_rental_fn fn, void *arg, struct rent_error *err)
{
	PGresult *res;
	int code = readers_query(views->readers, SQL_RENTAL_GET, readers_fill_id, &id,
	                         &res, err);
	bool found;

	if (code != 0)
		return code;
	found = PQntuples(res) > 0;
	if (found)
		(void)view_chosen(res, 0, view);
	PQclear(res);
	if (!found)
		return 1;
	return call_back(view, fn, arg);
}

static int show_found(const struct seeker *s, struct view *view, rent_rental_fn fn,
                      void *arg)
{
	if (s->count <= 0)
		return 1;
	view_all(s->rows->res, s->first, s->count, view);
	return call_back(view, fn, arg);
}

int views_show(struct views *views, const char *id, rent_rental_fn fn, void *arg,
               struct rent_error *err)
{
	char key[RENT_ID_SIZE];
	struct seeker s = { .id = key };
	struct view *view;
	int code;

	if (!rent_copy(key, sizeof(key), id))
		return 1;
	view = malloc(sizeof(*view));
	if (view == NULL)
		return rent_fail(err, RENT_ENOMEM, "views: out of memory");
	(void)sem_init(&s.woken, 0, 0);
	join(views, &s);
	if (s.leads)
		read_batch(views, &s);
	(void)sem_destroy(&s.woken);
	code = s.code;
	if (code != 0 && err != NULL)
		*err = s.err;
	if (code == 0 && s.alone)
		code = show_alone(views, key, view, fn, arg, err);
	else if (code == 0)
		code = show_found(&s, view, fn, arg);
	drop(s.rows);
	free(view);
	return code;
}
