/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_yookassa/yookassa.h - what the files of payment_yookassa share. An instance
 * does not change after create(), so that every function may be called by any thread.
 *
 * A payment is the hold, its capture and its release, or a charge: its id is the reference of
 * all four. Its metadata carry our id of the hold or charge ("op"); a capture has no place for
 * ours. A refund carries it as its description.
 */
#ifndef PAYMENT_YOOKASSA_H
#define PAYMENT_YOOKASSA_H

#include "common/networks.h"
#include "common/payment.h"

struct yookassa {
	const struct rent_json_api *json;
	struct rent_upstream *upstream;
	struct rent_payment_caps caps;
	/* "Basic …" */
	char authorization[512];
	/* 1 of ours is one rouble, or one hundredth. */
	bool major;
	bool user_is_method, save_methods;
	/* "": where the request does not say, the customer cannot be sent back. */
	const char *return_url;
	/* Receipts (54-FZ). vat_code 0: none are sent. */
	int64_t vat_code;
	const char *receipt_contact;
	/* The addresses whose notifications are accepted. */
	struct networks peers;
};

/* ---- money.c: "12.34" and our units. false: YooKassa takes no such, it is no whole number of
 * ours, or not from 1 to max. */
bool yookassa_value(const struct yookassa *y, int64_t units, char ret[RENT_DECIMAL_SIZE]);
bool yookassa_units(const struct yookassa *y, const char *value, int64_t max,
                    int64_t *ret);

/* ---- requests.c */

int yookassa_build(void *self, const struct rent_payment_op *op, struct rent_arena *arena,
                   struct rent_upstream_request *ret, struct rent_error *err);
/* A GET; target is NULL when the arena was full. */
int yookassa_get(const struct yookassa *y, const char *target, const char *endpoint,
                 struct rent_upstream_request *ret, struct rent_error *err);
/* Letters, digits and '-': an id of YooKassa's, which becomes part of a path. */
bool yookassa_id_valid(const char *id);
/* The shape of our own ids (UUIDv7): any other description of a refund was written by a person. */
bool yookassa_is_ours(const char *description);

/* ---- receipt.c: the object with a receipt in it, or as it is where none are sent. */
int yookassa_add_receipt(const struct yookassa *y, const struct rent_payment_op *op,
                         struct rent_arena *arena, const char *object, const char **ret,
                         struct rent_error *err);

/* ---- replies.c */

void yookassa_parse(void *self, const struct rent_payment_op *op,
                    const struct rent_upstream_reply *reply,
                    struct rent_payment_result *ret);

/* ---- list.c, events.c: see rent/payment.h and rent/event.h. */

int yookassa_build_list(void *self, const struct rent_payment_page *page,
                        struct rent_arena *arena, struct rent_upstream_request *ret,
                        struct rent_error *err);
int yookassa_parse_list(void *self, const struct rent_payment_page *page,
                        const struct rent_upstream_reply *reply, rent_payment_entry_fn fn,
                        void *arg, char ret_cursor[RENT_REF_SIZE],
                        struct rent_error *err);
int yookassa_parse_event(void *self, const struct rent_event_message *message,
                         rent_event_fn fn, void *arg, struct rent_event_answer *ret,
                         struct rent_error *err);

#endif
