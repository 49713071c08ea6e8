/* SPDX-License-Identifier: MIT
 *
 * traffic.c - see traffic.h. Arrivals and returns are appointments in a queue ordered by
 * time; threads keep them. A thread that is held up by a database that is away does not hold
 * up the appointments of the others as long as there are threads left, and what is late is
 * kept late, not left out.
 */
#include "traffic.h"

#include <cmocka_all.h>
#include <pthread.h>
#include <ride.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS   48
#define STAY_MS   2500 /* between start and stop */
#define PATIENCE  INT64_C(120000)
#define CALL_MS   15000
#define PROMISES  4000000
#define CUSTOMERS 200000

enum step {
	STEP_START,
	STEP_LOOK,
	STEP_STOP
};

struct customer {
	int64_t at; /* of the next step */
	enum step step;
	unsigned number;
	char key[129], order[65];
	struct customer *next;
};

enum promise_kind {
	PROMISE_START,
	PROMISE_STOP,
	PROMISE_PAYMENT
};

/* id: of the powerbank; of the operation */
struct promise {
	enum promise_kind kind;
	char order[65], key[129], id[65];
	int64_t amount, asked, got;
};

struct traffic {
	const struct deployment *deployment;
	const char *station;
	int64_t interval_us;
	pthread_mutex_t lock; /* what follows */
	pthread_cond_t wake;
	struct customer *queue; /* by time */
	int64_t next_us;        /* arrival */
	unsigned arrived, present, troubled, given_up;
	struct promise *promises;
	size_t n, room;
	bool closed, over, joined; /* no arrivals; threads end; have ended */
	pthread_t threads[THREADS];
};

/* ---- promises */
static void promise(struct traffic *t, const struct promise *p)
{
	(void)pthread_mutex_lock(&t->lock);
	if (t->n == t->room) {
		t->room = t->room == 0 ? 4096 : t->room * 2;
		t->promises = realloc(t->promises, t->room * sizeof(*t->promises));
		if (t->promises == NULL || t->n > PROMISES)
			abort();
	}
	t->promises[t->n++] = *p;
	(void)pthread_mutex_unlock(&t->lock);
}

static void copy(char *out, size_t size, const char *text)
{
	(void)snprintf(out, size, "%s", text == NULL ? "" : text);
}

/* ---- one customer */
struct thread {
	struct traffic *traffic;
	struct client *clients[NODE_APIS];
	unsigned turn;
};

static struct client *host_of(struct thread *th)
{
	return th->clients[th->turn++ % th->traffic->deployment->spec.apis];
}

static bool is_over(struct traffic *t)
{
	bool over;

	(void)pthread_mutex_lock(&t->lock);
	over = t->over;
	(void)pthread_mutex_unlock(&t->lock);
	return over;
}

/* The kept answer of a start that failed for want of a service: it will not change. */
static bool is_final(const struct answer *a)
{
	return a->status == 503 && answer_header(a, "Idempotency-Replayed") != NULL;
}

/* The answer says nothing about the wish: wait a little, ask again. */
static bool is_passing(struct thread *th, const struct answer *a, int64_t since)
{
	static const struct timespec step = { .tv_nsec = 100000000L };
	struct traffic *t = th->traffic;

	if (a->status != 0 && a->status != 503 &&
	    (a->status != 409 || answer_header(a, "Retry-After") == NULL))
		return false;
	if (is_final(a))
		return false;
	(void)pthread_mutex_lock(&t->lock);
	t->troubled++;
	(void)pthread_mutex_unlock(&t->lock);
	(void)nanosleep(&step, NULL);
	return now_ms() - since < PATIENCE && !is_over(t);
}

/* A customer without a rental at the end of this leaves. A quote may expire while the
 * database is away or be lost with the primary (404), and a start may fail because its record came
 * too late to act on. Then the customer asks for another quote and starts under another key. */
static bool start(struct thread *th, struct customer *c)
{
	struct promise p = { .kind = PROMISE_START };
	int64_t since = now_ms();
	const struct answer *a;
	char quote[65], user[32];

	(void)snprintf(user, sizeof(user), "user-%u", c->number);
	do {
		do {
			a = ride_quote(host_of(th), th->traffic->station, user);
		} while (is_passing(th, a, since));
		if (a->status != 200)
			break;
		copy(quote, sizeof(quote), answer_str(a, "quote_id"));
		ride_key(c->key);
		do {
			p.asked = now_ms();
			a = ride_start(host_of(th), c->key, quote);
		} while (is_passing(th, a, since));
	} while (a->status == 404 || a->status == 410 || is_final(a));
	p.got = now_ms();
	if (a->status != 200) {
		(void)fprintf(stderr, "start: %ld %s%s\n", a->status, a->why, a->body);
		return false;
	}
	copy(c->order, sizeof(c->order), answer_str(a, "order_id"));
	copy(p.order, sizeof(p.order), c->order);
	copy(p.key, sizeof(p.key), c->key);
	copy(p.id, sizeof(p.id), answer_str(a, "powerbank_id"));
	promise(th->traffic, &p);
	return true;
}

