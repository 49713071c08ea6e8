/* SPDX-License-Identifier: MIT
 *
 * rental_reads.c - reads of single rentals, gathered; see rental_reads.h. Each event loop has a
 * lane of its own, so that nobody wakes a task of another thread. A caller that finds nobody
 * reading in its lane becomes the leader: it lets others come, takes all who wait, runs the
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
/* Beside one that reads another begins once a full batch waits. */
#define LEADERS 2
/* So many turns of the loop in a row that bring nobody end the gathering. The first turn after a
 * statement brings nobody who has just been answered: without the second they and those who came
 * meanwhile would take turns, each half of what could be one statement. */
#define QUIET_TURNS 2
/* With more threads than lanes some share one. */
#define LANES 16
/* Views kept for later readers. One has 110 KB, which malloc would ask the kernel for each time;
 * a reader has one only while it is shown its rental. */
#define SPARES 4

/* The rows of one statement, shared by those who asked. */
struct rows {
	PGresult *res;
	atomic_size_t users;
};

struct shown {
	struct rental_view view; /* first */
	struct shown *next;
};

/* A caller, in the queue of its lane or in the batch of the leader. */
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

struct lane {
	struct lock lock; /* what follows */
	struct asking *head, **tail;
	int64_t waiting, leaders;
	int64_t last; /* readers of the last statement */
	struct shown *spare;
	int64_t spares;
};

struct rental_reads {
	struct reading *reading;
	const struct rent_task_api *task;
	struct lane lanes[LANES];
};

/* The lane of the calling thread, which a task never leaves. */
static struct lane *lane_of(struct rental_reads *reads)
{
	static atomic_uint threads;
	static _Thread_local unsigned mine; /* 0: none yet */

	if (mine == 0)
		mine = atomic_fetch_add(&threads, 1) % LANES + 1;
	return &reads->lanes[mine - 1];
}

int rental_reads_new(struct reading *reading, struct rental_reads **ret,
                     struct rent_error *err)
{
	struct rental_reads *reads = calloc(1, sizeof(*reads));

	if (reads == NULL)
		return rent_fail(err, RENT_ENOMEM, "reads: out of memory");
	reads->reading = reading;
	reads->task = reading->options.conn->host->task;
	for (size_t i = 0; i < LANES; i++) {
		reads->lanes[i].tail = &reads->lanes[i].head;
		lock_init(&reads->lanes[i].lock);
	}
	*ret = reads;
	return 0;
}

static void lane_done(struct lane *lane)
{
	while (lane->spare != NULL) {
		struct shown *next = lane->spare->next;

		free(lane->spare);
		lane->spare = next;
	}
	lock_done(&lane->lock);
}

void rental_reads_free(struct rental_reads *reads)
{
	if (reads == NULL)
		return;
	for (size_t i = 0; i < LANES; i++)
		lane_done(&reads->lanes[i]);
	free(reads);
}

/* ---- views */

/* Not zeroed. NULL: no memory. */
static struct rental_view *view_borrow(struct lane *lane)
{
	struct shown *shown;

	lock_acquire(&lane->lock);
	shown = lane->spare;
	if (shown != NULL) {
		lane->spare = shown->next;
		lane->spares--;
	}
	lock_release(&lane->lock);
	if (shown == NULL)
		shown = malloc(sizeof(*shown));
	return (struct rental_view *)shown;
}

static void view_return(struct lane *lane, struct rental_view *view)
{
	struct shown *shown = (struct shown *)view;

	lock_acquire(&lane->lock);
	if (lane->spares < SPARES) {
		shown->next = lane->spare;
		lane->spare = shown;
		lane->spares++;
		shown = NULL;
	}
	lock_release(&lane->lock);
	free(shown);
}

/* ---- the queue */

/* Under the lock: the next of those that wait, or NULL. */
static struct asking *pop(struct lane *lane)
{
	struct asking *s = lane->head;

	if (s == NULL)
		return NULL;
	lane->head = s->next;
	if (lane->head == NULL)
		lane->tail = &lane->head;
	lane->waiting--;
	return s;
}

/* The batch of a leader: itself, and what waits. */
static void gather(struct lane *lane, struct asking *leader)
{
	struct asking **end = &leader->next;
	int64_t n;

	lock_acquire(&lane->lock);
	for (n = 1; n < AT_ONCE && (*end = pop(lane)) != NULL; n++)
		end = &(*end)->next;
	lane->last = n;
	lock_release(&lane->lock);
	*end = NULL;
}

