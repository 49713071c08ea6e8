/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_stripe/stripe.h - what the files of payment_stripe share. An instance does
 * not change after create(), so that every function may be called by any thread.
 *
 * A PaymentIntent is the hold, its capture and its release, or a charge: its id is the
 * reference of all four. Its metadata carry our ids: "op" of the hold or the charge,
 * "capture_op" of the capture. A Refund carries "op".
 */
#ifndef PAYMENT_STRIPE_H
#define PAYMENT_STRIPE_H

#include "common/payment.h"

struct stripe {
	const struct rent_json_api *json;
	const struct rent_crypto_api *crypto;
	struct rent_upstream *upstream;
	struct rent_payment_caps caps;
	/* Headers: "Bearer sk_…", and the version of Stripe's interface. */
	char authorization[300];
	const char *version;
	/* "" : Stripe does not call. */
	const char *webhook_secret;
	/* As Stripe writes it, "eur". */
	char currency[4];
	/* money.c: an amount of ours is so many digits short of Stripe's, whose amounts are
	 * multiples of step. */
	int digits;
	int64_t step;
	/* Defaults for operations that do not name their own. "": none. */
	const char *payment_method, *return_url;
	bool user_is_payer, save_methods;
	/* Keys say which of the two they are for; a restricted or odd one may not. */
	bool live_known, live;
};

/* ---- money.c */

/* RENT_EINVAL: there is no such currency code. major: our unit is the currency's own. */
int stripe_set_currency(struct stripe *s, const char *code, bool major,
                        struct rent_error *err);
/* false: Stripe takes no such amount. */
bool stripe_minor(const struct stripe *s, int64_t units, int64_t *ret);
/* false: it is not a whole number of our units from 1 to max. */
bool stripe_units(const struct stripe *s, int64_t minor, int64_t max, int64_t *ret);
/* The same rounded up, for what is compared and not moved. */
int64_t stripe_units_up(const struct stripe *s, int64_t minor);

/* ---- requests.c */

int stripe_build(void *self, const struct rent_payment_op *op, struct rent_arena *arena,
                 struct rent_upstream_request *ret, struct rent_error *err);
/* A GET; target is NULL when the arena was full. */
int stripe_get(const struct stripe *s, const char *target, const char *endpoint,
               struct rent_upstream_request *ret, struct rent_error *err);
/* Letters, digits, '_' and '-': an id of Stripe's, which becomes part of a path. */
bool stripe_id_valid(const char *id);
/* The payer: the operation's, or the user where the options say so. "" none. */
const char *stripe_payer(const struct stripe *s, const struct rent_payment_op *op,
                         struct rent_arena *arena);

/* ---- parse.c: see rent/payment.h. */

void stripe_parse(void *self, const struct rent_payment_op *op,
                  const struct rent_upstream_reply *reply,
                  struct rent_payment_result *ret);

/* ---- replies.c */

/* Judges an operation of this kind by the state of its intent. An intent of another operation or
 * currency leaves the result as it is. */
void stripe_judge_intent(const struct stripe *s, const struct rent_payment_op *op,
                         enum rent_payment_kind kind, const struct rent_json *intent,
                         struct rent_payment_result *ret);
void stripe_judge_refund(const struct stripe *s, const struct rent_payment_op *op,
                         const struct rent_json *refund, struct rent_payment_result *ret);

/* ---- errors.c */

/* An answer that is not 200: HTTP status, then code, then decline_code. */
void stripe_judge_error(const struct stripe *s, const struct rent_payment_op *op,
                        const struct rent_upstream_reply *reply,
                        const struct rent_json *error, struct rent_payment_result *ret);

/* ---- declines.c */

/* One of Stripe's words as the note; anything else leaves the note as it was. */
void stripe_note_word(struct rent_payment_result *ret, const char *word);
/* A card's refusal: error of a 402, or last_payment_error of an intent. */
void stripe_decline(const struct stripe *s, const struct rent_json *error,
                    struct rent_payment_result *ret);

/* ---- list.c, events.c: see rent/payment.h and rent/event.h. */

int stripe_build_list(void *self, const struct rent_payment_page *page,
                      struct rent_arena *arena, struct rent_upstream_request *ret,
                      struct rent_error *err);
int stripe_parse_list(void *self, const struct rent_payment_page *page,
                      const struct rent_upstream_reply *reply, rent_payment_entry_fn fn,
                      void *arg, char ret_cursor[RENT_REF_SIZE], struct rent_error *err);
int stripe_parse_event(void *self, const struct rent_event_message *message,
                       rent_event_fn fn, void *arg, struct rent_event_answer *ret,
                       struct rent_error *err);

#endif
