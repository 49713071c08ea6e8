/* SPDX-License-Identifier: MIT
 *
 * audit.c - audit_scan: a rental beside the sums of its single rows, a page in one
 * statement and so in one snapshot. It judges nothing; the invariants are rental_core's.
 */
#include "store.h"

#include "row.h"

/* Columns of SQL_AUDIT_PAGE behind those of the rental, and where they go. */
static const size_t members[] = {
	offsetof(struct rent_audit_row, attempts_taken),
	offsetof(struct rent_audit_row, charged),
	offsetof(struct rent_audit_row, refunded),
	offsetof(struct rent_audit_row, refunding),
	offsetof(struct rent_audit_row, journal_debt),
	offsetof(struct rent_audit_row, open_takes),
	offsetof(struct rent_audit_row, holds),
	offsetof(struct rent_audit_row, held),
	offsetof(struct rent_audit_row, hold_used),
	offsetof(struct rent_audit_row, captured),
	offsetof(struct rent_audit_row, released),
	offsetof(struct rent_audit_row, hold_expires_at),
	offsetof(struct rent_audit_row, overused),
	offsetof(struct rent_audit_row, ejects),
	offsetof(struct rent_audit_row, manual),
	offsetof(struct rent_audit_row, oldest_open_at),
	offsetof(struct rent_audit_row, same_quote),
	offsetof(struct rent_audit_row, same_powerbank_live),
	offsetof(struct rent_audit_row, keys),
	offsetof(struct rent_audit_row, resolved),
	offsetof(struct rent_audit_row, resolved_otherwise),
	offsetof(struct rent_audit_row, settle_takes),
};

static int show_row(const PGresult *res, int row, rent_audit_fn fn, void *arg)
{
	struct rent_rental rental;
	struct rent_audit_row a = { .struct_size = sizeof(a), .rental = &rental };

	row_rental(res, row, &rental);
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		int64_t v = row_int(res, row, ROW_RENTAL_COLUMNS + (int)i);

		memcpy((char *)&a + members[i], &v, sizeof(v));
	}
	return fn(arg, &a);
}

int store_audit_scan(void *self, const char *after_id, uint32_t limit, rent_audit_fn fn,
                     void *arg, struct rent_error *err)
{
	struct store *store = self;
	int64_t since = store_enter(store);
	struct store_page page = { after_id, limit };
	PGresult *res;
	int code = readers_query(store->readers, SQL_AUDIT_PAGE, store_fill_page, &page,
	                         &res, err);

	if (code != 0)
		return store_leave(store, CALL_AUDIT_SCAN, since, code);
	for (int row = 0; code == 0 && row < PQntuples(res); row++)
		code = show_row(res, row, fn, arg);
	PQclear(res);
	return store_leave(store, CALL_AUDIT_SCAN, since, code);
}
