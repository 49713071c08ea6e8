/* SPDX-License-Identifier: MIT
 *
 * stubs/cloud.h - the cabinets of the stock as a cabinet cloud has them: orders with numbers of
 * its own, ejects that come later than their answer, reports to whoever ordered. It keeps no id
 * of its callers. Everything here is called under the lock of the stubs.
 */
#ifndef STUBS_CLOUD_H
#define STUBS_CLOUD_H

#include "book.h"
#include "stock.h"

#define CLOUD_ORDERS_MAX 100000
#define CLOUD_ADDRESS    512 /* of a callback */

/* The faults that POST /admin/cloud sets. */
struct cloud_switches {
	/* Cabinets cannot be reached; those in between are ejected once they are back. */
	int64_t offline;
	/* The slot does not open: the order fails, the powerbank stays. */
	int64_t jam;
	/* Two powerbanks come out for one order. */
	int64_t two_banks;
	/* The order names another powerbank than the one that came out. */
	int64_t wrong_bank;
	/* The order is made and its answer is lost; it is lost and no order is made. */
	int64_t lose_answer, lose_request;
	/* From the answer to the eject; longer than a caller waits is "ejects after we gave up". */
	int64_t eject_delay_ms;
	/* Callbacks of orders: 0 none, 1, 2 doubled; in the wrong order; with another order's
	 * number; how much later than what they report. */
	int64_t callbacks, reversed, forged, callback_delay_ms;
	/* Pushes about cabinets. */
	int64_t pushes;
};

enum cloud_state {
	CLOUD_WAITING,
	CLOUD_OUT = 1,
	CLOUD_FAILED = 2,
	CLOUD_RETURNED = 3, /* the number in borrowStatus */
};

struct cloud_order {
	char trade[24];
	char station[RENT_ID_SIZE], powerbank[RENT_ID_SIZE], returned_to[RENT_ID_SIZE];
	char callback[CLOUD_ADDRESS]; /* "": none is wanted */
	enum cloud_state state;
	int64_t created_at, eject_at, returned_at;
};

/* A report that is due. */
struct cloud_report {
	int64_t at;
	char address[CLOUD_ADDRESS]; /* the path */
	char body[512];
};

struct cloud {
	struct cloud_switches switches;
	struct cloud_order **orders;
	size_t n, room;
	/* Those before have been ejected, or failed. */
	size_t done;
	/* The number of the next order; orders[number - 1]. */
	int64_t next;
	/* Waiting to be sent, oldest first; beyond its size they are lost. */
	struct cloud_report reports[256];
	size_t report_count;
	/* Where pushes go; "": nowhere. */
	const char *push_address;
};

void cloud_init(struct cloud *c, const char *push_address);
void cloud_done(struct cloud *c);

/* NULL: no room, or out of memory. */
struct cloud_order *cloud_order_new(struct cloud *c, const char *station,
                                    const char *callback, int64_t now);
struct cloud_order *cloud_order_find(struct cloud *c, const char *trade);
/* Does what is due: ejects, failures. */
void cloud_advance(struct cloud *c, struct stock *stock, struct book *book, int64_t now);
/* A powerbank was put into a slot of the station. */
void cloud_returned(struct cloud *c, const char *station, const char *powerbank,
                    int64_t now);
/* An eject or a return read from the book. An order that nothing had come out for is forgotten, and
 * so is where reports of an older one went. Negative: out of memory. */
int cloud_replay(struct cloud *c, const struct entry *e);
/* The oldest report that is due; false: none is. */
bool cloud_report_take(struct cloud *c, int64_t now, struct cloud_report *ret);

#endif
