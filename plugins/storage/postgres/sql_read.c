/* SPDX-License-Identifier: MIT
 *
 * sql_read.c - the texts of the statements that read, and what is asked of both halves.
 */
#include "sql.h"

#include <stddef.h>

/* clang-format off */
#define NUMBER_(n) #n
#define NUMBER(n)  NUMBER_(n)

#define PAGE "SELECT " SQL_RENTAL " FROM rentals r " SQL_DEBT_OF SQL_SUMS_OF

#define LIST_WHERE                                                  \
	"WHERE (r.created_at, r.id) < ($1::timestamptz, $2::text) " \
	"AND ($3::text IS NULL OR r.status = $3::text) "
#define LIST_ORDER "ORDER BY r.created_at DESC, r.id DESC LIMIT $4::bigint"

/* The rows of a page are picked first: what is looked up for each then is looked up for no
 * row more. */
static const char audit_text[] =
	"SELECT " SQL_RENTAL ", a.taken, coalesce(o.charged, 0)::bigint, "
	"coalesce(o.refunded, 0)::bigint, coalesce(o.refunding, 0)::bigint, "
	"j.debt, o.open_takes, o.holds, coalesce(o.held, 0)::bigint, "
	"coalesce(o.hold_used, 0)::bigint, coalesce(o.captured, 0)::bigint, "
	"coalesce(o.released, 0)::bigint, coalesce(o.hold_expires_at, 0), o.overused, "
	"o.ejects, o.manual, coalesce(o.oldest_open_at, 0), "
	"(SELECT count(*) FROM rentals x WHERE x.quote_id = r.quote_id AND x.id <> r.id), "
	"CASE WHEN r.status IN ('PENDING', 'ACTIVE') AND r.powerbank_id <> 'PENDING' THEN "
	"(SELECT count(*) FROM rentals x WHERE x.powerbank_id = r.powerbank_id "
	"AND x.status = 'ACTIVE' AND x.powerbank_id <> 'PENDING' AND x.id <> r.id) + "
	"(SELECT count(*) FROM rentals x WHERE x.status = 'PENDING' "
	"AND x.powerbank_id = r.powerbank_id AND x.id <> r.id) ELSE 0 END, "
	"(SELECT count(*) FROM idempotency_keys k WHERE k.rental_id = r.id), "
	"s2.resolved, s2.otherwise, o.settle_takes "
	"FROM (SELECT * FROM rentals WHERE id > $1::text ORDER BY id LIMIT $2::bigint) r " SQL_DEBT_OF
		SQL_SUMS_OF
	"LEFT JOIN LATERAL (SELECT coalesce(sum(amount), 0)::bigint AS taken "
	"FROM payment_attempts WHERE rental_id = r.id AND success) a ON true "
	"LEFT JOIN LATERAL (SELECT coalesce(sum(delta), 0)::bigint AS debt "
	"FROM debt_journal WHERE rental_id = r.id) j ON true "
	"LEFT JOIN LATERAL (SELECT "
	"sum(processed) FILTER (WHERE kind IN ('charge', 'capture')) AS charged, "
	"sum(processed) FILTER (WHERE kind = 'refund' AND state NOT IN " SQL_OPEN ") "
	"AS refunded, "
	"sum(amount) FILTER (WHERE kind = 'refund' AND (state = 'MANUAL' OR state IN " SQL_OPEN
	")) AS refunding, "
	"count(*) FILTER (WHERE kind IN ('charge', 'capture') AND state IN " SQL_OPEN ") "
	"AS open_takes, "
	"count(*) FILTER (WHERE kind = 'hold' AND state = 'SUCCEEDED') AS holds, "
	"sum(processed) FILTER (WHERE kind = 'hold' AND state = 'SUCCEEDED') AS held, "
	"sum(used) FILTER (WHERE kind = 'hold' AND state = 'SUCCEEDED') AS hold_used, "
	"sum(processed) FILTER (WHERE kind = 'capture') AS captured, "
	"sum(processed) FILTER (WHERE kind = 'release') AS released, "
	"min(expires_at) FILTER (WHERE kind = 'hold' AND state = 'SUCCEEDED' "
	"AND used < processed AND expires_at <> 0) AS hold_expires_at, "
	"count(*) FILTER (WHERE used > processed) AS overused, "
	"count(*) FILTER (WHERE kind = 'eject' AND state = 'SUCCEEDED') AS ejects, "
	"count(*) FILTER (WHERE state = 'MANUAL') AS manual, "
	"count(*) FILTER (WHERE kind IN ('charge', 'capture') AND purpose = 'settle' AND "
	"(processed > 0 OR state = 'MANUAL' OR state IN " SQL_OPEN ")) AS settle_takes, "
	"min(created_at) FILTER (WHERE state IN " SQL_OPEN ") AS oldest_open_at "
	"FROM operations WHERE rental_id = r.id) o ON true "
	"LEFT JOIN LATERAL (SELECT count(*) AS resolved, count(*) FILTER (WHERE "
	"p.state IS DISTINCT FROM x.resolved_as OR p.processed IS DISTINCT FROM x.amount) "
	"AS otherwise FROM operation_resolutions x LEFT JOIN LATERAL (SELECT state, processed "
	"FROM operations WHERE id = x.op_id OFFSET 0) p ON true "
	"WHERE x.rental_id = r.id) s2 ON true ORDER BY r.id";

