/* SPDX-License-Identifier: MIT
 *
 * riders.c - customers of the cabinets of cabinets.h: they bring powerbanks back and say so, or
 * say so and keep them, or say nothing, and do not care which order things arrive in.
 */
#include <stdlib.h>

#include "asking.h"
#include "cabinets.h"

#define PATIENT 60  /* looks at a rental that ends by itself */
#define STOPS   300 /* of a customer who has brought it back */

struct rider {
	const char *order_id;
	struct cabinet_order *order;
	int back; /* the cabinet where he puts it */
};

static int any_cabinet(enum vendor vendor)
{
	return (int)vendor * CABINETS_EACH + (int)sim_between(0, CABINETS_EACH - 1);
}

/* ---- what he sees */

static bool has_ended(const struct rider *r)
{
	struct request *rq = ask(ASK_STATUS, r->order_id, "");
	bool ended = rq != NULL && rq->code == 0 && rq->view.verdict == RENT_DONE &&
	             rq->view.rental.status != RENT_STATUS_ACTIVE;

	free(rq);
	return ended;
}

/* Whether the rental has ended by what he said. */
static bool say_stop(const struct rider *r, int cabinet)
{
	struct request *rq = ask_at(ASK_STOP, r->order_id, cabinet_name(cabinet));
	bool ended = rq != NULL && rq->code == 0 && rq->view.verdict == RENT_DONE;

	if (rq != NULL && rq->code == 0 && !ended &&
	    rq->view.verdict != RENT_NOT_RETURNED &&
	    rq->view.verdict != RENT_RETURN_UNVERIFIED)
		sim_fail("stop of a running rental said %d", (int)rq->view.verdict);
	free(rq);
	sim_counts.stops += ended;
	return ended;
}

static bool waits_for_the_end(const struct rider *r)
{
	for (int i = 0; i < PATIENT; i++) {
		if (has_ended(r))
			return true;
		strand_sleep(sim_between(1, 90) * RENT_SECOND);
	}
	return false;
}

/* It lies there, and he pays. Where it has been given out again, it is with others to say whose
 * it is (reissue = "manual", two powerbanks that came out at once). */
static void insist_on_end(const struct rider *r)
{
	for (int i = 0; i < STOPS; i++) {
		if (say_stop(r, r->order->back_cabinet) || has_ended(r))
			return;
		strand_sleep(sim_between(5, 120) * RENT_SECOND);
	}
	if (cabinets_where(r->order->bank) >= 0 && !sim_faults)
		sim_fail("I11: %s lies in %s, and rental %s does not end",
		         cabinets_bank(r->order->bank),
		         cabinet_name(cabinets_where(r->order->bank)), r->order_id);
}

/* ---- what he does */

static void bring_back(const struct rider *r)
{
	if (sim_chance(100)) /* he says so while he does it; that answer is lost */
		(void)ask_begin_at(ASK_STOP, r->order_id, cabinet_name(r->back));
	cabinets_put(r->order, r->back);
}

/* It stays in his bag. Where nobody can look, he is believed. */
static void cheat(const struct rider *r)
{
	for (int i = 0; i < 3; i++) {
		(void)say_stop(r, any_cabinet(cabinet_vendor(r->back)));
		strand_sleep(sim_between(1, 20) * RENT_MINUTE);
	}
}

static void keep_until_bought(const struct rider *r)
{
	for (int i = 0; i < 80 && !has_ended(r); i++)
		strand_sleep(10 * RENT_MINUTE);
	strand_sleep(sim_between(1, 120) * RENT_MINUTE);
}

static void ride_long(void)
{
	strand_sleep(sim_chance(200) ? sim_between(1, 5) * RENT_HOUR
	                             : sim_between(0, 30 * RENT_MINUTE));
}

static void use_it(const struct rider *r)
{
	int way = (int)sim_between(0, 99);

	if (way < 15)
		cheat(r);
	else if (way < 22)
		keep_until_bought(r);
	else if (way >= 25)
		ride_long();
	if (way >= 22 && way < 25) { /* it is his now, or whoever finds it brings it */
		r->order->claimed = false;
		return;
	}
	bring_back(r);
	if (way < 75 && waits_for_the_end(r))
		return;
	if (way > 92) /* at a cabinet that has not got it */
		(void)say_stop(r, any_cabinet(cabinet_vendor(r->back)));
	insist_on_end(r);
}

/* In a crowd what one has just brought back is given to the next. */
static int cabinet_to_rent_at(void)
{
	return sim.crowded ? (int)(sim.seed / 32 % VENDORS) * CABINETS_EACH
	                   : (int)sim_between(0, CABINETS - 1);
}

void rider_once(int client, int round)
{
	int cabinet = cabinet_to_rent_at();
	char quote[RENT_ID_SIZE], key[64], order_id[RENT_ID_SIZE] = "";
	struct rider r = { .order_id = order_id };

	(void)snprintf(key, sizeof(key), "key-%d-%d", client, round);
	if (!get_quote(cabinet_name(cabinet), quote))
		return;
	if (strchr(quote, '@') == NULL ||
	    strcmp(strchr(quote, '@') + 1, vendor_instance(cabinet_vendor(cabinet))) != 0)
		sim_fail("the quote %s does not name the service of %s", quote,
		         cabinet_name(cabinet));
	sim_counts.starts++;
	if (insist(quote, key, order_id) != RENT_DONE)
		return;
	sim_counts.rentals++;
	r.order = cabinets_order(order_id);
	if (r.order == NULL) /* believed to be out, by what is missing */
		return;
	r.order->claimed = true;
	r.back = any_cabinet(cabinet_vendor(cabinet));
	use_it(&r);
}
