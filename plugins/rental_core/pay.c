/* SPDX-License-Identifier: MIT
 *
 * pay.c - see pay.h.
 */
#include "pay.h"

#include <rent/crypto.h>
#include <stdlib.h>

#include "action.h"
#include "drive.h"
#include "pay_kept.h"
#include "view.h"

#define TRIES_MAX 5 /* conflicts before the request is refused with a time to come back */

/* ---- deciding */

static bool can_pay_now(const struct rental_work *w)
{
	const struct rent_rental *r = &w->next;

	return r->debt > 0 && r->in_flight == 0 &&
	       r->settlement != RENT_SETTLEMENT_PENDING;
}

/* Its cancel was refused. */
static void ask_again(struct rental_work *w)
{
	const struct work_op *op = work_find_id(w, w->paying.op_id);

	if (op != NULL && work_may_call(w, op))
		work_call(w, op);
}

void pay_next(struct rental_work *w)
{
	struct paying *p = &w->paying;
	struct work_op *op;

	if (p->begun) {
		ask_again(w);
		return;
	}
	if (!can_pay_now(w))
		return;
	p->begun = true;
	op = work_add_op(w, RENT_OP_CHARGE, RENT_FOR_DEBT, w->next.debt, NULL);
	if (op == NULL)
		return;
	if (p->method_ref[0] != '\0')
		rent_copy(op->op.method_ref, sizeof(op->op.method_ref), p->method_ref);
	rent_copy(op->op.return_url, sizeof(op->op.return_url), p->return_url);
	rent_copy(op->op.request_key, sizeof(op->op.request_key), p->key);
	rent_copy(p->op_id, sizeof(p->op_id), op->op.id);
	work_call(w, op);
}

/* ---- the request */

#define KEY_DIGITS  40
#define SAID_DIGITS 16

struct payment {
	struct core *core;
	const struct rent_pay_request *req;
	struct params params;
	const char *method_ref, *return_url;
	/* request_key: of the key, a dash, and of what else was said. */
	char key[KEY_DIGITS + 1 + SAID_DIGITS + 1];
	/* The operation under this key. */
	struct rent_op op;
	bool found;
	/* When it is worth asking again. */
	int64_t later;
};

static const char *text_of(const char *text)
{
	return text == NULL ? "" : text;
}

static const char *request_id_of(const struct rent_pay_request *req)
{
	return req->actor == NULL ? "" : text_of(req->actor->request_id);
}

/* So many digits of the hash of a text; false: there is none. */
static bool put_hash(struct payment *p, const char *text, size_t digits, char *ret)
{
	unsigned char hash[RENT_SHA256_SIZE];

	if (text == NULL)
		return false;
	p->core->host->crypto->sha256(text, strlen(text), hash);
	rent_hex(hash, digits / 2, ret);
	return true;
}

/* The key of one caller for one rental. Parts are preceded by their lengths, so that no others give
 * the same text. */
static int make_key(struct payment *p, struct rent_error *err)
{
	const struct rent_pay_request *req = p->req;
	const char *caller = text_of(req->caller);
	const char *key =
		rent_printf(req->arena, "%zu %s %zu %s %s", strlen(caller), caller,
	                    strlen(req->order_id), req->order_id, req->key);
	const char *said = rent_printf(req->arena, "%zu %s %s", strlen(p->method_ref),
	                               p->method_ref, p->return_url);

	if (!put_hash(p, key, KEY_DIGITS, p->key) ||
	    !put_hash(p, said, SAID_DIGITS, p->key + KEY_DIGITS + 1))
		return rent_fail(err, RENT_ENOMEM, "no memory for a payment");
	p->key[KEY_DIGITS] = '-';
	return 0;
}

static int find_op(void *arg, const struct rent_op *op)
{
	struct payment *p = arg;

	if (strncmp(op->request_key, p->key, KEY_DIGITS) != 0 ||
	    op->request_key[KEY_DIGITS] != '-')
		return 0;
	rent_adopt(&p->op, sizeof(p->op), op, op->struct_size);
	p->found = true;
	return 0;
}

/* Read after the rental: whoever begins an operation raises its version, so that one that is not
 * found here is not there when a change of that version is let through. */
static int find_payment(struct payment *p, struct rent_error *err)
{
	const struct rent_storage *store = p->core->store;
	int code;

	p->found = false;
	if (store->op_requested != NULL) {
		p->key[KEY_DIGITS] = '\0';
		code = store->op_requested(p->core->store_self, p->key, find_op, p, err);
		p->key[KEY_DIGITS] = '-';
		return code < 0 ? code : 0;
	}
	return p->core->store->rental_trail(p->core->store_self, p->req->order_id,
	                                    find_op, p, err);
}

