/* SPDX-License-Identifier: MIT
 *
 * tests/support/dialect/ledger.h - what AcmePay keeps: operations of the dialect, in memory.
 * One thread.
 *
 * Customers whose name begins with "poor" are refused; those of "slow" are `processing` until
 * they are looked up once.
 */
#ifndef DIALECT_LEDGER_H
#define DIALECT_LEDGER_H

#include "form.h"

#include <jansson.h>
#include <stddef.h>

struct ledger_op {
	char id[32], client_ref[80], customer[80], order[80];
	const char *type, *state, *failure; /* literals; failure may be NULL */
	size_t of;             /* index + 1 of what it refers to; 0: nothing */
	int64_t asked, amount; /* minor units */
	int64_t left;          /* not captured, voided or refunded yet */
	int64_t given_back;    /* final capture: the rest of the authorization */
	char *form;            /* the request, to recognise a resent one */
	int status;            /* of the answer */
};

struct ledger {
	struct ledger_op *ops;
	size_t n, cap;
};

void ledger_done(struct ledger *l);
/* Does POST `path` with this form under this key, once. Returns the HTTP status; *ret_body is
 * a new object. */
int ledger_post(struct ledger *l, const char *path, const char *key,
                const char *form_text, json_t **ret_body);
/* {"items":[…]} with the operation of this client_ref, if there is one. */
json_t *ledger_list(struct ledger *l, const char *client_ref);
/* {"operations":[…]}: everything that moved or reserved money. */
json_t *ledger_book(const struct ledger *l);

#endif
