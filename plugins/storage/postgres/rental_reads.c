/* SPDX-License-Identifier: MIT
 *
 * rental_reads.c - reads of single rentals, gathered; see rental_reads.h. A caller that finds
 * nobody reading becomes the leader: it takes all waiting callers, itself included, runs the
 * statement and wakes them with their rows. At the end it names the next leader.
 */
#include "rental_reads.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/wait.h"
#include "rental_view.h"

/* SQL_RENTAL_FEW gives this many operations of a rental at most, one more than are shown. */
#define FEW     (RENT_VIEW_OPS + 1)
#define AT_ONCE 64 /* in one statement */
/* Beside one that reads another begins once this many wait. */
#define CROWD   16
#define LEADERS 2
/* Views kept for later readers. One has 40 KB, which malloc would ask the kernel for each time. */
#define SPARES 64

/* The rows of one statement, shared by those who asked. */
struct rows {
	PGresult *res;
	atomic_size_t users;
};

struct shown {
	struct rental_view view; /* first */
	struct shown *next;
};

/* A caller, in the queue or in the batch of the leader. */
struct asking {
	const char *id;
	bool leads;
	int code;
	struct rent_error err;
	struct rows *rows;
	int first, count; /* of them */
	bool alone;       /* not here: it asks the server alone */
	struct rent_waiter *caller;
	_Atomic bool woken; /* it leads, or is through */
	struct asking *next;
};

struct rental_reads {
	struct reading *reading;
	const struct rent_task_api *task;
	struct lock lock; /* what follows */
	struct asking *head, **tail;
	int64_t waiting, leaders;
	struct shown *spare;
	int64_t spares;
};

int rental_reads_new(struct reading *reading, struct rental_reads **ret,
                     struct rent_error *err)
{
	struct rental_reads *reads = calloc(1, sizeof(*reads));

	if (reads == NULL)
		return rent_fail(err, RENT_ENOMEM, "reads: out of memory");
	reads->reading = reading;
	reads->task = reading->options.conn->host->task;
	reads->tail = &reads->head;
	lock_init(&reads->lock);
	*ret = reads;
	return 0;
}

void rental_reads_free(struct rental_reads *reads)
{
	if (reads == NULL)
		return;
	while (reads->spare != NULL) {
		struct shown *next = reads->spare->next;

		free(reads->spare);
		reads->spare = next;
	}
	lock_done(&reads->lock);
	free(reads);
}

/* ---- views */

/* Not zeroed. NULL: no memory. */
static struct rental_view *view_borrow(struct rental_reads *reads)
{
	struct shown *shown;

	lock_acquire(&reads->lock);
	shown = reads->spare;
	if (shown != NULL) {
		reads->spare = shown->next;
		reads->spares--;
	}
	lock_release(&reads->lock);
	if (shown == NULL)
		shown = malloc(sizeof(*shown));
	return (struct rental_view *)shown;
}

static void view_return(struct rental_reads *reads, struct rental_view *view)
{
	struct shown *shown = (struct shown *)view;

	lock_acquire(&reads->lock);
	if (reads->spares < SPARES) {
		shown->next = reads->spare;
		reads->spare = shown;
		reads->spares++;
		shown = NULL;
	}
	lock_release(&reads->lock);
	free(shown);
}

/* ---- the queue */

/* Under the lock: the next of those that wait, or NULL. */
static struct asking *pop(struct rental_reads *reads)
{
	struct asking *s = reads->head;

	if (s == NULL)
		return NULL;
	reads->head = s->next;
	if (reads->head == NULL)
		reads->tail = &reads->head;
	reads->waiting--;
	return s;
}

/* Under the lock: makes this one lead, with what waits for its batch. */
static void lead(struct rental_reads *reads, struct asking *leader)
{
	struct asking **end = &leader->next;

	leader->leads = true;
	for (int n = 1; n < AT_ONCE && (*end = pop(reads)) != NULL; n++)
		end = &(*end)->next;
	*end = NULL;
}

/* Wakes all with one call. A caller returns, and takes its memory with it, as soon as it is
 * marked, so nothing of it may be read after that. */
static void wake_all(struct rental_reads *reads, struct asking *first)
{
	struct rent_waiter *callers[AT_ONCE];
	size_t n = 0;

	for (struct asking *s = first, *next; s != NULL; s = next) {
		next = s->next;
		callers[n++] = s->caller;
		atomic_store(&s->woken, true);
	}
	if (n > 0)
		reads->task->wake(callers, n);
}

/* Returns once it leads or is through. */
static void join(struct rental_reads *reads, struct asking *s)
{
	bool waits;

	lock_acquire(&reads->lock);
	waits = reads->leaders > 0 &&
	        (reads->leaders == LEADERS || reads->waiting < CROWD);
	if (waits) {
		*reads->tail = s;
		reads->tail = &s->next;
		reads->waiting++;
	} else {
		reads->leaders++;
		lead(reads, s);
	}
	lock_release(&reads->lock);
	while (waits && !atomic_load(&s->woken))
		(void)reads->task->park(RENT_NO_DEADLINE);
}

