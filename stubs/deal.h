/* SPDX-License-Identifier: MIT
 *
 * stubs/deal.h - a request to the acquirer on its way.
 */
#ifndef STUBS_DEAL_H
#define STUBS_DEAL_H

#include "dialect.h"
#include "stubs.h"

struct deal {
	struct stubs *s;
	struct acquirer *a;
	const struct rent_http_request *req;
	struct rent_http_reply *reply;
	struct acq_request r;
	const char *made; /* the id of what it would make */
	uint64_t hash;    /* of the request */
	int64_t now;
	const struct switch_row *row; /* what is wrong with it; NULL: nothing */
	struct acq_key *k;            /* NULL: not by us */
	/* The answer: an object (owned), or text in the request's arena. */
	int status;
	json_t *body;
	const char *kept;
};

static inline enum switch_does deal_does(const struct deal *d)
{
	return d->row == NULL ? DOES_ANSWER : d->row->does;
}

/* False: the dialect is not spoken here, or not to him; it is answered with deal_answer(). */
bool deal_begin(struct deal *d, const struct acq_dialect *dialect);
/* Takes the lock and does what is due. Negative: the book cannot take it; the lock is held. */
int deal_lock(struct deal *d);
/* Gives it back, and waits until the book is written. */
int deal_unlock(struct deal *d);
/* Waits for what is late, without the lock. */
void deal_wait(struct deal *d);
void deal_refuse(struct deal *d, const struct acq_error *e);
/* With the answer of a row; p: shown in it, NULL none. */
void deal_refuse_row(struct deal *d, const struct switch_row *row,
                     const struct acq_payment *p);
/* Fills in the reply, as far as the switches let it. Frees the body. 0 or RENT_ENOMEM. */
int deal_answer(struct deal *d);
/* Gives the lock back, and answers. ret: negative when the book could not take it; why: said then. */
int deal_finish(struct deal *d, int ret, const char *why, struct rent_error *err);

#endif