/* Payments that were shown as made. Nothing is asked twice: this is only a look. */
static void look(struct thread *th, const struct customer *c)
{
	const struct answer *a =
		client_get(host_of(th), "/api/v1/rentals/%s/payments", c->order);
	const json_t *items = answer_get(a, "items"), *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		const char *state = json_string_value(json_object_get(item, "status"));
		struct promise p = { .kind = PROMISE_PAYMENT, .got = now_ms() };

		if (state == NULL || strcmp(state, "SUCCEEDED") != 0)
			continue;
		copy(p.order, sizeof(p.order), c->order);
		copy(p.id, sizeof(p.id), json_string_value(json_object_get(item, "id")));
		p.amount = json_integer_value(json_object_get(item, "processed"));
		promise(th->traffic, &p);
	}
}

static bool stop(struct thread *th, struct customer *c)
{
	struct promise p = { .kind = PROMISE_STOP };
	int64_t since = now_ms();
	const struct answer *a;

	do {
		p.asked = now_ms();
		a = ride_stop(host_of(th), c->order, th->traffic->station);
	} while (is_passing(th, a, since));
	p.got = now_ms();
	if (a->status != 200) {
		(void)fprintf(stderr, "stop: %ld %s%s\n", a->status, a->why, a->body);
		return false;
	}
	copy(p.order, sizeof(p.order), c->order);
	p.amount = answer_int(a, "total_amount");
	promise(th->traffic, &p);
	return true;
}

/* ---- appointments */
static void enqueue(struct traffic *t, struct customer *c)
{
	struct customer **at = &t->queue;

	while (*at != NULL && (*at)->at <= c->at)
		at = &(*at)->next;
	c->next = *at;
	*at = c;
}

/* Under the lock: those whose time of arrival has come are there now. */
static void arrivals(struct traffic *t)
{
	while (!t->closed && now_ms() * 1000 >= t->next_us && t->arrived < CUSTOMERS) {
		struct customer *c = calloc(1, sizeof(*c));

		if (c == NULL)
			abort();
		c->at = t->next_us / 1000;
		c->number = t->arrived++;
		t->present++;
		t->next_us += t->interval_us;
		enqueue(t, c);
	}
}

/* Waits for at most 5 ms, under the lock. */
static void wait_a_little(struct traffic *t)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += 5000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	(void)pthread_cond_timedwait(&t->wake, &t->lock, &until);
}

/* NULL: it is over. */
static struct customer *take(struct traffic *t)
{
	struct customer *c = NULL;

	(void)pthread_mutex_lock(&t->lock);
	while (c == NULL && !t->over) {
		arrivals(t);
		if (t->queue != NULL && t->queue->at <= now_ms()) {
			c = t->queue;
			t->queue = c->next;
		} else {
			wait_a_little(t);
		}
	}
	(void)pthread_mutex_unlock(&t->lock);
	return c;
}

/* The customer has done a step: there is a next one, or not. */
static void give_back(struct traffic *t, struct customer *c, bool good)
{
	(void)pthread_mutex_lock(&t->lock);
	if (good && c->step != STEP_STOP) {
		c->step++;
		c->at = now_ms() + STAY_MS / 2;
		enqueue(t, c);
	} else {
		t->given_up += !good;
		t->present--;
		free(c);
	}
	(void)pthread_mutex_unlock(&t->lock);
}

static void *thread_main(void *arg)
{
	struct traffic *t = arg;
	struct thread th = { .traffic = t };
	struct customer *c;

	for (unsigned i = 0; i < t->deployment->spec.apis; i++) {
		th.clients[i] = client_new(t->deployment->nodes[NODE_API + i].url);
		client_timeout(th.clients[i], CALL_MS);
	}
	while ((c = take(t)) != NULL) {
		bool good = true;

		if (c->step == STEP_START)
			good = start(&th, c);
		else if (c->step == STEP_STOP)
			good = stop(&th, c);
		else
			look(&th, c);
		give_back(t, c, good);
	}
	for (unsigned i = 0; i < t->deployment->spec.apis; i++)
		client_free(th.clients[i]);
	return NULL;
}

struct traffic *traffic_start(const struct deployment *d, const char *station,
                              unsigned per_second)
{
	struct traffic *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;

	assert_non_null(t);
	t->deployment = d;
	t->station = station;
	t->interval_us = 1000000 / per_second;
	t->next_us = now_ms() * 1000;
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&t->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t->threads[i], NULL, thread_main, t), 0);
	return t;
}

static bool all_gone(void *arg)
{
	struct traffic *t = arg;
	bool gone;

	(void)pthread_mutex_lock(&t->lock);
	gone = t->present == 0;
	(void)pthread_mutex_unlock(&t->lock);
	return gone;
}

