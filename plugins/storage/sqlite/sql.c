/* SPDX-License-Identifier: MIT
 *
 * sql.c - the texts of the statements. Where a plan must not be left to statistics that a
 * fresh file does not have, the index is named. The conditions of the partial indexes are
 * repeated literally, since that is how the library proves that they apply.
 */
#include "sql.h"

#define OPEN "('INTENT', 'PENDING', 'UNKNOWN')"
#define LIVE "('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL')"

/* In the order of row_rental(). The last one: are there operations to be summed up. */
#define RENTAL                                                                           \
	"SELECT r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider, " \
	"r.price_per_hour, r.free_period_min, r.deposit, r.status, r.settlement, "       \
	"r.total_amount, r.created_at, r.started_at, r.finished_at, r.version, "         \
	"r.lease_token, r.lease_until, r.work_at, r.work_tries, r.final_amount, "        \
	"d.amount_total, d.attempts, d.last_attempt_at, "                                \
	"EXISTS (SELECT 1 FROM operations o INDEXED BY operations_live "                 \
	"WHERE o.rental_id = r.id AND o.state IN " LIVE ") "

#define FROM_RENTAL RENTAL "FROM rentals r LEFT JOIN debts d ON d.rental_id = r.id "

/* In the order of row_op(). */
#define OP                                                                           \
	"SELECT id, rental_id, target_id, ref, result, note, kind, purpose, state, " \
	"amount, processed, used, tries, created_at, resolved_at, expires_at "       \
	"FROM operations "

#define SET_RENTAL                                                              \
	"UPDATE rentals SET version = ?2, lease_token = ?3, lease_until = ?4, " \
	"work_at = ?5, work_tries = ?6, total_amount = ?7"

