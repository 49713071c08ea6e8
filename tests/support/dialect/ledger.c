/* SPDX-License-Identifier: MIT
 *
 * tests/support/dialect/ledger.c - the rules of the made-up provider.
 */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WEEK (INT64_C(7) * 24 * 3600)

static void put(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from);
}

void ledger_done(struct ledger *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->ops[i].form);
	free(l->ops);
	*l = (struct ledger){ 0 };
}

static struct ledger_op *find_ref(const struct ledger *l, const char *client_ref)
{
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->ops[i].client_ref, client_ref) == 0)
			return &l->ops[i];
	}
	return NULL;
}

static size_t find_id(const struct ledger *l, const char *id, size_t n)
{
	for (size_t i = 0; i < l->n; i++) {
		if (strlen(l->ops[i].id) == n && strncmp(l->ops[i].id, id, n) == 0)
			return i + 1;
	}
	return 0;
}

static json_t *op_json(const struct ledger_op *op)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:I}", "id", op->id, "client_ref",
	                      op->client_ref, "type", op->type, "state", op->state,
	                      "amount_minor", (json_int_t)op->amount);

	if (op->failure != NULL)
		(void)json_object_set_new(o, "failure", json_string(op->failure));
	if (strcmp(op->type, "authorize") == 0)
		(void)json_object_set_new(o, "expires_at",
		                          json_integer((json_int_t)time(NULL) + WEEK));
	return o;
}

static json_t *error_json(const char *word)
{
	return json_pack("{s:s}", "error", word);
}

static struct ledger_op *op_add(struct ledger *l, const char *type, const char *key,
                                const char *form)
{
	struct ledger_op *op;

	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 64 : l->cap * 2;
		struct ledger_op *bigger = realloc(l->ops, cap * sizeof(*bigger));

		if (bigger == NULL)
			abort();
		l->ops = bigger;
		l->cap = cap;
	}
	op = &l->ops[l->n++];
	*op = (struct ledger_op){ .type = type, .status = 201 };
	(void)snprintf(op->id, sizeof(op->id), "acme_%06zu", l->n);
	put(op->client_ref, sizeof(op->client_ref), key);
	op->form = strdup(form);
	return op;
}

static void op_fail(struct ledger_op *op, const char *why)
{
	op->state = "failed";
	op->failure = why;
	op->amount = op->left = 0;
	op->status = 402;
}

static void do_payment(struct ledger_op *op, const struct form *form)
{
	bool sale = strcmp(op->type, "sale") == 0;

	put(op->customer, sizeof(op->customer), form_get(form, "customer"));
	put(op->order, sizeof(op->order), form_get(form, "order"));
	op->asked = op->amount = op->left = form_amount(form, "amount_minor");
	op->state = sale ? "captured" : "authorized";
	if (strncmp(op->customer, "poor", 4) == 0) {
		op_fail(op, "insufficient_funds");
	} else if (strncmp(op->customer, "slow", 4) == 0) {
		op->state = "processing";
		op->status = 202;
	}
}

/* Capture, void and refund: take from what is left of `of`. */
static void do_part(struct ledger_op *op, struct ledger_op *of, int64_t amount,
                    const char *state)
{
	put(op->customer, sizeof(op->customer), of->customer);
	put(op->order, sizeof(op->order), of->order);
	op->asked = amount;
	if (amount < 1 || amount > of->left || strcmp(of->state, "processing") == 0) {
		op_fail(op, "authorization_gone");
		return;
	}
	op->amount = op->left = amount;
	op->state = state;
	of->left -= amount;
}

/* The id within "/v2/payments/{id}/what". */
static size_t path_target(const struct ledger *l, const char *path, const char *what)
{
	static const char prefix[] = "/v2/payments/";
	const char *id = path + sizeof(prefix) - 1, *slash;

	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	slash = strchr(id, '/');
	return slash == NULL || strcmp(slash + 1, what) != 0
	               ? 0
	               : find_id(l, id, (size_t)(slash - id));
}

static struct ledger_op *do_post(struct ledger *l, const char *path, const char *key,
                                 const struct form *form, const char *text)
{
	const char *intent = form_get(form, "intent"), *of_id = form_get(form, "of");
	struct ledger_op *op = NULL;
	size_t of = 0;

	if (strcmp(path, "/v2/payments") == 0) {
		if (strcmp(intent, "sale") != 0 && strcmp(intent, "authorize") != 0)
			return NULL;
		op = op_add(l, strcmp(intent, "sale") == 0 ? "sale" : "authorize", key,
		            text);
		do_payment(op, form);
	} else if ((of = path_target(l, path, "captures")) > 0) {
		op = op_add(l, "capture", key, text);
		do_part(op, &l->ops[of - 1], form_amount(form, "amount_minor"),
		        "captured");
		/* the last capture gives the rest back */
		if (op->status == 201 && strcmp(form_get(form, "final"), "yes") == 0) {
			op->given_back = l->ops[of - 1].left;
			l->ops[of - 1].left = 0;
		}
	} else if ((of = path_target(l, path, "void")) > 0) {
		op = op_add(l, "void", key, text);
		do_part(op, &l->ops[of - 1], l->ops[of - 1].left, "voided");
	} else if (strcmp(path, "/v2/refunds") == 0 &&
	           (of = find_id(l, of_id, strlen(of_id))) > 0) {
		op = op_add(l, "refund", key, text);
		do_part(op, &l->ops[of - 1], form_amount(form, "amount_minor"),
		        "refunded");
	}
	if (op != NULL)
		op->of = of;
	return op;
}

int ledger_post(struct ledger *l, const char *path, const char *key,
                const char *form_text, json_t **ret_body)
{
	struct ledger_op *op = find_ref(l, key);
	struct form form;
	char *text;

	if (op != NULL) {
		bool same = strcmp(op->form, form_text) == 0;

		*ret_body = same ? op_json(op) : error_json("idempotency_mismatch");
		return same ? op->status : 422;
	}
	text = strdup(form_text);
	if (text != NULL && form_parse(&form, text) &&
	    strcmp(form_get(&form, "client_ref"), key) == 0)
		op = do_post(l, path, key, &form, form_text);
	free(text);
	*ret_body = op == NULL ? error_json("malformed") : op_json(op);
	return op == NULL ? 400 : op->status;
}

json_t *ledger_list(struct ledger *l, const char *client_ref)
{
	struct ledger_op *op = find_ref(l, client_ref);
	json_t *items = json_array();

	if (op != NULL && strcmp(op->state, "processing") == 0) {
		op->state = strcmp(op->type, "sale") == 0 ? "captured" : "authorized";
		op->status = 201;
	}
	if (op != NULL)
		(void)json_array_append_new(items, op_json(op));
	return json_pack("{s:o}", "items", items);
}

json_t *ledger_book(const struct ledger *l)
{
	json_t *all = json_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct ledger_op *op = &l->ops[i];
		json_t *o = op_json(op);

		(void)json_object_set_new(o, "given_back_minor",
		                          json_integer((json_int_t)op->given_back));
		(void)json_object_set_new(o, "customer", json_string(op->customer));
		(void)json_object_set_new(o, "order", json_string(op->order));
		(void)json_object_set_new(
			o, "of", json_string(op->of == 0 ? "" : l->ops[op->of - 1].id));
		(void)json_array_append_new(all, o);
	}
	return json_pack("{s:o}", "operations", all);
}
