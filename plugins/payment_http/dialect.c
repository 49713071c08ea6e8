/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_http/dialect.c - the dialect of the payment service: a POST per operation
 * under an Idempotency-Key, {"status":"success"} or a refusal, and a lookup by key.
 */
#include "dialect.h"

#include <jansson.h>
#include <stdlib.h>

static const struct wire {
	const char *endpoint, *kind; /* kind: what a lookup calls it */
	const char *target;          /* member that names the target, or NULL */
} wires[] = {
	[RENT_PAY_HOLD] = { "hold-money-for-order", "hold", NULL },
	[RENT_PAY_CAPTURE] = { "clear-money-for-order", "capture", "hold_key" },
	[RENT_PAY_RELEASE] = { "release-money-for-order", "release", "hold_key" },
	[RENT_PAY_CHARGE] = { "clear-money-for-order", "charge", NULL },
	[RENT_PAY_REFUND] = { "refund-money-for-order", "refund", "charge_key" },
	[RENT_PAY_LOOKUP] = { "payment-status", NULL, NULL },
};

static const struct {
	const char *text;
	enum rent_decline_reason reason;
} reasons[] = {
	{ "insufficient_funds", RENT_DECLINE_FUNDS },
	{ "limit_exceeded", RENT_DECLINE_FUNDS },
	{ "account_blocked", RENT_DECLINE_METHOD },
	{ "no_such_hold", RENT_DECLINE_EXPIRED },
	{ "hold_used_up", RENT_DECLINE_EXPIRED },
	{ "hold_expired", RENT_DECLINE_EXPIRED },
};

/* ---- operation → request */
static int build_lookup(const struct rent_payment_op *op, struct rent_arena *arena,
                        struct rent_upstream_request *ret, struct rent_error *err)
{
	const char *key = rent_url_encode(arena, op->id);

	if (key != NULL)
		ret->target = rent_printf(arena, "/payment-status?key=%s", key);
	if (ret->target == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->method = "GET";
	ret->flags = RENT_RESEND_SAFE;
	return 0;
}

static const char *build_body(const struct rent_payment_op *op, const char *target,
                              struct rent_arena *arena)
{
	json_t *o = json_pack("{s:s, s:s, s:I}", "user_id", op->user_id, "order_id",
	                      op->rental_id, "amount", (json_int_t)op->amount);
	char *text = NULL;
	const char *copy;

	if (o != NULL &&
	    (target == NULL ||
	     json_object_set_new(o, target, json_string(op->target_id)) == 0))
		text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	copy = text == NULL ? NULL : rent_strdup(arena, text);
	free(text);
	return copy;
}

static int build_post(const struct rent_payment_op *op, struct rent_arena *arena,
                      struct rent_upstream_request *ret, struct rent_error *err)
{
	const struct wire *wire = &wires[op->kind];
	const char *key = rent_strdup(arena, op->id);

	if (op->amount <= 0)
		return rent_fail(err, RENT_EINVAL, "amount %" PRId64 " is not above 0",
		                 op->amount);
	if (!rent_id_valid(op->user_id) || !rent_id_valid(op->rental_id) ||
	    (wire->target != NULL && !rent_id_valid(op->target_id)))
		return rent_fail(err, RENT_EINVAL,
		                 "ids must be 1 to 64 visible ASCII characters");
	ret->target = rent_printf(arena, "/%s", wire->endpoint);
	ret->body = build_body(op, wire->target, arena);
	if (key == NULL || ret->target == NULL || ret->body == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->body_size = strlen(ret->body);
	ret->method = "POST";
	ret->headers[0] = (struct rent_header){ "Content-Type", "application/json" };
	ret->headers[1] = (struct rent_header){ "Idempotency-Key", key };
	return 0;
}

int dialect_build(const struct rent_payment_op *op, bool resend, struct rent_arena *arena,
                  struct rent_upstream_request *ret, struct rent_error *err)
{
	if (op->kind < RENT_PAY_HOLD || op->kind > RENT_PAY_LOOKUP)
		return rent_fail(err, RENT_EUNSUPPORTED, "there is no operation %d",
		                 (int)op->kind);
	if (!rent_id_valid(op->id))
		return rent_fail(err, RENT_EINVAL,
		                 "the id must be 1 to 64 visible ASCII characters");
	ret->endpoint = wires[op->kind].endpoint;
	if (op->kind == RENT_PAY_LOOKUP)
		return build_lookup(op, arena, ret, err);
	ret->flags = resend ? RENT_RESEND_SAFE : 0;
	return build_post(op, arena, ret, err);
}

/* ---- reply → outcome */
static const char *member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s == NULL ? "" : s;
}

/* The service's word for the trail, in ASCII: a cut in the middle of a character would make
 * a text that a database refuses. */
static void put_note(struct rent_payment_result *ret, const char *text)
{
	(void)rent_copy(ret->note, sizeof(ret->note), text);
	for (char *p = ret->note; *p != '\0'; p++) {
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	}
}

static void declined(const json_t *body, struct rent_payment_result *ret)
{
	const char *word = member(body, "reason");

	ret->outcome = RENT_DECLINED;
	ret->reason = RENT_DECLINE_OTHER;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		if (strcmp(word, reasons[i].text) == 0)
			ret->reason = reasons[i].reason;
	}
	put_note(ret, word[0] == '\0' ? "declined" : word);
}