/* ---- answers */

static int answer(struct rent_pay_reply *ret, enum rent_verdict verdict, int64_t retry_us,
                  const char *detail)
{
	ret->verdict = verdict;
	ret->retry_after_us = retry_us;
	rent_copy(ret->detail, sizeof(ret->detail), detail);
	return 0;
}

static int answer_json(struct payment *p, struct rent_pay_reply *ret,
                       enum rent_verdict verdict, json_t *json, struct rent_error *err)
{
	char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);

	json_decref(json);
	ret->json = text == NULL ? NULL : rent_strdup(p->req->arena, text);
	free(text);
	if (ret->json == NULL)
		return rent_fail(err, RENT_ENOMEM,
		                 "no memory for the answer of a payment");
	return answer(ret, verdict, p->later, "");
}

static int answer_paid(struct payment *p, struct rent_pay_reply *ret, int64_t amount,
                       struct rent_error *err)
{
	return answer_json(p, ret, RENT_DONE,
	                   json_pack("{s:s, s:I}", "order_id", p->req->order_id, "paid",
	                             (json_int_t)amount),
	                   err);
}

static int answer_action(struct payment *p, struct rent_pay_reply *ret,
                         const struct rent_op *op, struct rent_error *err)
{
	return answer_json(p, ret, RENT_ACTION_NEEDED,
	                   json_pack("{s:s, s:i, s:o}", "order_id", p->req->order_id,
	                             "paid", 0, "action", action_json(&p->params, op)),
	                   err);
}

static const char *why_declined(const struct rent_op *op)
{
	if (strcmp(op->result, NOT_CONFIRMED) == 0)
		return "the payment was not confirmed in time, and nothing was taken; try again "
		       "with a new key";
	return "the payment was declined, and nothing was taken; try again with another payment "
	       "method and a new key";
}

/* What the operation under the key says. */
static int answer_op(struct payment *p, struct rent_pay_reply *ret,
                     const struct rent_op *op, struct rent_error *err)
{
	int64_t later = p->later;

	switch (op->state) {
	case RENT_OP_SUCCEEDED:
		return answer_paid(p, ret, op->processed, err);
	case RENT_OP_DECLINED:
		return answer(ret, RENT_PAYMENT_DECLINED, 0, why_declined(op));
	case RENT_OP_NOT_EXECUTED:
		return answer(ret, RENT_PAYMENT_UNAVAILABLE, later,
		              "the payment service cannot be reached, and nothing was "
		              "taken; try again later with a new key");
	case RENT_OP_PENDING:
	case RENT_OP_UNKNOWN:
		if (op->action != RENT_ACTION_NONE && !action_was_refused(op))
			return answer_action(p, ret, op, err);
		break;
	case RENT_OP_INTENT:
	case RENT_OP_MANUAL:
	case RENT_OP_STATE_NONE:
		break;
	}
	return answer(
		ret, RENT_IN_DOUBT, later,
		"the payment is under way, and its outcome is not known yet; repeat the "
		"request with the same key");
}

/* ---- a key that was used before */

/* Finds out what became of it, as recovery would, unless somebody is about it. However often he
 * repeats his request, the provider is not asked before the time for it has come. */
static void drive_on(struct payment *p, struct rental_work *w)
{
	if (!rent_op_is_open(p->op.state) || work_lease_is_live(&w->r))
		return;
	if (w->r.work_at > w->r.now) {
		p->later = w->r.work_at - w->r.now;
		return;
	}
	w->goal = GOAL_RECOVER;
	drive(p->core, &w, 1, NULL);
}

static int repeat(struct payment *p, struct rental_work *w, struct rent_pay_reply *ret,
                  struct rent_error *err)
{
	int code;

	if (strcmp(p->op.request_key, p->key) != 0)
		return answer(ret, RENT_KEY_MISMATCH, 0, "");
	drive_on(p, w);
	code = find_payment(p, err);
	if (code != 0)
		return code < 0 ? code : RENT_EFAIL;
	ret->replayed = !rent_op_is_open(p->op.state) && p->op.state != RENT_OP_MANUAL;
	return answer_op(p, ret, &p->op, err);
}

/* ---- a new key */

static int answer_not_now(struct payment *p, const struct rental_work *w,
                          struct rent_pay_reply *ret, struct rent_error *err)
{
	const struct work_op *asked = action_awaited(w);

	if (asked != NULL) /* he was asked already, under another key */
		return answer_action(p, ret, &asked->op, err);
	return answer(ret, RENT_PAYMENT_RUNNING, RENT_SECOND, "");
}