static int64_t waiting_in(struct lane *lane, int64_t *ret_last)
{
	int64_t waiting;

	lock_acquire(&lane->lock);
	waiting = lane->waiting;
	*ret_last = lane->last;
	lock_release(&lane->lock);
	return waiting;
}

/* A statement costs little more for each further rental, so the leader goes on as long as the
 * turns of the loop bring others. One who is alone, as the last one was, has one turn, in
 * which the requests that the loop has read already come. */
static void let_come(struct rental_reads *reads, struct lane *lane)
{
	int64_t last, before, now = waiting_in(lane, &last);

	for (int quiet = 0; quiet < QUIET_TURNS && now + 1 < AT_ONCE;) {
		before = now;
		(void)reads->task->park(0);
		now = waiting_in(lane, &last);
		quiet = now > before ? 0 : quiet + 1;
		if (now == 0 && last <= 1)
			return;
	}
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
static void join(struct rental_reads *reads, struct lane *lane, struct asking *s)
{
	bool leads; /* once it is in the queue, s->leads is the leaders' until s is woken */

	lock_acquire(&lane->lock);
	leads = lane->leaders == 0 ||
	        (lane->leaders < LEADERS && lane->waiting >= AT_ONCE);
	if (leads) {
		s->leads = true;
		lane->leaders++;
	} else {
		*lane->tail = s;
		lane->tail = &s->next;
		lane->waiting++;
	}
	lock_release(&lane->lock);
	while (!leads && !atomic_load(&s->woken))
		(void)reads->task->park(RENT_NO_DEADLINE);
}

static void pass_on(struct rental_reads *reads, struct lane *lane)
{
	struct rent_waiter *caller;
	struct asking *next;

	lock_acquire(&lane->lock);
	next = pop(lane);
	if (next == NULL)
		lane->leaders--;
	lock_release(&lane->lock);
	if (next == NULL)
		return;
	next->leads = true;
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

/* The rows are in the order of the batch: of each the rental, then its operations. Of one with
 * more of them than shown the server chooses. */
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
		s->alone = s->count == FEW + 1;
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
static void read_batch(struct rental_reads *reads, struct lane *lane,
                       struct asking *leader)
{
	struct rows *rows = calloc(1, sizeof(*rows));
	struct rent_error err = { .text = "" };
	int code;

	let_come(reads, lane);
	gather(lane, leader);
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
	pass_on(reads, lane);
	wake_all(reads, leader->next);
}

/* ---- one rental */

/* Shows the rental whose rows begin at `first`: `count` of them, or, if that is 0, those that the
 * server has chosen. */
static int show(struct lane *lane, const PGresult *res, int first, int count,
                rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct rental_view *view = view_borrow(lane);
	int code;

	if (view == NULL)
		return rent_fail(err, RENT_ENOMEM, "reads: out of memory");
	if (count == 0)
		(void)rental_view_chosen(res, first, view);
	else
		rental_view_all(res, first, count, view);
	code = fn(arg, &view->rental, view->list, view->count);
	view_return(lane, view);
	return code;
}

static int show_alone(struct rental_reads *reads, struct lane *lane, const char *id,
                      rent_rental_fn fn, void *arg, struct rent_error *err)
{
	PGresult *res;
	int code = reading_query(reads->reading, SQL_RENTAL_GET, reading_bind_id, &id,
	                         &res, err);

	if (code != 0)
		return code;
	code = PQntuples(res) == 0 ? 1 : show(lane, res, 0, 0, fn, arg, err);
	PQclear(res);
	return code;
}

int rental_reads_show(struct rental_reads *reads, const char *id, rent_rental_fn fn,
                      void *arg, struct rent_error *err)
{
	char key[RENT_ID_SIZE];
	struct asking s = { .id = key, .caller = reads->task->self() };
	struct lane *lane = lane_of(reads);
	int code;

	if (!rent_copy(key, sizeof(key), id))
		return 1;
	join(reads, lane, &s);
	if (s.leads)
		read_batch(reads, lane, &s);
	code = s.code;
	if (code != 0 && err != NULL)
		*err = s.err;
	if (code == 0 && s.alone)
		code = show_alone(reads, lane, key, fn, arg, err);
	else if (code == 0)
		code = s.count == 0
		               ? 1
		               : show(lane, s.rows->res, s.first, s.count, fn, arg, err);
	drop(s.rows);
	return code;
}
