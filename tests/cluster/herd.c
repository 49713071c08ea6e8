/* SPDX-License-Identifier: MIT
 *
 * herd.c - see herd.h.
 */
#include "herd.h"

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

struct herd {
	const struct site *site;
	const char *station;
	char **orders; /* to be ended; NULL when they are begun */
	unsigned n;
	atomic_uint next, done, refused;
	struct crowd *crowd;
	struct member {
		struct herd *herd;
		unsigned number;
		struct client *clients[SITE_APIS];
	} members[THREADS];
};

static struct client *pick(struct member *m, unsigned turn)
{
	return m->clients[(m->number + turn) % m->herd->site->spec.apis];
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
	(void)atomic_fetch_add(&m->herd->refused, 1);
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
		a = ride_quote(pick(m, turn++), m->herd->station, user);
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
		a = ride_stop(pick(m, turn++), m->herd->orders[i], m->herd->station);
	} while (is_passing(a) && now_ms() < until);
	if (a->status != 200)
		refuse(m, "end", a);
}

static void member_run(void *item)
{
	struct member *m = item;
	struct herd *h = m->herd;
	unsigned i;

	for (i = 0; i < h->site->spec.apis; i++)
		m->clients[i] = client_new(h->site->apis[i].url);
	while ((i = atomic_fetch_add(&h->next, 1)) < h->n) {
		if (h->orders == NULL)
			begin_one(m, i);
		else
			end_one(m, i);
		(void)atomic_fetch_add(&h->done, 1);
	}
	for (i = 0; i < h->site->spec.apis; i++)
		client_free(m->clients[i]);
}

static struct herd *herd_new(const struct site *s, const char *station, unsigned n)
{
	struct herd *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	h->site = s;
	h->station = station;
	h->n = n;
	for (unsigned i = 0; i < THREADS; i++)
		h->members[i] = (struct member){ .herd = h, .number = i };
	return h;
}

static void herd_go(struct herd *h)
{
	h->crowd = crowd_start(THREADS, member_run, h->members, sizeof(h->members[0]));
}

void herd_end_join(struct herd *h)
{
	unsigned refused;

	crowd_join(h->crowd);
	refused = atomic_load(&h->refused);
	for (unsigned i = 0; h->orders != NULL && i < h->n; i++)
		free(h->orders[i]);
	free(h->orders);
	free(h);
	assert_int_equal(refused, 0);
}

void herd_begin(struct site *s, const char *station, unsigned n)
{
	struct herd *h = herd_new(s, station, n);

	herd_go(h);
	herd_end_join(h);
}

struct herd *herd_end(struct site *s, const char *conninfo, const char *station)
{
	struct herd *h = herd_new(s, station, 0);
	PGconn *pg = PQconnectdb(conninfo);
	PGresult *res = PQexec(pg, "SELECT id FROM rentals WHERE status = 'ACTIVE'");

	assert_int_equal(PQresultStatus(res), PGRES_TUPLES_OK);
	h->n = (unsigned)PQntuples(res);
	h->orders = calloc(h->n + 1, sizeof(*h->orders));
	assert_non_null(h->orders);
	for (unsigned i = 0; i < h->n; i++)
		h->orders[i] = strdup(PQgetvalue(res, (int)i, 0));
	PQclear(res);
	PQfinish(pg);
	herd_go(h);
	return h;
}

bool herd_ended(struct herd *h)
{
	return atomic_load(&h->done) >= h->n;
}
