/* SPDX-License-Identifier: MIT
 *
 * visit.c - what one customer does, from the quote to the receipt, by his habit.
 */
#include "caller.h"
#include "city.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000)

struct visit {
	struct load *load;
	struct caller caller;
	enum habit habit;
	enum quarter quarter;
	unsigned n;
	char user[32], station[32];
	char quote[65], key[72], order[65], powerbank[65];
};

static const struct {
	unsigned weight;
	enum quarter quarter[4]; /* one of these */
} habits[HABITS] = {
	[HABIT_PLAIN] = { 40,
	                  { QUARTER_CHEAP, QUARTER_CLOUD, QUARTER_FREE, QUARTER_LARGE } },
	[HABIT_HASTY] = { 15,
	                  { QUARTER_CLOUD, QUARTER_FAST, QUARTER_DEAR, QUARTER_SCARCE } },
	[HABIT_LATER] = { 8,
	                  { QUARTER_CLOUD, QUARTER_FAST, QUARTER_DEAR, QUARTER_LARGE } },
	[HABIT_GONE] = { 2, { QUARTER_DEAR, QUARTER_DEAR, QUARTER_FAST, QUARTER_FREE } },
	[HABIT_TWO_KEYS] = { 6,
	                     { QUARTER_CLOUD, QUARTER_FAST, QUARTER_SCARCE,
	                       QUARTER_FREE } },
	[HABIT_ONE_KEY] = { 6,
	                    { QUARTER_CLOUD, QUARTER_FAST, QUARTER_SCARCE,
	                      QUARTER_FREE } },
	[HABIT_TWO_STOPS] = { 8,
	                      { QUARTER_CLOUD, QUARTER_FAST, QUARTER_DEAR,
	                        QUARTER_LARGE } },
	[HABIT_KEEPER] = { 6,
	                   { QUARTER_DEAR, QUARTER_DEAR, QUARTER_DEAR, QUARTER_FAST } },
	[HABIT_LATE] = { 2,
	                 { QUARTER_CHEAP, QUARTER_CHEAP, QUARTER_CHEAP, QUARTER_CHEAP } },
	[HABIT_WRONG] = { 4,
	                  { QUARTER_CHEAP, QUARTER_FAST, QUARTER_FREE, QUARTER_LARGE } },
	[HABIT_BAG] = { 6,
	                { QUARTER_CLOUD, QUARTER_CLOUD, QUARTER_CLOUD, QUARTER_CLOUD } },
};

static uint64_t *random_of(struct visit *v)
{
	return &v->caller.random;
}

static void nap(struct visit *v, int64_t low, int64_t high)
{
	load_nap(v->load, dice_between(random_of(v), low, high), true);
}

static bool chance(struct visit *v, int percent)
{
	return dice_between(random_of(v), 1, 100) <= percent;
}

static void keep(char *out, size_t size, const struct answer *a, const char *name)
{
	const char *text = answer_str(a, name);

	(void)snprintf(out, size, "%s", text == NULL ? "" : text);
}

static void pick_user(struct visit *v, uint64_t *random)
{
	static const struct {
		const char *name;
		int n;
	} special[] = { { "poor", CITY_POOR },
		        { "shaky", CITY_SHAKY },
		        { "trusted", CITY_TRUSTED },
		        { "subscriber", CITY_SUBSCRIBER } };
	size_t i = (size_t)dice_between(random, 0, 24);

	if (i < sizeof(special) / sizeof(special[0]))
		(void)snprintf(v->user, sizeof(v->user), "%s-%d", special[i].name,
		               (int)dice_between(random, 0, special[i].n - 1));
	else
		(void)snprintf(v->user, sizeof(v->user), "u-%u", v->n);
}

static enum habit pick_habit(uint64_t *random)
{
	int n = city_cloud ? HABITS : HABIT_BAG;
	int64_t sum = 0, at;
	int h = 0;

	for (int i = 0; i < n; i++)
		sum += habits[i].weight;
	at = dice_between(random, 0, sum - 1);
	while ((at -= habits[h].weight) >= 0)
		h++;
	return (enum habit)h;
}

/* False: nobody makes a quote. */
static bool get_quote(struct visit *v, char quote[65])
{
	for (int i = 0; i < 8; i++) {
		const struct answer *a = caller_quote(&v->caller, v->station);

		if (a->status == 200) {
			keep(quote, 65, a, "quote_id");
			return true;
		}
		if (a->status >= 400 && a->status < 500)
			return false;
		nap(v, SECOND / 5, SECOND * 2);
	}
	return false;
}

