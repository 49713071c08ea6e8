/* SPDX-License-Identifier: MIT
 *
 * customers.c - see customers.h.
 */
#include "customers.h"

#include <cmocka_all.h>
#include <crowd.h>
#include <libpq-fe.h>
#include <ride.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS    16
#define GIVE_UP_MS INT64_C(60000) /* for one customer's wish */

struct customers {
	const struct deployment *deployment;
	const char *station;
	char **orders; /* to be ended; NULL when they are begun */
	unsigned n;
	atomic_uint next, done, refused;
	struct crowd *crowd;
	struct member {
		struct customers *customers;
		unsigned number;
		struct client *clients[NODE_APIS];
	} members[THREADS];
};

static struct client *pick(struct member *m, unsigned turn)
{
	return m->clients[(m->number + turn) % m->customers->deployment->spec.apis];
}

/* About the host, not about the wish: ask again, another host perhaps. */
static bool is_passing(const struct answer *a)
{
	static const struct timespec step = { .tv_nsec = 20000000L };
	bool passing = a->status == 0 || a->status == 503 ||
	               (a->status == 409 && answer_header(a, "Retry-After") != NULL);

	if (passing)
		(void)nanosleep(&step, NULL);
	return passing;
}

static void refuse(struct member *m, const char *what, const struct answer *a)
{
	(void)fprintf(stderr, "%s: %ld %s%s\n", what, a->status, a->why, a->body);
	(void)atomic_fetch_add(&m->customers->refused, 1);
}

static void begin_one(struct member *m, unsigned i)
{
	int64_t until = now_ms() + GIVE_UP_MS;
	const struct answer *a = NULL;
	char key[129], quote[65] = "", user[32];
	unsigned turn = i;

	(void)snprintf(user, sizeof(user), "user-%u", i);
	ride_key(key);
	do {
		a = ride_quote(pick(m, turn++), m->customers->station, user);
	} while (is_passing(a) && now_ms() < until);
	if (a->status == 200)
		(void)snprintf(quote, sizeof(quote), "%s", answer_str(a, "quote_id"));
	while (a->status == 200 || is_passing(a)) {
		a = ride_start(pick(m, turn++), key, quote);
		if (a->status == 200 || now_ms() > until)
			break;
	}
	if (a->status != 200)
		refuse(m, "begin", a);
}

static void end_one(struct member *m, unsigned i)
{
	int64_t until = now_ms() + GIVE_UP_MS;
	const struct answer *a;
	unsigned turn = i;

	do {
		a = ride_stop(pick(m, turn++), m->customers->orders[i],
		              m->customers->station);
	} while (is_passing(a) && now_ms() < until);
	if (a->status != 200)
		refuse(m, "end", a);
}

static void member_run(void *item)
{
	struct member *m = item;
	struct customers *c = m->customers;
	unsigned i;

	for (i = 0; i < c->deployment->spec.apis; i++)
		m->clients[i] = client_new(c->deployment->nodes[NODE_API + i].url);
	while ((i = atomic_fetch_add(&c->next, 1)) < c->n) {
		if (c->orders == NULL)
			begin_one(m, i);
		else
			end_one(m, i);
		(void)atomic_fetch_add(&c->done, 1);
	}
	for (i = 0; i < c->deployment->spec.apis; i++)
		client_free(m->clients[i]);
}

static struct customers *customers_new(const struct deployment *d, const char *station,
                                       unsigned n)
{
	struct customers *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->deployment = d;
	c->station = station;
	c->n = n;
	for (unsigned i = 0; i < THREADS; i++)
		c->members[i] = (struct member){ .customers = c, .number = i };
	return c;
}

static void customers_go(struct customers *c)
{
	c->crowd = crowd_start(THREADS, member_run, c->members, sizeof(c->members[0]));
}

void customers_join(struct customers *c)
{
	unsigned refused;

	crowd_join(c->crowd);
	refused = atomic_load(&c->refused);
	for (unsigned i = 0; c->orders != NULL && i < c->n; i++)
		free(c->orders[i]);
	free(c->orders);
	free(c);
	assert_int_equal(refused, 0);
}

void customers_begin_rentals(struct deployment *d, const char *station, unsigned n)
{
	struct customers *c = customers_new(d, station, n);

	customers_go(c);
	customers_join(c);
}

struct customers *customers_end_rentals(struct deployment *d, const char *conninfo,
                                        const char *station)
{
	struct customers *c = customers_new(d, station, 0);
	PGconn *pg = PQconnectdb(conninfo);
	PGresult *res = PQexec(pg, "SELECT id FROM rentals WHERE status = 'ACTIVE'");

	assert_int_equal(PQresultStatus(res), PGRES_TUPLES_OK);
	c->n = (unsigned)PQntuples(res);
	c->orders = calloc(c->n + 1, sizeof(*c->orders));
	assert_non_null(c->orders);
	for (unsigned i = 0; i < c->n; i++)
		c->orders[i] = strdup(PQgetvalue(res, (int)i, 0));
	PQclear(res);
	PQfinish(pg);
	customers_go(c);
	return c;
}

bool customers_have_ended(struct customers *c)
{
	return atomic_load(&c->done) >= c->n;
}
