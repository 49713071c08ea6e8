/* SPDX-License-Identifier: MIT
 *
 * reconcile_outside.c - see reconcile_outside.h.
 */
#include "reconcile_outside.h"

struct by_hand {
	const char *op_id, *ref;
	/* The first refund of it that the book shows: what was recorded before is another's. */
	int64_t since;
	int64_t recorded;
	/* Recorded with the refund's own reference. */
	bool named;
};

static int add_recorded(void *arg, const struct rent_outside *outside)
{
	struct by_hand *sum = arg;

	if (outside->kind != RENT_OUTSIDE_REFUND ||
	    strcmp(outside->op_id, sum->op_id) != 0)
		return 0;
	sum->named |= sum->ref[0] != '\0' && strcmp(outside->note, sum->ref) == 0;
	if (outside->created_at >= sum->since)
		sum->recorded += outside->amount;
	return 0;
}

/* All that their book has of it, and ours does not have as an operation; and since when. */
static int64_t refunded_by_hand(const struct provider_book *book, const char *target_ref,
                                int64_t *ret_since)
{
	int64_t sum = 0, since = INT64_MAX;

	for (size_t i = 0; i < book->n; i++) {
		const struct book_entry *e = &book->entries[i];

		if (!e->known && e->kind == RENT_PAY_REFUND &&
		    e->outcome == RENT_SUCCEEDED &&
		    strcmp(e->target_ref, target_ref) == 0) {
			sum += e->amount;
			since = e->at < since ? e->at : since;
		}
	}
	*ret_since = since < CLOCKS_APART ? 0 : since - CLOCKS_APART;
	return sum;
}

int reconcile_outside(struct core *core, const struct provider_book *book,
                      const struct book_entry *e, struct findings *f,
                      struct rent_op *ret_taken, struct rent_error *err)
{
	const struct rent_storage *store = core->store;
	struct by_hand sum = { .op_id = ret_taken->id, .ref = e->ref };
	int64_t by_hand = refunded_by_hand(book, e->target_ref, &sum.since);
	struct finding *finding;
	bool recorded;
	int code;

	if (e->kind != RENT_PAY_REFUND || e->outcome != RENT_SUCCEEDED ||
	    e->target_ref[0] == '\0' || store->op_taken == NULL ||
	    store->outside_list == NULL)
		return 1;
	code = store->op_taken(core->store_self, e->target_ref, core_copy_op, ret_taken,
	                       err);
	if (code == 0)
		code = store->outside_list(core->store_self, ret_taken->rental_id,
		                           add_recorded, &sum, err);
	if (code != 0)
		return code;
	recorded = sum.named || sum.recorded >= by_hand;
	finding = findings_add(
		findings_none(f),
		&book_findings[recorded ? BOOK_OUTSIDE : BOOK_OUTSIDE_UNKNOWN],
		"a refund of %" PRId64
		" was made at the provider by hand, reference %s%s",
		e->amount, e->ref, recorded ? "" : ", and is not recorded here");
	rent_copy(finding->op_id, sizeof(finding->op_id), ret_taken->id);
	finding_count(finding, recorded ? e->amount : 0, e->amount);
	finding->since = e->at;
	return 0;
}