/* ---- two phones at once */

struct second {
	struct caller caller;
	const struct visit *visit;
	char key[80], order[65];
	bool stops;
};

static void took(const struct answer *a, char order[65])
{
	if (a->status == 200)
		keep(order, 65, a, "order_id");
}

static void *second_main(void *arg)
{
	struct second *s = arg;

	if (s->stops)
		(void)caller_insist_stop(&s->caller, s->visit->order, s->visit->station);
	else
		took(caller_insist_start(&s->caller, s->key, s->visit->quote), s->order);
	return NULL;
}

static void second_open(struct second *s, struct visit *v, bool stops, pthread_t *ret)
{
	pthread_attr_t attr;

	memset(s, 0, sizeof(*s));
	s->visit = v;
	s->stops = stops;
	(void)snprintf(s->key, sizeof(s->key), "%s%s", v->key,
	               v->habit == HABIT_TWO_KEYS ? "-b" : "");
	caller_init(&s->caller, v->load, v->user, v->n, dice(random_of(v)));
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, (size_t)256 * 1024);
	if (pthread_create(ret, &attr, second_main, s) != 0)
		abort();
	(void)pthread_attr_destroy(&attr);
}

static const struct answer *stop_twice(struct visit *v)
{
	const struct answer *a;
	struct second s;
	pthread_t thread;

	second_open(&s, v, true, &thread);
	a = caller_insist_stop(&v->caller, v->order, v->station);
	(void)pthread_join(thread, NULL);
	caller_done(&s.caller);
	return a;
}

static void start_twice(struct visit *v)
{
	struct second s;
	pthread_t thread;

	second_open(&s, v, false, &thread);
	took(caller_insist_start(&v->caller, v->key, v->quote), v->order);
	(void)pthread_join(thread, NULL);
	caller_done(&s.caller);
	if (v->order[0] == '\0') {
		(void)snprintf(v->order, sizeof(v->order), "%s", s.order);
		(void)snprintf(v->key, sizeof(v->key), "%.*s", (int)sizeof(v->key) - 1,
		               s.key);
	}
}

/* ---- the start */

/* A first try that is not waited for. True: it was answered all the same. */
static bool try_start(struct visit *v, int64_t low_ms, int64_t high_ms)
{
	const struct answer *a =
		caller_start(&v->caller, v->key, v->quote,
	                     (long)dice_between(random_of(v), low_ms, high_ms));

	took(a, v->order);
	return caller_is_final(a);
}

static void make_mistakes(struct visit *v)
{
	char key[80], quote[65] = "";

	(void)snprintf(key, sizeof(key), "%s-w", v->key);
	(void)caller_start(&v->caller, key, "no-such-quote", 2000);
	(void)caller_stop(&v->caller, "no-such-rental", v->station);
	took(caller_insist_start(&v->caller, v->key, v->quote), v->order);
	/* The key with another quote, the quote with another key. */
	if (get_quote(v, quote))
		(void)caller_start(&v->caller, v->key, quote, 2000);
	(void)snprintf(key, sizeof(key), "%s-x", v->key);
	(void)caller_start(&v->caller, key, v->quote, 2000);
}

static void start(struct visit *v)
{
	bool answered = false;

	switch (v->habit) {
	case HABIT_TWO_KEYS:
	case HABIT_ONE_KEY:
		start_twice(v);
		return;
	case HABIT_WRONG:
		make_mistakes(v);
		return;
	case HABIT_GONE:
		(void)try_start(v, 20, 300);
		v->order[0] = '\0';
		return;
	case HABIT_HASTY:
		answered = try_start(v, 5, 200);
		nap(v, 0, SECOND);
		break;
	case HABIT_LATER:
		answered = try_start(v, 20, 500);
		nap(v, 4 * SECOND, 12 * SECOND);
		break;
	case HABIT_LATE:
		nap(v, 8 * SECOND, 10 * SECOND);
		break;
	case HABIT_PLAIN:
	case HABIT_TWO_STOPS:
	case HABIT_KEEPER:
	case HABIT_BAG:
	case HABITS:
		nap(v, 0, SECOND / 2);
		break;
	}
	if (!answered)
		took(caller_insist_start(&v->caller, v->key, v->quote), v->order);
}

/* ---- the ride and its end */

static void look(struct visit *v, const struct answer **ret)
{
	*ret = caller_status(&v->caller, v->order);
	if ((*ret)->status == 200 && v->powerbank[0] == '\0')
		keep(v->powerbank, sizeof(v->powerbank), *ret, "powerbank_id");
}