static void pass_on(struct rental_reads *reads)
{
	struct rent_waiter *caller;
	struct asking *next;

	lock_acquire(&reads->lock);
	next = pop(reads);
	if (next == NULL)
		reads->leaders--;
	else
		lead(reads, next);
	lock_release(&reads->lock);
	if (next == NULL)
		return;
	caller = next->caller;
	atomic_store(&next->woken, true);
	reads->task->wake(&caller, 1);
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

static void bind_batch(struct bind *a, void *arg)
{
	static const struct bind_column columns[] = {
		{ BIND_INT, offsetof(struct asked, n) },
		{ BIND_TEXT, offsetof(struct asked, id) },
		BIND_END,
	};
	struct asked asked[AT_ONCE];
	size_t n = 0;

	for (const struct asking *s = arg; s != NULL; s = s->next, n++)
		asked[n] = (struct asked){ (int64_t)n, s->id };
	bind_rows(a, columns, asked, sizeof(*asked), n);
}

/* The rows are in the order of the batch. Of one with more operations than shown the server
 * chooses. */
static void hand_out(struct asking *batch, struct rows *rows)
{
	int row = 0, n = PQntuples(rows->res);
	int64_t place = 0;

	for (struct asking *s = batch; s != NULL; s = s->next, place++) {
		s->rows = rows;
		atomic_fetch_add(&rows->users, 1);
		s->first = row;
		while (row < n && result_int(rows->res, row, RESULT_PLACE) == place)
			row++;
		s->count = row - s->first;
		s->alone = s->count == FEW;
	}
}

/* One reader alone may be to blame for a refusal, with an id that is no text. */
static void fail_batch(struct asking *batch, int code, const struct rent_error *err)
{
	bool alone = code != RENT_EUNAVAIL && batch->next != NULL;

	for (struct asking *s = batch; s != NULL; s = s->next) {
		s->alone = alone;
		s->code = alone ? 0 : code;
		s->err = *err;
	}
}

/* Reads for the whole batch and wakes all but its leader. */
static void read_batch(struct rental_reads *reads, struct asking *leader)
{
	struct rows *rows = calloc(1, sizeof(*rows));
	struct rent_error err = { .text = "" };
	int code;

	if (rows == NULL)
		code = rent_fail(&err, RENT_ENOMEM, "reads: out of memory");
	else
		code = reading_query(reads->reading, SQL_RENTAL_FEW, bind_batch, leader,
		                     &rows->res, &err);
	if (rows != NULL && code == 0) {
		hand_out(leader, rows);
	} else {
		free(rows);
		fail_batch(leader, code, &err);
	}
	pass_on(reads);
	wake_all(reads, leader->next);
}

/* ---- one rental */

static int call_back(const struct rental_view *view, rent_rental_fn fn, void *arg)
{
	return fn(arg, &view->rental, view->list, view->count);
}

static int show_alone(struct rental_reads *reads, const char *id,
                      struct rental_view *view, rent_rental_fn fn, void *arg,
                      struct rent_error *err)
{
	PGresult *res;
	int code = reading_query(reads->reading, SQL_RENTAL_GET, reading_bind_id, &id,
	                         &res, err);
	bool found;

	if (code != 0)
		return code;
	found = PQntuples(res) > 0;
	if (found)
		(void)rental_view_chosen(res, 0, view);
	PQclear(res);
	if (!found)
		return 1;
	return call_back(view, fn, arg);
}

static int show_found(const struct asking *s, struct rental_view *view, rent_rental_fn fn,
                      void *arg)
{
	if (s->count <= 0)
		return 1;
	rental_view_all(s->rows->res, s->first, s->count, view);
	return call_back(view, fn, arg);
}

int rental_reads_show(struct rental_reads *reads, const char *id, rent_rental_fn fn,
                      void *arg, struct rent_error *err)
{
	char key[RENT_ID_SIZE];
	struct asking s = { .id = key, .caller = reads->task->self() };
	struct rental_view *view;
	int code;

	if (!rent_copy(key, sizeof(key), id))
		return 1;
	view = view_borrow(reads);
	if (view == NULL)
		return rent_fail(err, RENT_ENOMEM, "reads: out of memory");
	join(reads, &s);
	if (s.leads)
		read_batch(reads, &s);
	code = s.code;
	if (code != 0 && err != NULL)
		*err = s.err;
	if (code == 0 && s.alone)
		code = show_alone(reads, key, view, fn, arg, err);
	else if (code == 0)
		code = show_found(&s, view, fn, arg);
	drop(s.rows);
	view_return(reads, view);
	return code;
}