const char *const sql_read_texts[SQL_COUNT] = {
	[SQL_RENTAL_GET] = "SELECT " SQL_RENTAL ", " SQL_OP_COLUMNS
			   " FROM rentals r " SQL_DEBT_OF SQL_SUMS_OF SQL_OPS_OF
			   "WHERE r.id = $1::text ORDER BY o.grp, o.ord",
	/* The sums are made of the operations, by who reads them. */
	[SQL_RENTAL_FEW] =
		"SELECT " SQL_RENTAL ", " SQL_OP_COLUMNS ", i.n "
		"FROM unnest($1::bigint[], $2::text[]) AS i (n, id) CROSS JOIN LATERAL "
		"(SELECT * FROM rentals WHERE id = i.id OFFSET 0) r " SQL_DEBT_OF
		"CROSS JOIN (VALUES (0::bigint, 0::bigint, 0::bigint, 0::bigint)) "
		"s (in_flight, in_flight_debt, in_doubt, open_ops) "
		"LEFT JOIN LATERAL (SELECT seq, " SQL_OP " FROM operations "
		"WHERE rental_id = r.id ORDER BY seq LIMIT " NUMBER(SQL_FEW) ") o ON true "
		"ORDER BY i.n, o.seq",
	[SQL_LIST_ALL] = PAGE LIST_WHERE LIST_ORDER,
	[SQL_LIST_USER] = PAGE LIST_WHERE "AND r.user_id = $5::text " LIST_ORDER,
	[SQL_SCAN_ACTIVE] =
		PAGE "WHERE r.status = 'ACTIVE' AND r.id > $1::text ORDER BY r.id "
		     "LIMIT $2::bigint",
	[SQL_SCAN_DEBTS] =
		"SELECT " SQL_RENTAL
		" FROM (SELECT r.*, d.amount_total AS debt FROM debts d "
		"CROSS JOIN LATERAL (SELECT * FROM rentals WHERE id = d.rental_id "
		"AND status IN ('FINISHED', 'BUYOUT') OFFSET 0) r WHERE d.amount_total > 0 "
		"AND d.rental_id > $1::text ORDER BY d.rental_id LIMIT $2::bigint) r " SQL_DEBT_OF
			SQL_SUMS_OF "ORDER BY r.id",
	[SQL_AUDIT_PAGE] = audit_text,
	[SQL_TRAIL] =
		"SELECT " SQL_OP_COLUMNS " FROM rentals r LEFT JOIN LATERAL (SELECT "
		"seq, " SQL_OP " FROM operations WHERE rental_id = r.id OFFSET 0) o "
		"ON true WHERE r.id = $1::text ORDER BY o.seq",
	[SQL_TOTALS] = "SELECT (SELECT count(*) FROM rentals WHERE status = 'ACTIVE'), "
		       "(SELECT count(*) FROM rentals WHERE status = 'PENDING'), "
		       "(SELECT count(*) FROM rentals WHERE settlement = 'PENDING'), "
		       "(SELECT coalesce(sum(amount_total), 0)::bigint FROM debts "
		       "WHERE amount_total > 0), "
		       "(SELECT count(*) FROM operations WHERE state IN " SQL_LIVE
		       " AND state <> 'MANUAL'), "
		       "(SELECT count(*) FROM operations WHERE state IN " SQL_LIVE
		       " AND state = 'MANUAL'), "
		       "greatest(0, rent_now_us() - (SELECT min(work_at) FROM rentals "
		       "WHERE work_at IS NOT NULL))",
	[SQL_OP_GET] = "SELECT " SQL_OP " FROM operations WHERE id = $1::text",
	[SQL_OPS_PAGE] = "SELECT " SQL_OP " FROM operations WHERE id > $1::text "
			 "ORDER BY id LIMIT $2::bigint",
	[SQL_OPS_MANUAL] =
		"SELECT " SQL_OP " FROM operations WHERE state IN " SQL_LIVE
		" AND state = 'MANUAL' AND id > $1::text ORDER BY id LIMIT $2::bigint",
	[SQL_RESOLUTIONS] =
		"SELECT op_id, rental_id, resolved_as, amount, coalesce(reference, ''), "
		"reason, resolved_by, created_at FROM operation_resolutions "
		"WHERE rental_id = $1::text ORDER BY created_at, op_id",
};

/* clang-format on */
const char *sql_text(enum sql_id id)
{
	/* cppcheck does not see that the enumeration is split in two at SQL_RENTAL_GET */
	/* cppcheck-suppress arrayIndexOutOfBoundsCond */
	return id < SQL_RENTAL_GET ? sql_write_texts[id] : sql_read_texts[id];
}

int sql_params(enum sql_id id)
{
	int most = 0;

	for (const char *p = sql_text(id); *p != '\0'; p++) {
		int n = 0;

		if (*p != '$')
			continue;
		while (p[1] >= '0' && p[1] <= '9')
			n = n * 10 + (*++p - '0');
		most = n > most ? n : most;
	}
	return most;
}
