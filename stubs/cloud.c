/* SPDX-License-Identifier: MIT
 *
 * stubs/cloud.c - the orders of the cabinet cloud, and what becomes of them in time. See cloud.h.
 */
#include "cloud.h"

#include <stdlib.h>

#define MS (RENT_SECOND / 1000)

void cloud_init(struct cloud *c, const char *push_address)
{
	*c = (struct cloud){ .next = 1, .push_address = push_address };
	c->switches = (struct cloud_switches){ .callbacks = 1, .pushes = 1 };
}

void cloud_done(struct cloud *c)
{
	while (c->n > 0)
		free(c->orders[--c->n]);
	free(c->orders);
	c->orders = NULL;
}

/* With the next number. What a restart forgot had another tenth of a second. */
static struct cloud_order *order_add(struct cloud *c, int64_t now)
{
	struct cloud_order *o;
	size_t room = c->room == 0 ? 64 : c->room * 2;
	void *more;

	if (c->n == CLOUD_ORDERS_MAX)
		return NULL;
	if (c->n == c->room) {
		more = realloc(c->orders, room * sizeof(struct cloud_order *));
		if (more == NULL)
			return NULL;
		c->orders = more;
		c->room = room;
	}
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return NULL;
	(void)snprintf(o->trade, sizeof(o->trade), "%010" PRId64 "%010d",
	               now / (RENT_SECOND / 10) % 10000000000, (int)c->next++);
	o->created_at = now;
	c->orders[c->n++] = o;
	return o;
}

struct cloud_order *cloud_order_new(struct cloud *c, const char *station,
                                    const char *callback, int64_t now)
{
	struct cloud_order *o = order_add(c, now);

	if (o == NULL)
		return NULL;
	(void)rent_copy(o->station, sizeof(o->station), station);
	(void)rent_copy(o->callback, sizeof(o->callback), callback);
	o->eject_at = now + c->switches.eject_delay_ms * MS;
	return o;
}

/* Of an order; 0: it is none. */
static long number_of(const char *trade)
{
	return strlen(trade) == 20 ? strtol(trade + 10, NULL, 10) : 0;
}

struct cloud_order *cloud_order_find(struct cloud *c, const char *trade)
{
	long number = number_of(trade);

	if (number < 1 || (size_t)number > c->n ||
	    strcmp(c->orders[number - 1]->trade, trade) != 0)
		return NULL;
	return c->orders[number - 1];
}

/* ---- reports */

static void report(struct cloud *c, const char *address, const char *body, int64_t at)
{
	struct cloud_report *r;
	size_t i = c->report_count;

	if (address[0] == '\0' || i == sizeof(c->reports) / sizeof(c->reports[0]))
		return;
	while (i > 0 && c->reports[i - 1].at > at) {
		c->reports[i] = c->reports[i - 1];
		i--;
	}
	r = &c->reports[i];
	r->at = at;
	(void)rent_copy(r->address, sizeof(r->address), address);
	(void)rent_copy(r->body, sizeof(r->body), body);
	c->report_count++;
}

bool cloud_report_take(struct cloud *c, int64_t now, struct cloud_report *ret)
{
	if (c->report_count == 0 || c->reports[0].at > now)
		return false;
	*ret = c->reports[0];
	c->report_count--;
	memmove(&c->reports[0], &c->reports[1], c->report_count * sizeof(c->reports[0]));
	return true;
}

/* status: 0 failed, 1 out, 2 returned */
static void call_back(struct cloud *c, const struct cloud_order *o, int status,
                      int64_t now)
{
	int64_t at = now + c->switches.callback_delay_ms * MS;
	char body[256];

	/* Later events are reported sooner. */
	if (c->switches.reversed != 0)
		at += (2 - status) * RENT_SECOND;
	(void)snprintf(body, sizeof(body),
	               "tradeNo=%s&status=%d&deviceId=%s&batteryId=%s",
	               c->switches.forged != 0 ? "99999999999999999999" : o->trade,
	               status, o->station, o->powerbank);
	for (int64_t i = 0; i < c->switches.callbacks; i++)
		report(c, o->callback, body, at);
}

static void push(struct cloud *c, const char *event, const char *station,
                 const char *order, const char *side, const char *powerbank, int64_t now)
{
	char body[512];

	if (c->switches.pushes == 0)
		return;
	(void)snprintf(body, sizeof(body),
	               "{\"agentAccount\":\"stub\",\"event\":\"%s\",\"eventData\":{"
	               "\"cabinetId\":\"%s\",\"orderId\":\"%s\",\"%sBatteryId\":\"%s\"},"
	               "\"timestamp\":%" PRId64 "}",
	               event, station, order, side, powerbank, now / RENT_SECOND);
	report(c, c->push_address, body, now + c->switches.callback_delay_ms * MS);
}