static void succeeded(const json_t *body, int64_t asked, bool amount_required,
                      struct rent_payment_result *ret)
{
	const json_t *amount = json_object_get(body, "amount");
	int64_t moved = amount == NULL ? asked : json_integer_value(amount);

	if ((amount == NULL ? amount_required : !json_is_integer(amount)) || moved < 1 ||
	    moved > asked) {
		put_note(ret, "success with an amount that cannot be");
		return;
	}
	ret->outcome = RENT_SUCCEEDED;
	ret->processed = moved;
}

static void parse_lookup(const struct rent_payment_op *op, int32_t status,
                         const json_t *body, struct rent_payment_result *ret)
{
	const json_t *found = json_object_get(body, "found");
	const char *state = member(body, "status");
	bool known = op->lookup_of >= RENT_PAY_HOLD && op->lookup_of <= RENT_PAY_REFUND;

	if (status != 200 || !json_is_boolean(found) ||
	    strcmp(member(body, "key"), op->id) != 0) {
		put_note(ret, "the lookup gave no answer");
	} else if (json_is_false(found)) {
		ret->not_found = true;
		put_note(ret, "the service does not know this key");
	} else if (!known ||
	           strcmp(member(body, "kind"), wires[op->lookup_of].kind) != 0) {
		put_note(ret, "the service knows this key as another operation");
	} else if (strcmp(state, "success") == 0) {
		succeeded(body, op->amount, true, ret);
	} else if (strcmp(state, "declined") == 0) {
		declined(body, ret);
	} else if (strcmp(state, "processing") == 0) {
		ret->outcome = RENT_PENDING;
		put_note(ret, "still being processed");
	} else {
		put_note(ret, "the lookup gave a state that is not known");
	}
}

/* Only the service's own words count, whatever the status: a proxy or a gateway answers 400,
 * 402, 404 or 422 too, and its page says neither what became of this try nor of an earlier
 * one. A 503 is the exception: its sender has not let the request through. */
static void parse_post(const struct rent_payment_op *op,
                       const struct rent_upstream_reply *reply, const json_t *body,
                       struct rent_payment_result *ret)
{
	const char *state = member(body, "status");
	bool refers = wires[op->kind].target != NULL;

	if (reply->status >= 200 && reply->status <= 299 &&
	    strcmp(state, "success") == 0) {
		succeeded(body, op->amount, false, ret);
	} else if ((reply->status == 400 || reply->status == 402) &&
	           strcmp(state, "declined") == 0) {
		declined(body, ret);
	} else if (reply->status == 400 && strcmp(state, "error") == 0) {
		ret->outcome = RENT_INVALID;
		put_note(ret, member(body, "reason"));
	} else if (reply->status == 503) {
		ret->outcome = RENT_NOT_EXECUTED;
		put_note(ret, "the service is not available");
	} else if (reply->status == 404 && refers && strcmp(state, "not_found") == 0) {
		declined(body, ret);
		ret->reason = RENT_DECLINE_EXPIRED;
	} else if (reply->status == 409 && strcmp(state, "processing") == 0) {
		ret->outcome = RENT_PENDING;
		put_note(ret, "this key is still being processed");
	} else if (reply->status == 422 && strcmp(state, "error") == 0) {
		ret->outcome = RENT_INVALID;
		put_note(ret, "the key was used with another body");
	} else {
		(void)snprintf(ret->note, sizeof(ret->note),
		               "status %d with an answer that says nothing",
		               (int)reply->status);
	}
}

void dialect_parse(const struct rent_payment_op *op,
                   const struct rent_upstream_reply *reply,
                   struct rent_payment_result *ret)
{
	json_t *body =
		json_loadb(reply->body, reply->body_size, JSON_REJECT_DUPLICATES, NULL);

	if (op->kind == RENT_PAY_LOOKUP)
		parse_lookup(op, reply->status, body, ret);
	else if (op->kind >= RENT_PAY_HOLD && op->kind <= RENT_PAY_REFUND)
		parse_post(op, reply, body, ret);
	json_decref(body);
}
