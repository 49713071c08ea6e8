/* SPDX-License-Identifier: MIT
 *
 * stubs/dialect.h - the words in which an acquirer speaks: how its requests are read, and what its
 * payments, refunds, errors, lists and reports look like. Two are spoken: stripe.c, yookassa.c.
 */
#ifndef STUBS_DIALECT_H
#define STUBS_DIALECT_H

#include "acquirer.h"

#include <rent/http.h>

/* What a request is refused with; words may be NULL. */
struct acq_error {
	int status;
	const char *type, *code, *word, *param;
	const struct acq_payment *payment; /* to be shown in it; NULL none */
};

/* A page that is asked for. */
struct acq_page {
	bool refunds;
	int64_t from, to;      /* of creation, wall time; both belong to it */
	int64_t captured_from; /* 0: any */
	const char *customer, *payment, *after; /* "": any; after: an id */
	size_t limit;
};

struct acq_dialect {
	const char *name, *key_header;
	/* What ids of payments and refunds begin with; the idempotency key follows. */
	const char *payment_prefix, *refund_prefix;
	const struct switch_row *rows;
	const size_t *row_count;
	/* The bank's refusals in its words: no money, a limit, a blocked account. */
	const struct switch_row *no_money, *limit, *blocked;
	/* A saved card that needs its owner. */
	const struct switch_row *absent;
	/* A repetition gets the bytes of the first answer; else the object as it is now. */
	bool keeps_answers;
	/* A refused card is an error; else a payment that is cancelled. */
	bool refusal_is_error;
	/* It ends by itself what no customer confirms, and cannot be told to. */
	bool ends_waiting;

	/* Whose credentials these are it does not ask, only whether they are of its kind. */
	bool (*knows)(const struct rent_http_request *req);
	/* Reads the request of ret->kind. NULL, or the parameter that is wrong. Strings live in
	 * the request's arena. */
	const char *(*read)(const struct acquirer *a, const struct rent_http_request *req,
	                    struct acq_request *ret);
	const char *(*read_page)(const struct rent_http_request *req,
	                         struct acq_page *ret);
	/* The switch that a request pulls itself, by its card or for want of one; NULL none. */
	const char *(*card)(const struct acq_request *r);
	/* New objects, never NULL unless out of memory. */
	json_t *(*payment)(const struct acquirer *a, const struct acq_payment *p);
	json_t *(*refund)(const struct acquirer *a, const struct acq_refund *r);
	json_t *(*error)(const struct acquirer *a, const struct acq_error *e);
	json_t *(*page)(const struct acquirer *a, json_t *items, bool more,
	                const char *last);
	/* NULL: it does not report this. */
	json_t *(*event)(struct acquirer *a, enum acq_event event,
	                 const struct acq_payment *p, const struct acq_refund *r,
	                 const char *cause, int64_t now);
	/* The object with a lie in it: DOES_CURRENCY, DOES_OTHER, DOES_MORE. */
	void (*lie)(json_t *o, enum switch_does does);
	/* How a key is refused that is in use, or was used for something else. */
	struct acq_error busy, reused;
	/* "": it signs nothing. */
	const char *signature_header;
	void (*sign)(const struct acquirer *a, const struct acq_report *r, int64_t now,
	             char ret[256]);
	/* How it says that there is no such thing, a state is another, an amount too large. */
	struct acq_error no_such, wrong_state, too_much, malformed, unknown;
};

extern const struct acq_dialect stripe_dialect, yookassa_dialect;

#endif
