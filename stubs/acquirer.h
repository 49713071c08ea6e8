/* SPDX-License-Identifier: MIT
 *
 * stubs/acquirer.h - a payment provider as Stripe and YooKassa are, over the bank: payments with
 * ids of its own and states that change by themselves, customers who must act, holds that end,
 * refunds, and reports of all that. Which of the two it is, its dialect says. What waits for
 * its customer or for its end is in memory only; what moved money is in the book, and comes back from it.
 * Everything here is called under the lock of the stubs.
 */
#ifndef STUBS_ACQUIRER_H
#define STUBS_ACQUIRER_H

#include "bank.h"
#include "switches.h"

#include <jansson.h>
#include <rent/host.h>

#define ACQUIRER_MAX     20000 /* payments, and as many refunds */
#define ACQUIRER_ADDRESS 512
#define ACQUIRER_REPORTS 256

enum acq_state {
	ACQ_ACTION,     /* the customer must act */
	ACQ_PROCESSING, /* its end comes at settle_at */
	ACQ_HELD,
	ACQ_TAKEN,
	ACQ_REFUSED,
	ACQ_CANCELED, /* released, or its time was over */
};

/* What a request asks for. Strings are never NULL, amounts are units of the bank. */
struct acq_request {
	enum kind kind;
	const char *key; /* idempotency key: our id of the operation */
	const char *id;  /* of the payment that it refers to */
	const char *rental, *user, *customer, *method, *return_url;
	const char *base; /* "http://host:port" by which the caller reached us */
	int64_t amount;
	bool on_session, saves;
};

struct acq_payment {
	char id[RENT_REF_SIZE], key[RENT_ID_SIZE];
	char rental[RENT_ID_SIZE], user[RENT_KEY_MAX + 1], customer[RENT_KEY_MAX + 1];
	char method[RENT_KEY_MAX + 1];
	char return_url[ACQUIRER_ADDRESS], page[ACQUIRER_ADDRESS];
	bool hold, saves;
	enum acq_state state;
	const struct switch_row
		*row;     /* what becomes of it once it is processed; NULL: it succeeds */
	const char *word; /* why it was refused or cancelled; a literal */
	bool stood;       /* was held once */
	bool by_itself;   /* its time was over */
	bool sdk;         /* the action has a token in place of an address */
	char capture_key[RENT_ID_SIZE], release_key[RENT_ID_SIZE];
	int64_t amount, held, taken, refunded;
	int64_t created_at, captured_at, expires_at, settle_at;
};

enum acq_refund_state {
	ACQ_REFUND_PENDING,
	ACQ_REFUND_DONE,
	ACQ_REFUND_FAILED
};

struct acq_refund {
	char id[RENT_REF_SIZE], key[RENT_ID_SIZE];
	struct acq_payment *of;
	int64_t amount, created_at, settle_at;
	enum acq_refund_state state;
	const struct switch_row *row;
	bool by_hand;
};

enum acq_event {
	ACQ_NEEDS_ACTION,
	ACQ_IS_PROCESSING,
	ACQ_IS_HELD,
	ACQ_IS_TAKEN,
	ACQ_IS_REFUSED,
	ACQ_IS_CANCELED,
	ACQ_HOLD_ENDED,
	ACQ_REFUND_MADE,
	ACQ_REFUND_ENDED,
	ACQ_REFUND_FELL, /* it had succeeded */
	ACQ_DISPUTED,
	ACQ_DISPUTE_WON,
};

/* A message that is due. */
struct acq_report {
	int64_t at;
	char *body; /* owned */
	int tries;
	bool forged, stale;
};

struct acq_dialect;
struct acq_key;

struct acquirer {
	const struct rent_host *host;
	const struct acq_dialect *dialect; /* NULL: it is closed */
	const char *currency;              /* of the bank, "RUB" */
	const char *hook, *secret;         /* path of its reports, and what signs them */
	struct bank *bank;
	struct book *book;
	struct switches switches;
	struct acq_payment **payments;
	struct acq_refund **refunds;
	size_t n, room, refund_count, refund_room;
	struct map by_id, refund_by_id;
	struct map keys;
	struct acq_key *all_keys;
	struct acq_report reports[ACQUIRER_REPORTS];
	size_t report_count;
	int64_t next_due; /* nothing ends by itself before */
	int64_t number;   /* of what was done by hand, and of events */
};

/* How a request ended; negative: the book cannot take it. */
enum acq_end {
	ACQ_DONE,
	ACQ_NO_SUCH,
	ACQ_WRONG_STATE,
	ACQ_TOO_MUCH,
	ACQ_FULL,
};

void acquirer_init(struct acquirer *a, const struct rent_host *host, struct bank *bank,
                   struct book *book);
void acquirer_done(struct acquirer *a);
/* Payments and refunds as the book has them. */
int acquirer_restore(struct acquirer *a);
/* Nothing is switched on any more. */
void acquirer_switch_off(struct acquirer *a);
/* Forgets everything: the book was erased. */
void acquirer_forget(struct acquirer *a);

struct acq_payment *acquirer_find(const struct acquirer *a, const char *id);
struct acq_refund *acquirer_find_refund(const struct acquirer *a, const char *id);

/* Does what is due: ends of what is processed, of holds, of waiting for customers. */
int acquirer_advance(struct acquirer *a, int64_t now);
/* A hold or a charge. row: what is wrong with it, or NULL. */
int acquirer_pay(struct acquirer *a, const struct acq_request *r,
                 const struct switch_row *row, int64_t now, struct acq_payment **ret);
int acquirer_capture(struct acquirer *a, struct acq_payment *p, const char *key,
                     int64_t amount, int64_t now);
int acquirer_cancel(struct acquirer *a, struct acq_payment *p, const char *key,
                    int64_t now);
int acquirer_refund(struct acquirer *a, struct acq_payment *p, const char *key,
                    int64_t amount, const struct switch_row *row, int64_t now,
                    struct acq_refund **ret);
/* The customer, at his bank's page. */
int acquirer_answer(struct acquirer *a, struct acq_payment *p, bool confirms,
                    int64_t now);
/* The time of the hold, or of the waiting, is over. */
int acquirer_end(struct acquirer *a, struct acq_payment *p, int64_t now);
/* Somebody at the provider's own console does it. */
int acquirer_by_hand(struct acquirer *a, struct acq_payment *p, const char *act,
                     int64_t amount, int64_t now);

/* ---- acq_reports.c */

/* cause: the key of the request that did it, "" none. */
void acquirer_tell(struct acquirer *a, enum acq_event event, const struct acq_payment *p,
                   const struct acq_refund *r, const char *cause, int64_t now);
/* The oldest that is due; false: none is. The body is the caller's. */
bool acquirer_report_take(struct acquirer *a, int64_t now, struct acq_report *ret);
/* It was not taken; the body is ours again. */
void acquirer_report_again(struct acquirer *a, const struct acq_report *r, int64_t now);

/* ---- acq_keys.c: idempotency keys and what was answered under them. */

struct acq_key {
	char key[RENT_ID_SIZE];
	uint64_t request; /* hash of path and body */
	bool busy;        /* its first request is being worked on */
	int status;       /* 0: no answer is kept */
	char *body;
	struct acq_key *next;
};

/* NULL: it was never used. */
struct acq_key *acquirer_key(const struct acquirer *a, const char *key);
/* NULL: out of memory. Busy. */
struct acq_key *acquirer_key_new(struct acquirer *a, const char *key, uint64_t request);
void acquirer_keys_done(struct acquirer *a);

#endif