static bool says(const struct answer *a, const char *name, const char *word)
{
	const char *text = a->status == 200 ? answer_str(a, name) : NULL;

	return text != NULL && strcmp(text, word) == 0;
}

/* True: sold. */
static bool ride(struct visit *v)
{
	int64_t end = mono_us() + dice_between(random_of(v), SECOND, 12 * SECOND);
	const struct answer *a;

	while (!atomic_load(&v->load->closing) &&
	       (v->habit == HABIT_KEEPER || mono_us() < end)) {
		nap(v, SECOND / 2, 3 * SECOND);
		look(v, &a);
		if (says(a, "status", "BUYOUT"))
			return true;
	}
	return false;
}

/* Whether to try once more: there was no slot, or the stubs were not even reached. Else the
 * powerbank may be back already, perhaps in somebody else's hands by now. */
static bool still_in_hand(const struct answer *a)
{
	const char *why = answer_str(a, "reason");

	if (a->status == 0)
		return strstr(a->why, "connect") != NULL;
	return a->status == 409 && why != NULL && strstr(why, "slot") != NULL;
}

/* Into the same cabinet or another of its kind, whichever has a free slot. False: nobody said that it
 * lies there. */
static bool put_back(struct visit *v)
{
	char station[32];

	for (int i = 0; i < 40 && v->powerbank[0] != '\0'; i++) {
		unsigned n = city_stations(v->quarter);
		const struct answer *a;

		city_station(v->quarter, (unsigned)(dice(random_of(v)) % n), station);
		a = caller_return(&v->caller, v->order, v->powerbank,
		                  i == 0 ? v->station : station);
		if (!still_in_hand(a))
			return a->status == 200;
		load_nap(v->load, SECOND / 2, false);
	}
	return false;
}

static void bring_back(struct visit *v)
{
	const struct answer *a =
		v->habit == HABIT_TWO_STOPS
			? stop_twice(v)
			: caller_insist_stop(&v->caller, v->order, v->station);
	bool finished = says(a, "status", "FINISHED");

	if (a->status == 200)
		keep(v->powerbank, sizeof(v->powerbank), a, "powerbank_id");
	if (chance(v, 25))
		(void)caller_stop(&v->caller, v->order, v->station);
	if (finished)
		(void)put_back(v);
	for (int i = 0; i < 3; i++) {
		look(v, &a);
		if (says(a, "settlement", "done"))
			break;
		nap(v, SECOND / 2, 2 * SECOND);
	}
	if (chance(v, 20))
		(void)caller_insist_stop(&v->caller, v->order, v->station);
}

/* The service of these cabinets reports what is put into a slot, and answers whether it is there: nobody
 * need say anything, and saying it does not help as long as it is not true. */
static void give_back(struct visit *v)
{
	const struct answer *a;

	if (v->habit == HABIT_BAG) {
		(void)caller_stop(&v->caller, v->order, v->station);
		nap(v, SECOND / 2, 4 * SECOND);
	}
	for (int i = 0; i < 20 && v->powerbank[0] == '\0'; i++) {
		look(v, &a);
		load_nap(v->load, SECOND / 2, false);
	}
	if (!put_back(v))
		return;
	if (v->habit == HABIT_TWO_STOPS)
		(void)stop_twice(v);
	else if (chance(v, 30))
		(void)caller_insist_stop(&v->caller, v->order, v->station);
	(void)caller_insist_end(&v->caller, v->order);
}

void visit_run(struct load *l, unsigned n, uint64_t seed)
{
	struct visit v = { .load = l, .n = n };
	uint64_t random = seed | 1;

	v.habit = pick_habit(&random);
	v.quarter = habits[v.habit].quarter[dice(&random) % 4];
	if (v.quarter == QUARTER_CLOUD && !city_cloud)
		v.quarter = QUARTER_CHEAP;
	city_station(v.quarter, (unsigned)(dice(&random) % city_stations(v.quarter)),
	             v.station);
	pick_user(&v, &random);
	(void)snprintf(v.key, sizeof(v.key), "key-%u-%08x", n, (unsigned)(seed >> 32));
	caller_init(&v.caller, l, v.user, n, dice(&random));
	if (get_quote(&v, v.quote))
		start(&v);
	if (v.order[0] != '\0' && !ride(&v)) {
		/* At the end one keeper in two brings it back after all. */
		if (v.habit == HABIT_KEEPER && !chance(&v, 50))
			;
		else if (v.quarter == QUARTER_CLOUD)
			give_back(&v);
		else
			bring_back(&v);
	}
	caller_done(&v.caller);
}
