/* SPDX-License-Identifier: MIT
 *
 * stubs/bank.c - owns the accounts and the rules of the money. The record of what happened
 * is the book's.
 */
#include "bank.h"

#include <stdlib.h>

/* Kinds that refer to an earlier operation. */
static bool kind_has_target(enum kind kind)
{
	return kind == KIND_CAPTURE || kind == KIND_RELEASE || kind == KIND_REFUND;
}

static struct account *account_add(struct bank *b, const struct city_user *info,
                                   const char *id)
{
	struct account *a;

	if (b->n == BANK_ACCOUNTS_MAX)
		return NULL;
	if (b->n == b->cap) {
		size_t cap = b->cap == 0 ? 64 : b->cap * 2;
		struct account **bigger =
			realloc(b->accounts, cap * sizeof(struct account *));

		if (bigger == NULL)
			return NULL;
		b->accounts = bigger;
		b->cap = cap;
	}
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return NULL;
	a->info = info;
	(void)rent_copy(a->id, sizeof(a->id), id);
	if (map_put(&b->by_id, a->id, a) < 0) {
		free(a);
		return NULL;
	}
	b->accounts[b->n++] = a;
	return a;
}

int bank_init(struct bank *bank, const struct city *city)
{
	for (size_t i = 0; i < city->user_count; i++) {
		if (account_add(bank, &city->users[i], city->users[i].id) == NULL)
			return RENT_ENOMEM;
	}
	return 0;
}

void bank_done(struct bank *bank)
{
	for (size_t i = 0; i < bank->n; i++)
		free(bank->accounts[i]);
	free(bank->accounts);
	map_done(&bank->by_id);
	*bank = (struct bank){ 0 };
}

int bank_decline(struct bank *bank, const struct city *city, const char *user_id,
                 bool declined)
{
	struct account *a = map_get(&bank->by_id, user_id);

	if (a == NULL && strlen(user_id) <= RENT_ID_MAX)
		a = account_add(bank, &city->any_user, user_id);
	if (a == NULL)
		return RENT_EFULL;
	a->declined = declined;
	return 0;
}

void bank_decline_nobody(struct bank *bank)
{
	for (size_t i = 0; i < bank->n; i++)
		bank->accounts[i]->declined = false;
}

void bank_reset(struct bank *bank)
{
	for (size_t i = 0; i < bank->n; i++)
		bank->accounts[i]->reserved = bank->accounts[i]->spent = 0;
}

/* The entry that the operation refers to, or NULL with the reason for refusing it. */
static struct entry *bank_target(const struct book *book, const struct order *o,
                                 const char **reason)
{
	struct entry *t = book_find(book, KIND_CHARGE, o->target);
	bool refund = o->kind == KIND_REFUND;

	if (t == NULL || t->seq == 0 || strcmp(t->o.user_id, o->user_id) != 0 ||
	    (refund ? t->o.kind != KIND_CHARGE && t->o.kind != KIND_CAPTURE
	            : t->o.kind != KIND_HOLD)) {
		*reason = refund ? "no_such_charge" : "no_such_hold";
		return NULL;
	}
	if (t->left == 0)
		*reason = refund ? "already_refunded" : "hold_used_up";
	return t;
}

/* Why the account cannot give the amount; NULL: it can. */
static const char *account_refuses(const struct account *a, int64_t amount)
{
	int64_t left;

	if (a == NULL)
		return NULL;
	if (a->declined)
		return "account_blocked";
	if (a->info->limit >= 0 && amount > a->info->limit)
		return "limit_exceeded";
	left = a->info->balance - a->spent - a->reserved;
	return a->info->balance >= 0 && amount > left ? "insufficient_funds" : NULL;
}

/* Moves the money that the entry says has moved. */
static void bank_move(struct bank *bank, struct entry *e, struct entry *target)
{
	struct account *a = map_get(&bank->by_id, e->o.user_id);
	int64_t reserved = 0, spent = 0;

	if (target != NULL)
		target->left -= e->amount;
	if (!kind_has_target(e->o.kind) || e->o.kind == KIND_CAPTURE)
		e->left = e->amount;
	if (e->o.kind == KIND_HOLD)
		reserved = e->amount;
	else if (e->o.kind == KIND_RELEASE || e->o.kind == KIND_CAPTURE)
		reserved = -e->amount;
	if (e->o.kind == KIND_CHARGE || e->o.kind == KIND_CAPTURE)
		spent = e->amount;
	else if (e->o.kind == KIND_REFUND)
		spent = -e->amount;
	/* money without end is not counted: its sums could overflow */
	if (a != NULL && a->info->balance >= 0) {
		a->reserved += reserved;
		a->spent += spent;
	}
}

int bank_apply(struct bank *bank, struct book *book, const struct order *o,
               int64_t processed_percent, int64_t now, struct entry **ret)
{
	struct entry *target = NULL;
	const char *reason = NULL;
	int64_t amount = o->asked;
	int r;

	if (processed_percent < 100)
		amount = amount / 100 * processed_percent +
		         amount % 100 * processed_percent / 100;
	amount = amount < 1 ? 1 : amount;
	if (kind_has_target(o->kind)) {
		target = bank_target(book, o, &reason);
		if (target != NULL && amount > target->left)
			amount = target->left;
		/* a release or a refund is never held back by an empty account */
		if (reason == NULL && o->kind == KIND_CAPTURE) {
			const struct account *a = map_get(&bank->by_id, o->user_id);

			reason = a != NULL && a->declined ? "account_blocked" : NULL;
		}
	} else {
		reason = account_refuses(map_get(&bank->by_id, o->user_id), amount);
	}
	r = book_add(book, o, reason == NULL ? amount : 0, reason, now, ret);
	if (r == 0 && reason == NULL)
		bank_move(bank, *ret, target);
	return r;
}

int bank_replay(struct bank *bank, const struct book *book, struct entry *e)
{
	struct entry *target = NULL;

	if (kind_has_target(e->o.kind)) {
		target = book_find(book, KIND_CHARGE, e->o.target);
		if (target == NULL || target->left < e->amount)
			return RENT_ECORRUPT;
	}
	bank_move(bank, e, target);
	return 0;
}