bool traffic_end(struct traffic *t, int64_t timeout_ms)
{
	bool gone;

	(void)pthread_mutex_lock(&t->lock);
	t->closed = true;
	(void)pthread_mutex_unlock(&t->lock);
	gone = wait_until(all_gone, t, timeout_ms);
	(void)pthread_mutex_lock(&t->lock);
	if (!gone)
		(void)fprintf(stderr, "%u customers are still waiting\n", t->present);
	t->over = true;
	(void)pthread_cond_broadcast(&t->wake);
	(void)pthread_mutex_unlock(&t->lock);
	for (unsigned i = 0; !t->joined && i < THREADS; i++)
		(void)pthread_join(t->threads[i], NULL);
	t->joined = true;
	return gone && t->given_up == 0;
}

void traffic_free(struct traffic *t)
{
	if (t == NULL)
		return;
	while (t->queue != NULL) {
		struct customer *c = t->queue;

		t->queue = c->next;
		free(c);
	}
	free(t->promises);
	(void)pthread_cond_destroy(&t->wake);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

/* ---- what came of it */
bool traffic_resumed(struct traffic *t, int64_t since)
{
	bool resumed = false;

	(void)pthread_mutex_lock(&t->lock);
	for (size_t i = t->n; i > 0 && !resumed; i--)
		resumed = t->promises[i - 1].kind == PROMISE_START &&
		          t->promises[i - 1].asked >= since;
	(void)pthread_mutex_unlock(&t->lock);
	return resumed;
}

/* They are in the order in which they were received, give or take some milliseconds. */
int64_t traffic_gap(struct traffic *t, int64_t since)
{
	int64_t gap = 0, last = 0;

	(void)pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->n; i++) {
		const struct promise *p = &t->promises[i];

		if (p->kind != PROMISE_START)
			continue;
		if (last != 0 && p->got > since && p->got - last > gap)
			gap = p->got - last;
		last = p->got;
	}
	(void)pthread_mutex_unlock(&t->lock);
	return gap;
}

struct traffic_sum traffic_sum(struct traffic *t)
{
	struct traffic_sum sum = { 0 };

	(void)pthread_mutex_lock(&t->lock);
	sum.arrived = t->arrived;
	sum.troubled = t->troubled;
	for (size_t i = 0; i < t->n; i++) {
		sum.starts += t->promises[i].kind == PROMISE_START;
		sum.stops += t->promises[i].kind == PROMISE_STOP;
		sum.payments += t->promises[i].kind == PROMISE_PAYMENT;
	}
	(void)pthread_mutex_unlock(&t->lock);
	return sum;
}

static const struct {
	const char *what, *sql;
} rules[] = {
	{ "an acknowledged start is lost",
	  "SELECT p.order_id, p.key FROM promises p LEFT JOIN rentals r ON r.id = p.order_id "
	  "WHERE p.kind = 0 AND (r.id IS NULL OR r.status IN ('PENDING', 'FAILED'))" },
	{ "an acknowledged start has another powerbank",
	  "SELECT p.order_id, p.id, r.powerbank_id FROM promises p JOIN rentals r "
	  "ON r.id = p.order_id WHERE p.kind = 0 AND r.powerbank_id <> p.id" },
	{ "the key of an acknowledged start says something else",
	  "SELECT p.order_id, p.key, k.rental_id FROM promises p LEFT JOIN keys k ON "
	  "k.key = p.key WHERE p.kind = 0 AND (k.key IS NULL OR k.rental_id IS NOT p.order_id "
	  "OR k.answer IS NULL)" },
	{ "an acknowledged stop is lost",
	  "SELECT p.order_id, r.status FROM promises p LEFT JOIN rentals r ON "
	  "r.id = p.order_id WHERE p.kind = 1 AND r.status IS NOT 'FINISHED'" },
	{ "a payment that was shown is lost, or another amount",
	  "SELECT p.order_id, p.id, p.amount, o.state, o.processed FROM promises p "
	  "LEFT JOIN operations o ON o.id = p.id WHERE p.kind = 2 AND "
	  "(o.id IS NULL OR o.state <> 'SUCCEEDED' OR o.processed <> p.amount "
	  "OR o.rental_id <> p.order_id)" },
	{ "what was paid at the stop is gone",
	  "SELECT p.order_id, p.amount, a.taken FROM promises p LEFT JOIN attempts a "
	  "ON a.rental_id = p.order_id WHERE p.kind = 1 AND p.amount > coalesce(a.taken, 0)" },
};

int64_t traffic_broken_promises(struct traffic *t, struct ledger *l)
{
	int64_t bad = 0;

	ledger_exec(l,
	            "DROP TABLE IF EXISTS promises; CREATE TABLE promises (kind INTEGER, "
	            "order_id, key, id, amount INTEGER); BEGIN");
	(void)pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->n; i++) {
		const struct promise *p = &t->promises[i];

		ledger_exec(l, "INSERT INTO promises VALUES (%d, '%s', '%s', '%s', %lld)",
		            (int)p->kind, p->order, p->key, p->id, (long long)p->amount);
	}
	(void)pthread_mutex_unlock(&t->lock);
	ledger_exec(l, "COMMIT");
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		bad += ledger_show(l, rules[i].what, rules[i].sql);
	return bad;
}