static const char *const texts[SQL_COUNT] = {
	[SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[SQL_BEGIN_READ] = "BEGIN",
	[SQL_COMMIT] = "COMMIT",
	[SQL_TOUCH] =
		"PRAGMA user_version = 0", /* writes a page though nothing changes */
	[SQL_SAVE_JOB] = "SAVEPOINT job",
	[SQL_UNDO_JOB] = "ROLLBACK TO job",
	[SQL_KEEP_JOB] = "RELEASE job",
	[SQL_SAVE_CHANGE] = "SAVEPOINT change",
	[SQL_UNDO_CHANGE] = "ROLLBACK TO change",
	[SQL_KEEP_CHANGE] = "RELEASE change",

	[SQL_QUOTE_PUT] = "INSERT INTO quotes (id, user_id, station_id, price_per_hour, "
			  "free_period_min, deposit, expires_at, created_at) "
			  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SQL_QUOTE_GET] = "SELECT user_id, station_id, price_per_hour, free_period_min, "
			  "deposit, expires_at FROM quotes WHERE id = ?1",
	[SQL_QUOTE_IS_USED] = "SELECT 1 FROM rentals WHERE quote_id = ?1",
	[SQL_KEY_GET] =
		"SELECT k.scope, k.fingerprint, k.outcome, k.response_json, "
		"k.rental_id, r.id, r.lease_token, r.lease_until, r.version "
		"FROM idempotency_keys k LEFT JOIN rentals r ON r.id = k.rental_id "
		"WHERE k.key = ?1",
	[SQL_KEY_PUT] =
		"INSERT INTO idempotency_keys (key, scope, user_id, response_json, "
		"created_at, fingerprint, outcome, rental_id) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SQL_KEY_ANSWER] = "UPDATE idempotency_keys SET outcome = ?2, response_json = ?3 "
			   "WHERE rental_id = ?1 AND outcome IS NULL",
	[SQL_RENTAL_PUT] =
		"INSERT INTO rentals (id, user_id, station_id, quote_id, provider, "
		"price_per_hour, free_period_min, deposit, created_at, lease_token, "
		"lease_until, work_at, status, version) VALUES (?1, ?2, ?3, ?4, ?5, "
		"?6, ?7, ?8, ?9, ?10, ?11, ?11, 'PENDING', 1)",

	[SQL_RENTAL_GUARDS] = "SELECT version, status, total_amount, lease_token, "
			      "lease_until FROM rentals WHERE id = ?1",
	[SQL_RENTAL_LEASE] =
		"UPDATE rentals SET version = version + 1, lease_token = ?2, "
		"lease_until = ?3, work_at = coalesce(?4, work_at) WHERE id = ?1",
	[SQL_RENTAL_SET] = SET_RENTAL " WHERE id = ?1",
	[SQL_RENTAL_SET_STATUS] = SET_RENTAL
	", status = coalesce(?8, status), "
	"powerbank_id = coalesce(?9, powerbank_id), "
	"started_at = coalesce(?10, started_at), "
	"finished_at = coalesce(?11, finished_at), "
	"settlement = coalesce(?12, settlement), "
	"final_amount = coalesce(?13 - 1, final_amount), " /* 0 must differ from none */
	"provider = iif(provider = '', coalesce(?14, provider), provider) "
	"WHERE id = ?1",
	[SQL_POWERBANK_LIVE] = "SELECT 1 FROM rentals INDEXED BY rentals_powerbank "
			       "WHERE powerbank_id = ?1 AND powerbank_id <> 'PENDING' "
			       "AND status = 'ACTIVE' AND id <> ?2",
	[SQL_OP_PUT] = "INSERT INTO operations (id, rental_id, target_id, kind, purpose, "
		       "amount, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_OP_GUARDS] =
		"SELECT seq, kind, state, amount, target_id, note FROM operations "
		"WHERE id = ?1 AND rental_id = ?2",
	[SQL_OP_END] =
		"UPDATE operations SET state = ?2, processed = ?3, resolved_at = ?4, "
		"expires_at = coalesce(?5, expires_at), ref = coalesce(?6, ref), "
		"result = coalesce(?7, result), note = coalesce(?8, note), "
		"tries = tries + 1 WHERE seq = ?1",
	[SQL_OP_USE] = "UPDATE operations SET used = used + ?3 "
		       "WHERE id = ?1 AND rental_id = ?2",
	[SQL_ATTEMPT_PUT] =
		"INSERT INTO payment_attempts (rental_id, amount, success, error, "
		"created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_DEBT_GET] = "SELECT amount_total, attempts FROM debts WHERE rental_id = ?1",
	[SQL_DEBT_PUT] =
		"INSERT INTO debts (rental_id, amount_total, attempts, updated_at) "
		"VALUES (?1, ?2, 0, ?3)",
	[SQL_DEBT_SET] =
		"UPDATE debts SET amount_total = ?2, attempts = ?3, updated_at = ?4, "
		"last_attempt_at = CASE ?5 WHEN 0 THEN last_attempt_at "
		"WHEN 1 THEN NULL ELSE ?4 END WHERE rental_id = ?1",
	[SQL_JOURNAL_PUT] =
		"INSERT INTO debt_journal (rental_id, delta, amount_after, reason, "
		"op_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_CLAIM_DUE] =
		"SELECT id FROM rentals INDEXED BY rentals_work WHERE work_at <= ?1 "
		"AND (lease_until IS NULL OR lease_until <= ?1) "
		"ORDER BY work_at, id LIMIT ?2",

	[SQL_PURGE_QUOTES] = "DELETE FROM quotes WHERE id IN (SELECT id FROM quotes "
			     "WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)",
	[SQL_PURGE_KEYS] =
		"DELETE FROM idempotency_keys WHERE rowid IN (SELECT k.rowid "
		"FROM idempotency_keys k LEFT JOIN rentals r ON r.id = k.rental_id "
		"WHERE k.created_at < ?1 AND (r.id IS NULL OR "
		"(r.status NOT IN ('PENDING', 'ACTIVE') AND "
		"r.settlement <> 'PENDING')) ORDER BY k.created_at LIMIT ?2)",

	[SQL_RENTAL_GET] = FROM_RENTAL "WHERE r.id = ?1",
	[SQL_LIST_ALL] = FROM_RENTAL "WHERE (r.created_at, r.id) < (?1, ?2) "
				     "AND (?3 = '' OR r.status = ?3) "
				     "ORDER BY r.created_at DESC, r.id DESC",
	[SQL_LIST_USER] = FROM_RENTAL "WHERE (r.created_at, r.id) < (?1, ?2) "
				      "AND (?3 = '' OR r.status = ?3) AND r.user_id = ?4 "
				      "ORDER BY r.created_at DESC, r.id DESC",
	[SQL_SCAN_ACTIVE] = RENTAL "FROM rentals r INDEXED BY rentals_live "
				   "LEFT JOIN debts d ON d.rental_id = r.id "
				   "WHERE r.status = 'ACTIVE' AND r.id > ?1 "
				   "ORDER BY r.id LIMIT ?2",
	[SQL_SCAN_DEBTS] = RENTAL "FROM debts d INDEXED BY debts_owing "
				  "CROSS JOIN rentals r ON r.id = d.rental_id "
				  "WHERE d.amount_total > 0 AND d.rental_id > ?1 "
				  "AND r.status IN ('FINISHED', 'BUYOUT') "
				  "ORDER BY d.rental_id LIMIT ?2",
	[SQL_AUDIT_PAGE] = FROM_RENTAL "WHERE r.id > ?1 ORDER BY r.id LIMIT ?2",
	[SQL_LIVE_SUMS] =
		"SELECT sum(iif(state <> 'MANUAL' AND kind IN ('charge', 'capture'), amount, 0)), "
		"sum(iif(state = 'MANUAL' AND kind IN ('charge', 'capture'), amount, 0)), "
		"sum(state <> 'MANUAL'), "
		"sum(iif(state <> 'MANUAL' AND purpose = 'debt', amount, 0)) "
		"FROM operations INDEXED BY operations_live "
		"WHERE rental_id = ?1 AND state IN " LIVE,
	[SQL_OPS_START] = OP "INDEXED BY operations_start WHERE rental_id = ?1 "
			     "AND kind IN ('hold', 'eject') ORDER BY kind DESC",
	[SQL_OPS_OPEN] = OP "INDEXED BY operations_live WHERE rental_id = ?1 "
			    "AND state IN " LIVE " AND state <> 'MANUAL' "
			    "AND kind NOT IN ('hold', 'eject') ORDER BY seq LIMIT ?2",
	[SQL_OPS_SETTLE] =
		OP "INDEXED BY operations_settle WHERE rental_id = ?1 "
		   "AND purpose = 'settle' AND state NOT IN " OPEN
		   " AND kind NOT IN ('hold', 'eject') ORDER BY seq DESC LIMIT ?2",
	[SQL_OPS_REFUNDABLE] =
		OP "INDEXED BY operations_rental WHERE rental_id = ?1 "
		   "AND kind IN ('charge', 'capture') AND processed > used "
		   "ORDER BY seq DESC LIMIT 1",
	[SQL_OPS_ALL] =
		OP "INDEXED BY operations_rental WHERE rental_id = ?1 ORDER BY seq",
	[SQL_RENTAL_EXISTS] = "SELECT 1 FROM rentals WHERE id = ?1",
	[SQL_TOTALS] =
		"SELECT (SELECT count(*) FROM rentals WHERE status = 'ACTIVE'), "
		"(SELECT count(*) FROM rentals WHERE status = 'PENDING'), "
		"(SELECT count(*) FROM rentals WHERE settlement = 'PENDING'), "
		/* bounded, so that an absurd debt does not overflow the sum of all */
		"(SELECT sum(min(amount_total, 1000000000000)) FROM debts "
		"WHERE amount_total > 0), "
		"(SELECT sum(state <> 'MANUAL') FROM operations WHERE state IN " LIVE
		"), "
		"(SELECT sum(state = 'MANUAL') FROM operations WHERE state IN " LIVE "), "
		"(SELECT min(work_at) FROM rentals WHERE work_at IS NOT NULL)",
	[SQL_AUDIT_SUMS] =
		"SELECT (SELECT sum(amount) FROM payment_attempts WHERE rental_id = ?1 "
		"AND success), "
		"(SELECT sum(delta) FROM debt_journal WHERE rental_id = ?1), "
		"(SELECT count(*) FROM rentals WHERE quote_id = ?2 AND id <> ?1), "
		"(SELECT count(*) FROM rentals WHERE status = 'ACTIVE' AND powerbank_id = ?3 "
		"AND powerbank_id <> 'PENDING' AND id <> ?1), "
		"(SELECT count(*) FROM rentals WHERE status = 'PENDING' AND powerbank_id = ?3 "
		"AND powerbank_id <> 'PENDING' AND id <> ?1), "
		"(SELECT count(*) FROM idempotency_keys WHERE rental_id = ?1)",

	[SQL_OP_GET] = OP "WHERE id = ?1",
	[SQL_OPS_PAGE] = OP "WHERE id > ?1 ORDER BY id LIMIT ?2",
	[SQL_OPS_MANUAL] = OP "INDEXED BY operations_live WHERE state IN " LIVE
			      " AND state = 'MANUAL' AND id > ?1 ORDER BY id LIMIT ?2",
	[SQL_RESOLUTION_PUT] =
		"INSERT INTO operation_resolutions (op_id, rental_id, resolved_as, "
		"amount, reference, reason, resolved_by, created_at) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SQL_RESOLUTION_SUMS] =
		"SELECT count(*), sum(o.state IS NOT s.resolved_as OR o.processed "
		"IS NOT s.amount) FROM operation_resolutions s LEFT JOIN operations o "
		"ON o.id = s.op_id WHERE s.rental_id = ?1",
	[SQL_RESOLUTIONS] =
		"SELECT op_id, rental_id, resolved_as, amount, reference, reason, "
		"resolved_by, created_at FROM operation_resolutions WHERE rental_id = ?1 "
		"ORDER BY created_at, op_id",
};

const char *sql_text(enum sql_id id)
{
	return texts[id];
}
