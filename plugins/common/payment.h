/* SPDX-License-Identifier: MIT
 *
 * payment.h - what our payment providers do alike, whatever their service calls it. Values in,
 * values out; any thread.
 */
#ifndef COMMON_PAYMENT_H
#define COMMON_PAYMENT_H

#include <rent/payment_plugin.h>
#include <string.h>

/* When the service can have made a payment of ours, around the time of the operation's row: a
 * lookup without a reference searches there. */
#define PAYMENT_MADE_BEFORE (2 * RENT_MINUTE)
#define PAYMENT_MADE_AFTER  RENT_HOUR

/* The slot caps() of an instance that keeps its promises. */
static inline void payment_give_caps(const struct rent_payment_caps *caps,
                                     struct rent_payment_caps *ret)
{
	size_t room = ret->struct_size == 0 ? sizeof(*ret) : ret->struct_size;

	rent_adopt(ret, room, caps, sizeof(*caps));
}

/* ---- requests */

/* Checks the members that every operation must have. */
static inline int payment_check_op(const struct rent_payment_op *op,
                                   struct rent_error *err)
{
	if (op->kind < RENT_PAY_HOLD || op->kind > RENT_PAY_LOOKUP)
		return rent_fail(err, RENT_EUNSUPPORTED, "operation %d is not offered",
		                 (int)op->kind);
	if (!rent_id_valid(op->id))
		return rent_fail(err, RENT_EINVAL,
		                 "the id must be 1 to 64 visible ASCII characters");
	return 0;
}

static inline int payment_no_room(struct rent_error *err)
{
	return rent_fail(err, RENT_ENOMEM, "no room for the request");
}

/* Whether a reference of the service's is of these characters only, so that it may become part
 * of a path. NULL and "" are none. */
static inline bool payment_ref_is_of(const char *ref, const char *characters)
{
	size_t n = ref == NULL ? 0 : strlen(ref);

	return n > 0 && n < RENT_REF_SIZE && strspn(ref, characters) == n;
}

/* ---- replies */

static inline bool payment_says(const struct rent_json_api *json,
                                const struct rent_json *o, const char *path,
                                const char *text)
{
	return strcmp(json->text(o, path), text) == 0;
}

/* Words like "card_declined", of [a-z0-9_]: what else a service writes there is not repeated. */
static inline bool payment_is_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

	return word[0] != '\0' && word[strspn(word, plain)] == '\0';
}

static inline void payment_declined(struct rent_payment_result *ret,
                                    enum rent_decline_reason reason, const char *note)
{
	ret->outcome = RENT_DECLINED;
	ret->reason = reason;
	(void)rent_copy(ret->note, sizeof(ret->note), note);
}

/* A success of more than was asked, or of no amount, is none; a person must know. */
static inline void payment_odd_amount(struct rent_payment_result *ret,
                                      const char *service)
{
	(void)snprintf(ret->note, sizeof(ret->note), "%s says an amount that cannot be",
	               service);
	ret->alert = true;
}

static inline void payment_released(const struct rent_payment_op *op,
                                    struct rent_payment_result *ret)
{
	ret->outcome = RENT_SUCCEEDED;
	ret->processed = op->amount;
}

/* The hold stands: this capture or release has not happened. Only a lookup may say so; in answer
 * to the operation itself it makes no sense. */
static inline void payment_hold_stands(const struct rent_payment_op *op,
                                       struct rent_payment_result *ret)
{
	ret->not_found = op->kind == RENT_PAY_LOOKUP;
	ret->not_found_is_final = ret->not_found;
	(void)rent_copy(ret->note, sizeof(ret->note), "the hold stands as it was");
}

#endif
