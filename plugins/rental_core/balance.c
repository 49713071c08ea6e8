/* SPDX-License-Identifier: MIT
 *
 * balance.c - see balance.h. Storage adds up what is booked. Live rentals are read one by one,
 * because their cost still grows, and those not settled yet, because not all of it is booked.
 */
#include "balance.h"

#include "core.h"

/* The sums and these rentals are two reads. If money moved between them, both are made again,
 * at most so often. */
#define READS 3

/* Rentals of a user, a page at a time. */
struct pages {
	struct params params;
	struct rent_list_query query; /* of the next page */
	char last_id[RENT_ID_SIZE];
	uint32_t rows;
	struct rent_balance sums;
	int64_t booked; /* of accrued: paid, owed or in flight */
	bool unsettled; /* only those that are not settled are added, … */
	int64_t wanted; /* … so many */
};

static int add_rental(void *arg, const struct rent_rental *row,
                      const struct rent_op *const *ops, size_t n)
{
	struct pages *pages = arg;
	struct rent_balance *sums = &pages->sums;
	struct rent_rental r;

	(void)ops;
	(void)n;
	rent_adopt(&r, sizeof(r), row, row->struct_size);
	pages->query.before_created_at = r.created_at;
	(void)rent_copy(pages->last_id, sizeof(pages->last_id), r.id);
	pages->rows++;
	if (pages->unsettled && r.settlement != RENT_SETTLEMENT_PENDING)
		return 0;
	pages->wanted -= pages->unsettled;
	sums->rentals++;
	sums->live += r.status == RENT_STATUS_PENDING || r.status == RENT_STATUS_ACTIVE;
	sums->accrued += cost_at(&pages->params, &r, r.now);
	sums->paid += r.paid;
	sums->debt += r.debt;
	sums->in_flight += rent_in_flight(&r);
	pages->booked += exposure_of(&r);
	return 0;
}

/* Adds up the rentals with this status; RENT_STATUS_NONE: all. */
static int add_pages(struct core *core, struct pages *pages, enum rent_status status,
                     struct rent_error *err)
{
	int code;

	pages->query.status = status;
	pages->query.before_created_at = 0;
	pages->query.before_id = pages->last_id;
	pages->last_id[0] = '\0';
	do {
		pages->rows = 0;
		code = core->store->rental_list(core->store_self, &pages->query,
		                                add_rental, pages, err);
	} while (code == 0 && pages->rows == pages->query.limit &&
	         !(pages->unsettled && pages->wanted <= 0));
	return code;
}

static struct pages pages_of(struct core *core, const char *user_id)
{
	return (struct pages){
		.params = core_params(core),
		.query = { .struct_size = sizeof(struct rent_list_query),
		           .user_id = user_id,
		           .limit = RENT_SCAN_MAX },
	};
}

/* The amount they accrued beyond what is booked for them; negative where a deposit was taken in
 * advance. */
static int read_unbooked(struct core *core, const char *user_id,
                         const struct rent_user_sums *sums, int64_t *ret,
                         struct rent_error *err)
{
	static const struct {
		enum rent_status status;
		bool unsettled;
	} read[] = { { RENT_STATUS_ACTIVE, false },
		     { RENT_STATUS_PENDING, false },
		     { RENT_STATUS_FINISHED, true },
		     { RENT_STATUS_BUYOUT, true } };
	struct pages pages = pages_of(core, user_id);
	int code = 0;

	pages.wanted = sums->unsettled;
	for (size_t i = 0; i < sizeof(read) / sizeof(*read) && code == 0; i++) {
		pages.unsettled = read[i].unsettled;
		if (pages.unsettled ? pages.wanted > 0 : sums->live > 0)
			code = add_pages(core, &pages, read[i].status, err);
	}
	*ret = pages.sums.accrued - pages.booked;
	return code;
}

static int read_sums(struct core *core, const char *user_id, struct rent_user_sums *ret,
                     struct rent_error *err)
{
	*ret = (struct rent_user_sums){ .struct_size = sizeof(*ret) };
	return core->store->user_sums(core->store_self, user_id, ret, err);
}

static bool same_sums(const struct rent_user_sums *a, const struct rent_user_sums *b)
{
	return a->rentals == b->rentals && a->live == b->live && a->paid == b->paid &&
	       a->debt == b->debt && a->in_flight == b->in_flight &&
	       a->in_flight_debt == b->in_flight_debt && a->in_doubt == b->in_doubt &&
	       a->unsettled == b->unsettled;
}

static int balance_by_sums(struct core *core, const char *user_id,
                           struct rent_balance *ret, struct rent_error *err)
{
	struct rent_user_sums sums, before;
	int64_t unbooked = 0;
	int code = read_sums(core, user_id, &sums, err);

	for (int i = 0; code == 0 && sums.live + sums.unsettled > 0 && i < READS; i++) {
		before = sums;
		code = read_unbooked(core, user_id, &sums, &unbooked, err);
		if (code == 0)
			code = read_sums(core, user_id, &sums, err);
		if (code == 0 && same_sums(&before, &sums))
			break;
	}
	if (code != 0)
		return code;
	ret->rentals = sums.rentals;
	ret->live = sums.live;
	ret->paid = sums.paid;
	ret->debt = sums.debt;
	ret->in_flight = sums.in_flight - sums.in_flight_debt + sums.in_doubt;
	ret->accrued = ret->paid + ret->debt + ret->in_flight +
	               (sums.live + sums.unsettled > 0 ? unbooked : 0);
	return 0;
}

/* For a storage that does not add up. */
static int balance_by_pages(struct core *core, const char *user_id,
                            struct rent_balance *ret, struct rent_error *err)
{
	struct pages pages = pages_of(core, user_id);
	int code = add_pages(core, &pages, RENT_STATUS_NONE, err);

	pages.sums.struct_size = ret->struct_size;
	if (code == 0)
		rent_adopt(ret, ret->struct_size, &pages.sums, sizeof(pages.sums));
	return code;
}

int balance_read(void *self, const char *user_id, struct rent_balance *ret,
                 struct rent_error *err)
{
	struct core *core = self;

	return core->store->user_sums == NULL ? balance_by_pages(core, user_id, ret, err)
	                                      : balance_by_sums(core, user_id, ret, err);
}