/* ---- what happens */

/* false: nothing came out. */
static bool take_bank(struct cloud_order *o, struct stock *stock, struct book *book,
                      int64_t now, char ret[RENT_ID_SIZE])
{
	const struct order order = {
		KIND_EJECT, 0, "", o->trade, "", "", o->station, ""
	};
	struct cabinet *cabinet = stock_find(stock, o->station);
	struct entry *e = NULL;

	if (cabinet == NULL || stock_eject(stock, book, cabinet, &order, now, &e) < 0 ||
	    e == NULL || e->seq == 0)
		return false;
	(void)rent_copy(ret, RENT_ID_SIZE, e->o.powerbank_id);
	return true;
}

static void eject(struct cloud *c, struct cloud_order *o, struct stock *stock,
                  struct book *book, int64_t now)
{
	char second[RENT_ID_SIZE];

	if (c->switches.jam != 0 || !take_bank(o, stock, book, now, o->powerbank)) {
		o->state = CLOUD_FAILED;
		call_back(c, o, 0, now);
		return;
	}
	o->state = CLOUD_OUT;
	push(c, "BATTERY_BORROW_OUT", o->station, o->trade, "out", o->powerbank, now);
	if (c->switches.two_banks != 0 && take_bank(o, stock, book, now, second))
		push(c, "BATTERY_BORROW_OUT", o->station, o->trade, "out", second, now);
	if (c->switches.wrong_bank != 0)
		(void)snprintf(o->powerbank, sizeof(o->powerbank), "NOT-THE-ONE");
	call_back(c, o, 1, now);
}

void cloud_advance(struct cloud *c, struct stock *stock, struct book *book, int64_t now)
{
	if (c->switches.offline != 0)
		return;
	for (size_t i = c->done; i < c->n; i++) {
		struct cloud_order *o = c->orders[i];

		if (o->state == CLOUD_WAITING && o->eject_at <= now)
			eject(c, o, stock, book, now);
		if (o->state != CLOUD_WAITING && i == c->done)
			c->done++;
	}
}

/* The order that a powerbank was out for; NULL: none. */
static struct cloud_order *order_ends(struct cloud *c, const char *station,
                                      const char *powerbank, int64_t now)
{
	for (size_t i = c->n; i > 0; i--) {
		struct cloud_order *o = c->orders[i - 1];

		if (o->state != CLOUD_OUT || strcmp(o->powerbank, powerbank) != 0)
			continue;
		o->state = CLOUD_RETURNED;
		o->returned_at = now;
		(void)rent_copy(o->returned_to, sizeof(o->returned_to), station);
		return o;
	}
	return NULL;
}

void cloud_returned(struct cloud *c, const char *station, const char *powerbank,
                    int64_t now)
{
	const struct cloud_order *o = order_ends(c, station, powerbank, now);

	if (o != NULL)
		call_back(c, o, 2, now);
	push(c, "BATTERY_IN", station, o == NULL ? "" : o->trade, "return", powerbank,
	     now);
}

/* Those in between have failed: nothing came out. */
static int order_restore(struct cloud *c, long number, const struct entry *e)
{
	struct cloud_order *o;

	while (c->next <= number) {
		o = order_add(c, e->ts);
		if (o == NULL)
			return RENT_ENOMEM;
		o->state = CLOUD_FAILED;
	}
	c->done = c->n;
	o = c->orders[number - 1];
	if (o->state != CLOUD_FAILED) /* a second powerbank of the same order */
		return 0;
	(void)rent_copy(o->trade, sizeof(o->trade), e->o.order_id);
	(void)rent_copy(o->station, sizeof(o->station), e->o.station_id);
	(void)rent_copy(o->powerbank, sizeof(o->powerbank), e->o.powerbank_id);
	o->state = CLOUD_OUT;
	return 0;
}

int cloud_replay(struct cloud *c, const struct entry *e)
{
	long number = number_of(e->o.order_id);

	if (e->o.kind == KIND_RETURN)
		(void)order_ends(c, e->o.station_id, e->o.powerbank_id, e->ts);
	if (e->o.kind != KIND_EJECT || e->o.key[0] != '\0' || number < 1)
		return 0;
	return order_restore(c, number, e);
}