static const struct work_op *begun_op(const struct rental_work *w)
{
	for (size_t i = 0; i < w->op_count && w->paying.op_id[0] != '\0'; i++) {
		const struct work_op *op = &w->ops[i];

		if (!op->unrecorded && strcmp(op->op.id, w->paying.op_id) == 0)
			return op;
	}
	return NULL;
}

/* 1: others were faster; the key must be looked for again. */
static int begin(struct payment *p, struct rental_work *w, struct rent_pay_reply *ret,
                 struct rent_error *err)
{
	const struct work_op *op;

	if (w->r.status == RENT_STATUS_PENDING || w->r.status == RENT_STATUS_FAILED)
		return answer(ret, RENT_NOT_PAYABLE, 0, "");
	if (w->r.debt == 0)
		return answer_paid(p, ret, 0, err);
	if (w->r.debt < w->caps->min_charge)
		return answer(ret, RENT_NOT_PAYABLE, 0,
		              "what is owed is less than the payment service takes");
	w->next = w->r;
	if (!can_pay_now(w) || work_lease_is_live(&w->r))
		return answer_not_now(p, w, ret, err);
	w->paying = (struct paying){ .key = p->key,
		                     .method_ref = p->method_ref,
		                     .return_url = p->return_url };
	drive(p->core, &w, 1, NULL);
	op = begun_op(w);
	if (op != NULL)
		return answer_op(p, ret, &op->op, err);
	return w->error != 0 ? rent_fail(err, w->error, "a payment could not be recorded")
	                     : 1;
}

/* If it finds nothing owed, another host may have charged under this key since it was looked for. */
static int begin_new(struct payment *p, struct rental_work *w, struct rent_pay_reply *ret,
                     struct rent_error *err)
{
	int code = begin(p, w, ret, err);

	if (code != 0 || !pay_kept_is_nothing(ret))
		return code;
	code = find_payment(p, err);
	return code == 0 && p->found ? 1 : code;
}

static int find_or_begin(struct payment *p, struct rental_work *w,
                         struct rent_pay_reply *ret, struct rent_error *err)
{
	char key[KEY_DIGITS + 1];
	const struct pay_key kept = { .key = key,
		                      .said = p->key + KEY_DIGITS + 1,
		                      .order_id = p->req->order_id,
		                      .request_id = request_id_of(p->req),
		                      .arena = p->req->arena };
	bool is_kept;
	int code;

	(void)snprintf(key, sizeof(key), "%.*s", KEY_DIGITS, p->key);
	p->found = false;
	code = pay_kept_find(p->core, &kept, ret, err);
	is_kept = code == 0;
	if (code == 1 || (is_kept && pay_kept_is_nothing(ret)))
		code = find_payment(p, err);
	if (code < 0 || (is_kept && !p->found)) {
		ret->retry_after_us = p->later;
		return code;
	}
	if (code == 0)
		code = p->found ? repeat(p, w, ret, err) : begin_new(p, w, ret, err);
	return code == 0 ? pay_kept_put(p->core, &kept, ret, err) : code;
}

static int pay_once(struct payment *p, struct rent_pay_reply *ret, struct rent_error *err)
{
	struct rent_view view = { .struct_size = sizeof(view) };
	struct rental_work w;
	int code;

	work_init(&w, p->core, &p->params, &p->core->payment.caps, GOAL_PAY);
	w.actor = p->req->actor;
	code = view_read(p->core, p->req->order_id, &w, &view, err);
	if (code == 0 && w.r.broken[0] != '\0')
		code = rent_fail(err, RENT_ECORRUPT,
		                 "rental '%s' is set aside, no money moves: %s", w.r.id,
		                 w.r.broken);
	if (code == 0) {
		code = find_or_begin(p, &w, ret, err);
	} else if (code > 0) {
		code = answer(ret, RENT_NO_RENTAL, 0, "");
	}
	work_done(&w);
	return code;
}

int pay_rental(void *self, const struct rent_pay_request *theirs,
               struct rent_pay_reply *ret, struct rent_error *err)
{
	struct core *core = self;
	struct rent_pay_request req;
	struct payment p = { .core = core,
		             .req = &req,
		             .params = core_params(core),
		             .op.struct_size = sizeof(p.op) };
	int code;

	rent_adopt(&req, sizeof(req), theirs, theirs->struct_size);
	p.method_ref = text_of(req.payment_method);
	p.return_url = text_of(req.return_url);
	code = make_key(&p, err);
	if (code != 0)
		return code;
	p.later = p.params.resolve_base;
	for (int i = 0; i < TRIES_MAX; i++) {
		code = pay_once(&p, ret, err);
		if (code != 1)
			return code;
	}
	return answer(ret, RENT_PAYMENT_RUNNING, RENT_SECOND, "");
}
